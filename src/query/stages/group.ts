/** group: a row for each value of its keys, with fields accumulated over the rows (docs/query.md «group»). */
import type { GroupField, GroupOperand, Stage } from '../model.js';
import type { FieldType, Key } from '../schema.js';
import { compileGroup, compileGroupByReference } from './group-compile.js';
import { GROUP_OPERATORS } from './group-operators.js';
import { readGroup } from './group-read.js';
import type { StageDefinition } from './definition.js';

function operandKeys(operand: GroupOperand): readonly Key[] {
  switch (operand.kind) {
    case 'row':
      return [];
    case 'key':
      return [operand.key];
    case 'object':
      return operand.keys.map(([, key]) => key);
    default:
      return operand satisfies never;
  }
}

/** The keys that a group field accumulates or compares. */
const fieldKeys = ({ operand, conditions }: GroupField): readonly Key[] => [
  ...operandKeys(operand),
  ...conditions.map(({ key }) => key),
];

const typeOf = ({ operator, operand }: GroupField): FieldType =>
  GROUP_OPERATORS[operator].keepsType === true && operand.kind === 'key' ? operand.key.type : 'any';

/** True where the groups by reference make up the groups by the documents referred to. */
const isMergeable = ({ fields }: Stage<'group'>): boolean =>
  fields.every(
    (field) =>
      GROUP_OPERATORS[field.operator].mergeable === true && !fieldKeys(field).some((key) => key.referred),
  );

/** Of several keys a missing one is left out of the row, and one that is null is not; a formatted key is null either way. */
const takesNullForMissing = ({ keys, fields }: Stage<'group'>): boolean =>
  (keys.length < 2 || keys.every(({ format }) => format !== undefined)) &&
  fields.every(({ operator }) => GROUP_OPERATORS[operator].nullIsMissing === true);

export const group: StageDefinition<'group'> = {
  read: readGroup,
  names({ keys, fields }, before) {
    const row = new Map<string, FieldType>([
      ...keys.map(({ name, key, format }) => [name, format === undefined ? key.type : 'any'] as const),
      ...fields.map((field) => [field.name, typeOf(field)] as const),
    ]);
    return { ...before, row, keys: keys.map(({ name }) => name) };
  },
  keys: ({ keys, fields }) => [...keys.map(({ key }) => key), ...fields.flatMap(fieldKeys)],
  conditions: ({ fields }) => fields.flatMap(({ conditions }) => conditions),
  timeZones: ({ keys }) => keys.flatMap(({ format }) => (format?.zone === undefined ? [] : [format.zone])),
  compile: compileGroup,
  compileJoined: (stage, join, inKeyOrder) =>
    isMergeable(stage) ? compileGroupByReference(stage, join, inKeyOrder) : undefined,
  merges: true,
  takesNullForMissing,
};
