/** project: renames and computes the fields of each row (docs/query.md «project»). */
import { fail, limited } from '../../errors.js';
import type { AggregateProject } from '../../gen/spaceone/api/core/v1/query.js';
import { read } from '../join.js';
import type { ProjectField } from '../model.js';
import { documentOf } from '../mongo-syntax.js';
import type { MongoExpression } from '../mongo-syntax.js';
import { MAX_CONDITIONS } from '../read-settings.js';
import type { FieldType } from '../schema.js';
import type { StageDefinition } from './definition.js';
import { keyOf, nameOf, operatorOf } from './names.js';
import type { Names } from './names.js';
import { PROJECT_OPERATORS } from './project-operators.js';
import type { ProjectOperator } from './project-operators.js';

type SentField = AggregateProject['fields'][number];

function readField(sent: SentField, fieldPath: string, names: Names, given: Set<string>): ProjectField {
  const name = sent.operator_alias?.value ?? '';
  const operator: ProjectOperator = operatorOf(name, PROJECT_OPERATORS, `${fieldPath}.operator`);
  return {
    key: keyOf(sent.key_alias?.value ?? '', `${fieldPath}.key`, names),
    name: nameOf(sent.name_alias?.value ?? '', `${fieldPath}.name`, given),
    operator,
  };
}

const typeOf = ({ operator, key }: ProjectField): FieldType =>
  PROJECT_OPERATORS[operator].keepsType === true ? key.type : 'any';

export const project: StageDefinition<'project'> = {
  read(sent, fieldPath, names) {
    const path = `${fieldPath}.fields`;
    if (sent.fields.length === 0) fail('REQUIRED_PARAMETER', { key: 'aggregate.project.fields' }, path);
    limited(sent.fields.length, MAX_CONDITIONS, `fields of ${fieldPath}`, path);
    const given = new Set<string>();
    const fields = sent.fields.map((field, i) => readField(field, `${path}[${i}]`, names, given));
    const kept = sent.exclude_keys ? [] : names.keys.filter((key) => !given.has(key));
    return { kind: 'project', fields, kept };
  },
  names({ fields, kept }, before) {
    const row = new Map<string, FieldType>([
      ...kept.map((name) => [name, before.row?.get(name) ?? 'any'] as const),
      ...fields.map((field) => [field.name, typeOf(field)] as const),
    ]);
    return { ...before, row, keys: kept };
  },
  keys: ({ fields }) => fields.map(({ key }) => key),
  compile({ fields, kept }) {
    const keys = kept.map((name) => [name, `$${name}`] as const);
    const computed = fields.map(
      ({ key, name, operator }) => [name, PROJECT_OPERATORS[operator].compute(read(key))] as const,
    );
    return [{ $project: documentOf<MongoExpression>([['_id', 0], ...keys, ...computed]) }];
  },
};
