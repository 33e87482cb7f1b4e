// Random requests of the four rpcs: by the grammar of the query language and beyond it, with anything in place of a key, a
// name, an operator or a value (docs/query.md).
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { isOperator, OPERATORS } from '../../src/query/operators.js';
import { fieldNames, RESERVED_NAMES } from '../../src/query/schema.js';
import { GROUP_OPERATORS } from '../../src/query/stages/group-operators.js';
import { PROJECT_OPERATORS } from '../../src/query/stages/project-operators.js';
import { ROW_CONDITIONS } from '../../src/query/stages/row-conditions.js';
import type { OperandName } from '../../src/query/values.js';
import type { RpcName } from '../harness/client.js';
import { written } from '../harness/expressions.js';
import { NAMES, VALUES } from '../harness/injections.js';
import { below, pick, several, some, weighed } from '../harness/random.js';
import type { Random } from '../harness/random.js';

export interface GeneratedRequest {
  readonly rpc: RpcName;
  readonly request: JsonObject;
}

/** The data that requests refer to. */
export interface RequestData {
  readonly domains: readonly string[];
  readonly jobs: readonly string[];
  readonly collectors: readonly string[];
  readonly projects: readonly string[];
  /** Texts for random places. */
  readonly texts: readonly string[];
}

const OPERATOR_NAMES = Object.keys(OPERATORS);
const FIELDS = [...fieldNames(JOB_SCHEMA), ...JOB_SCHEMA.aliases.keys(), ...RESERVED_NAMES];
const BELOW = written('filter.whose filter.n filters.tags filter.o errors.message errors.additional.whose');
const JOINED = ['name', 'provider', 'plugin_id', 'domain_id', 'created_at'].map(
  (name) => `collector.${name}`,
);

const NUMBERS = [
  ...[0, -0, 1, -1, 0.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 + 2],
  ...[1e308, -1e308, 5e-324, NaN, Infinity, -Infinity],
];
const DATES = written(`
  2024-03-01 2024-02-30 2024-03-01T00:00:00Z 2024-03-01T24:00:00+99:99 0000-01-01
  9999-12-31T23:59:59.999999Z +275760-09-13
`);
const TIMES = ['now', 'now/d', 'now/w - 1w', 'now - 99999999999999d', 'now/m+1m', ' now ', 'now/y'];
const PATTERN_PIECES = [
  ...written(String.raw`a whose é 한 \d+ [a-z] [^\]] .* ( ) (a|b) (a+)+ {2,3} {1000} ^ $`),
  ...written(String.raw`(?i) (?<n>x) \1 \p{L} \Q [ \ | ? * (?=x) (?R) \b`),
  ...['\0', '\n'],
];
const FORMATS = [
  'year',
  'month',
  'day',
  '%Y-%m-%d',
  '%H:%M',
  '%',
  '%q',
  '$%Y',
  '',
  '%Y-%m-%d%@Asia/Seoul',
  'day%@+09:00',
  '%@',
  '%H%@x',
];
const LONE_SURROGATES = ['\ud800', 'a\udfff', '\udc00\ud800', '😀\ud83d'];

const textOf = (next: Random): string =>
  Array.from({ length: below(next, 12) }, () =>
    String.fromCharCode(below(next, next() < 0.8 ? 128 : 65_536)),
  ).join('');

const longText = (next: Random): string =>
  pick(next, ['x', 'é', '$', '.', '한', '(']).repeat(10 ** (1 + below(next, 4)));

const pattern = (next: Random): string => several(next, 6, () => pick(next, PATTERN_PIECES)).join('');

const path = (next: Random): string =>
  several(next, 5, () =>
    pick(next, ['filters', 'errors', 'collector', '$', 'a', '0', '__proto__', '', 'domain_id']),
  ).join('.');

/** Draws a text; the weights are the frequencies of its kinds. */
const anyText = (next: Random, { texts, jobs, collectors, projects, domains }: RequestData): string =>
  weighed(next, [
    { weight: 6, make: () => pick(next, [...jobs, ...collectors, ...projects, ...domains]) },
    { weight: 4, make: () => pick(next, ['SUCCESS', 'ERROR', 'mine', 'E']) },
    { weight: 3, make: () => pick(next, NAMES) },
    { weight: 2, make: () => pick(next, DATES) },
    { weight: 2, make: () => pick(next, TIMES) },
    { weight: 2, make: () => pattern(next) },
    { weight: 2, make: () => textOf(next) },
    { weight: 1, make: () => pick(next, texts) },
    { weight: 1, make: () => pick(next, LONE_SURROGATES) },
    { weight: 0.3, make: () => longText(next) },
  ]).make();

