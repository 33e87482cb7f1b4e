// Arbitrary queries, by the grammar of the query language, with hostile names and values in every place.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { isOperator, OPERATORS } from '../../src/query/operators.js';
import { GROUP_OPERATORS } from '../../src/query/stages/group-operators.js';
import { PROJECT_OPERATORS } from '../../src/query/stages/project-operators.js';
import { ROW_CONDITIONS } from '../../src/query/stages/row-conditions.js';
import type { OperandName } from '../../src/query/values.js';
import { NAMES, VALUES } from '../harness/injections.js';

/** Keys of a list of objects, and of the resource referred to. */
export const KEYS = ['errors', 'collector.provider'];
export const FILTER_OPERATORS: readonly string[] = Object.keys(OPERATORS);
const LIST_OPERANDS: readonly OperandName[] = ['values', 'texts', 'patterns'];
/** The operators on lists. */
export const LISTED: readonly string[] = Object.keys(OPERATORS).filter(
  (name) => isOperator(name) && LIST_OPERANDS.includes(OPERATORS[name].operand.name),
);
export const TEST_OPERATORS = Object.keys(ROW_CONDITIONS);

const name = fc.oneof(
  fc.constantFrom(...NAMES, ...KEYS, 'filters.n', 'status', 'created_at', 'job_id'),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
  fc
    .array(fc.constantFrom('filters', 'errors', 'collector', '$', 'a', '0', '__proto__', ''), {
      maxLength: 5,
    })
    .map((parts) => parts.join('.')),
);

/** Any value of JSON, with objects as Structs have them. */
const anyValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...VALUES),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    name,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const operator = (names: readonly string[]) =>
  fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: name });

const several = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 3 });
const unlisted = FILTER_OPERATORS.filter((each) => !LISTED.includes(each));
const condition = fc.oneof(
  fc.record({ k: name, o: operator(unlisted), v: anyValue }),
  fc.record({ k: name, o: fc.constantFrom(...LISTED), v: several(anyValue) }),
);
const rowCondition = fc.record({ k: name, o: operator(TEST_OPERATORS), v: anyValue });
const sort = fc.record({ keys: several(fc.record({ key: name, desc: fc.boolean() })) });
const plainName = fc.oneof(name, fc.constantFrom('a', 'b', 'c', 'd'));
const named = fc.record({ k: name, n: plainName });
const groupField = fc.record(
  {
    k: name,
    n: plainName,
    o: operator(Object.keys(GROUP_OPERATORS)),
    fields: several(named),
    conditions: several(rowCondition),
  },
  { requiredKeys: ['k', 'n', 'o'] },
);
const groupKey = fc.record({ k: name, n: plainName, date_format: name }, { requiredKeys: ['k', 'n'] });
const stage: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ unwind: fc.record({ path: name }) }),
  fc.record({ group: fc.record({ keys: several(groupKey), fields: several(groupField) }) }),
  fc.record({ count: fc.record({ name: plainName }) }),
  fc.record({ sort }),
  fc.record({
    project: fc.record({
      fields: several(fc.record({ k: name, n: plainName, o: operator(Object.keys(PROJECT_OPERATORS)) })),
      exclude_keys: fc.boolean(),
    }),
  }),
  fc.record({ limit: fc.integer({ min: -1, max: 2 ** 31 - 1 }) }),
  fc.record({ skip: fc.integer({ min: -1, max: 5 }) }),
);
const page = fc.record({ start: fc.nat(4), limit: fc.nat(4) });
const filters = { filter: several(condition), filter_or: several(condition), keyword: name, page };
export const listQuery: fc.Arbitrary<JsonObject> = fc.record(
  { ...filters, sort, only: several(name), minimal: fc.boolean(), count_only: fc.boolean() },
  { requiredKeys: [] },
);
export const statQuery: fc.Arbitrary<JsonObject> = fc.record(
  { ...filters, aggregate: fc.array(stage, { minLength: 1, maxLength: 4 }), distinct: name },
  { requiredKeys: ['aggregate'] },
);