/** Nests lists and objects. */
function deep(next: Random, levels: number): JsonValue {
  let value: JsonValue = pick(next, VALUES);
  for (let level = 0; level < levels; level++)
    value = next() < 0.5 ? [value] : { [pick(next, NAMES)]: value };
  return value;
}

const depth = (next: Random): number => (next() < 0.05 ? 500 + below(next, 1500) : 20 + below(next, 40));

function anyValue(next: Random, data: RequestData, levels = 3): JsonValue {
  const inner = (): JsonValue => anyValue(next, data, levels - 1);
  const ways = [
    { weight: 8, make: (): JsonValue => anyText(next, data) },
    { weight: 4, make: (): JsonValue => pick(next, VALUES) },
    { weight: 3, make: (): JsonValue => pick(next, NUMBERS) },
    { weight: 1, make: (): JsonValue => next() < 0.5 },
    { weight: 1, make: (): JsonValue => null },
    { weight: 0.1, make: (): JsonValue => deep(next, depth(next)) },
  ];
  const within = [
    { weight: 2, make: (): JsonValue => several(next, 4, inner) },
    {
      weight: 2,
      make: (): JsonValue =>
        Object.fromEntries(several(next, 4, () => [anyText(next, data), inner()] as const)),
    },
  ];
  return weighed(next, levels > 0 ? [...ways, ...within] : ways).make();
}

type Make = (next: Random, data: RequestData) => JsonValue;

const shallow: Make = (next, data) => anyValue(next, data, 1);

/** A few items, and now and then many. */
const listOf =
  (make: Make): Make =>
  (next, data) =>
    several(next, next() < 0.01 ? 2000 : 5, () => make(next, data));

const fields: Make = (next, data) =>
  Object.fromEntries(several(next, 3, () => [key(next, data), shallow(next, data)] as const));

const OPERANDS: Readonly<Record<OperandName, Make>> = {
  anything: shallow,
  value: shallow,
  values: listOf(shallow),
  scalar: shallow,
  flag: (next) => next() < 0.5,
  text: shallow,
  texts: listOf(anyText),
  pattern,
  patterns: (next) => several(next, 4, () => pattern(next)),
  fields,
  isoDate: (next) => pick(next, DATES),
  timediff: (next) => pick(next, TIMES),
};

/** A value of the kind that an operator takes; any value for an unknown operator. */
const fitting = (next: Random, operator: string, data: RequestData): JsonValue =>
  (isOperator(operator) ? OPERANDS[OPERATORS[operator].operand.name] : shallow)(next, data);

const key = (next: Random, data: RequestData): string =>
  weighed(next, [
    { weight: 8, make: () => pick(next, FIELDS) },
    { weight: 5, make: () => pick(next, BELOW) },
    { weight: 4, make: () => pick(next, JOINED) },
    { weight: 2, make: () => pick(next, NAMES) },
    { weight: 1, make: () => path(next) },
    { weight: 1, make: () => anyText(next, data) },
  ]).make();

const operatorOf = (next: Random, known: readonly string[], data: RequestData): string =>
  next() < 0.97 ? pick(next, known) : anyText(next, data);

const anyOf = <T>(next: Random, ...names: readonly T[]): T => pick(next, names);

const condition = (next: Random, data: RequestData, known: readonly string[]): JsonObject => {
  const operator = operatorOf(next, known, data);
  return some<JsonValue>(next, [
    [anyOf(next, 'key', 'k'), 0.98, () => key(next, data)],
    [
      anyOf(next, 'value', 'v'),
      0.95,
      () => (next() < 0.8 ? fitting(next, operator, data) : anyValue(next, data)),
    ],
    [anyOf(next, 'operator', 'o'), 0.98, () => operator],
  ]);
};

const sort = (next: Random, data: RequestData): JsonObject =>
  some<JsonValue>(next, [
    ['key', 0.4, () => key(next, data)],
    ['desc', 0.3, () => true],
    ['keys', 0.7, () => several(next, 3, () => ({ key: key(next, data), desc: next() < 0.5 }))],
  ]);

const SMALL = [0, 1, 2, 3, 10, 100];
const number = (next: Random): number => (next() < 0.9 ? pick(next, SMALL) : below(next, 2 ** 31));

const filters = (next: Random, data: RequestData): JsonObject => {
  const conditions = (): JsonObject[] => several(next, 3, () => condition(next, data, OPERATOR_NAMES));
  return some<JsonValue>(next, [
    ['filter', 0.8, conditions],
    ['filter_or', 0.4, conditions],
    ['keyword', 0.1, () => anyText(next, data)],
    ['page', 0.7, () => ({ start: number(next), limit: number(next) })],
  ]);
};

const listQuery = (next: Random, data: RequestData): JsonObject => ({
  ...filters(next, data),
  ...some<JsonValue>(next, [
    ['sort', 0.3, () => sort(next, data)],
    ['only', 0.2, () => several(next, 3, () => key(next, data))],
    ['minimal', 0.1, () => true],
    ['count_only', 0.3, () => true],
  ]),
});

/** Draws a name for a value in results, from few, so that later stages refer to earlier ones. */
const rowName = (next: Random): string =>
  next() < 0.9 ? pick(next, ['a', 'b', 'c', 'd', 'e']) : pick(next, NAMES);

const rowKey = (next: Random, data: RequestData): string => (next() < 0.6 ? key(next, data) : rowName(next));

function groupField(next: Random, data: RequestData): JsonObject {
  const tests = Object.keys(ROW_CONDITIONS);
  return some<JsonValue>(next, [
    [anyOf(next, 'key', 'k'), 0.8, () => rowKey(next, data)],
    [anyOf(next, 'name', 'n'), 0.98, () => rowName(next)],
    [anyOf(next, 'operator', 'o'), 0.98, () => operatorOf(next, Object.keys(GROUP_OPERATORS), data)],
    ['fields', 0.2, () => several(next, 3, () => ({ k: rowKey(next, data), n: rowName(next) }))],
    ['conditions', 0.2, () => several(next, 3, () => condition(next, data, tests))],
  ]);
}

const projectField = (next: Random, data: RequestData): JsonObject => ({
  k: rowKey(next, data),
  n: rowName(next),
  o: operatorOf(next, Object.keys(PROJECT_OPERATORS), data),
});

const groupKey = (next: Random, data: RequestData): JsonObject => ({
  k: rowKey(next, data),
  n: rowName(next),
  ...some(next, [['date_format', 0.3, () => pick(next, FORMATS)]]),
});

const stage = (next: Random, data: RequestData): JsonObject =>
  weighed(next, [
    {
      weight: 6,
      make: (): JsonObject => ({
        group: {
          keys: several(next, 2, () => groupKey(next, data)),
          fields: several(next, 3, () => groupField(next, data)),
        },
      }),
    },
    { weight: 2, make: (): JsonObject => ({ unwind: { path: rowKey(next, data) } }) },
    { weight: 1, make: (): JsonObject => ({ count: { name: rowName(next) } }) },
    { weight: 2, make: (): JsonObject => ({ sort: sort(next, data) }) },
    {
      weight: 2,
      make: (): JsonObject => ({
        project: { fields: several(next, 3, () => projectField(next, data)), exclude_keys: next() < 0.3 },
      }),
    },
    { weight: 1, make: (): JsonObject => ({ limit: number(next) - 1 }) },
    { weight: 1, make: (): JsonObject => ({ skip: number(next) - 1 }) },
    { weight: 0.1, make: (): JsonObject => ({}) },
  ]).make();

const statQuery = (next: Random, data: RequestData): JsonObject => ({
  ...filters(next, data),
  ...some<JsonValue>(next, [
    ['aggregate', 0.8, () => several(next, 4, () => stage(next, data))],
    ['distinct', 0.3, () => key(next, data)],
  ]),
});

const job = (next: Random, data: RequestData): string =>
  next() < 0.8 ? pick(next, data.jobs) : anyText(next, data);

const REQUESTS: readonly {
  readonly weight: number;
  readonly rpc: RpcName;
  make(next: Random, data: RequestData): JsonObject;
}[] = [
  {
    weight: 2,
    rpc: 'get',
    make: (next, data) => ({
      job_id: job(next, data),
      ...some(next, [['only', 0.3, () => several(next, 3, () => key(next, data))]]),
    }),
  },
  { weight: 1, rpc: 'delete', make: (next, data) => ({ job_id: job(next, data) }) },
  {
    weight: 6,
    rpc: 'list',
    make: (next, data) =>
      some<JsonValue>(next, [
        ['query', 0.95, () => listQuery(next, data)],
        ['job_id', 0.05, () => job(next, data)],
        ['status', 0.05, () => below(next, 9)],
        ['collector_id', 0.05, () => pick(next, data.collectors)],
        ['project_id', 0.05, () => pick(next, data.projects)],
      ]),
  },
  {
    weight: 4,
    rpc: 'stat',
    make: (next, data) => some(next, [['query', 0.98, () => statQuery(next, data)]]),
  },
];

/** Draws a request of any rpc. */
export function anyRequest(next: Random, data: RequestData): GeneratedRequest {
  const { rpc, make } = weighed(next, REQUESTS);
  const domain = some(next, [
    ['domain_id', 0.7, () => (next() < 0.9 ? pick(next, data.domains) : anyText(next, data))],
  ]);
  return { rpc, request: { ...make(next, data), ...domain } };
}
