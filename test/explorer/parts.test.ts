// The pure parts of the explorer: addresses, typed values, tokens and refusals, and the charts of rows.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callErrorOf, isConditionError } from '../../explorer/api/call-error.js';
import { callerOf } from '../../explorer/api/caller.js';
import { share } from '../../explorer/components/format.js';
import { OPERATORS, sent, typed, typedList, valueFault } from '../../explorer/state/conditions.js';
import { wordsOf } from '../../explorer/state/filter-words.js';
import { DEFAULT_ROUTE, hashOf, routeOf, startOf } from '../../explorer/state/route.js';
import type { Route } from '../../explorer/state/route.js';
import { plotOf } from '../../explorer/views/statistics/plot.js';

describe('an address', () => {
  const text = fc.string({ unit: 'grapheme' });
  const conditions = fc.array(fc.record({ key: text, operator: text, value: text }), { maxLength: 3 });
  const routes: fc.Arbitrary<Route> = fc.record({
    view: fc.constantFrom('overview', 'jobs', 'job', 'statistics'),
    domain: text,
    window: text,
    zone: fc.constantFrom('', 'utc'),
    status: text,
    filter: conditions,
    filterOr: conditions,
    sort: fc.constantFrom('created_at', '-created_at', '-status'),
    start: fc.integer({ min: 1 }),
    limit: fc.constantFrom(25, 50, 100),
    columns: fc.array(fc.stringMatching(/^[a-z]+$/), { maxLength: 3 }),
    newest: fc.boolean(),
    job: text,
    order: text,
    find: text,
    aggregate: fc.constantFrom('', '[]', '[{"count":{"name":"jobs"}}]'),
    unread: fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
  });

  test('names a route, and leads back to it', () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(routeOf(hashOf(route))).toEqual(route);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  test('of any kind is a route', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(typeof hashOf(routeOf(hash))).toBe('string');
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  test.each([
    ['', DEFAULT_ROUTE],
    ['#/nowhere?start=-1&limit=7&filter=nonsense', { ...DEFAULT_ROUTE, unread: ['/nowhere', 'nonsense'] }],
    [
      '#/jobs?filter=[["a"],["status","eq","ERROR"],7]',
      {
        ...DEFAULT_ROUTE,
        view: 'jobs',
        filter: [{ key: 'status', operator: 'eq', value: 'ERROR' }],
        unread: ['["a"]', '7'],
      },
    ],
    ['#/Jobs', { ...DEFAULT_ROUTE, view: 'jobs' }],
    ['#/jobs/?start=26', { ...DEFAULT_ROUTE, view: 'jobs', start: 26 }],
    ['#/jobs/more', { ...DEFAULT_ROUTE, unread: ['/jobs/more'] }],
    ['#/jobs?filter_or=7', { ...DEFAULT_ROUTE, view: 'jobs', unread: ['7'] }],
    ['#/statistics?aggregate=[{', { ...DEFAULT_ROUTE, view: 'statistics', unread: ['[{'] }],
    ['#/?unread=told&unread=', { ...DEFAULT_ROUTE, unread: ['told'] }],
  ])('%j', (hash, expected) => {
    expect(routeOf(hash)).toEqual(expected);
    expect(routeOf(hashOf(routeOf(hash)))).toEqual(expected);
  });
});

test('the beginning of a domain keeps the chosen zone, and nothing else', () => {
  const route = { ...DEFAULT_ROUTE, domain: 'd', zone: 'utc', window: '24h', status: 'ERROR', start: 26 };
  expect(startOf(route)).toEqual({ ...DEFAULT_ROUTE, domain: 'd', zone: 'utc' });
});

test.each([
  ['eq', '9007199254740993', false],
  ['eq', '9007199254740992', true],
  ['eq', '"9007199254740993"', true],
  ['eq', '1e999', false],
  ['eq', '1e-999', false],
  ['eq', '0.1', true],
  ['eq', 'job-00', true],
  ['in', '1, 1e999', false],
  ['in', '["1e999", 2]', true],
  ['match', '{"n": 12345678901234567890}', false],
  ['contain', '1e999', true],
])('the value %s %s can be asked as it is shown: %s', (operator, value, expected) => {
  expect(valueFault({ key: 'k', operator, value }) === '').toBe(expected);
});

test.each([[[' a', 'b']], [['a, b']], [['5', 'true']], [['ERROR', 'TIMEOUT']]])(
  'a list of %j comes back as it was',
  (values) => {
    expect(sent({ key: 'k', operator: 'in', value: typedList(values) })).toMatchObject({ value: values });
  },
);

test.each([
  ['status', 'in', 'ERROR, toString, __proto__', 'Status is Error, toString, or __proto__'],
  ['duration', 'gt', '600', 'Longer than 10 minutes'],
  ['duration', 'constructor', '600', 'duration constructor 600'],
  ['errors.error_code', 'in', 'E, F', 'Error code is E or F'],
  ['errors.error_code', 'eq', 'null', 'errors.error_code is none'],
  ['errors.error_code', 'in', '["", null]', 'errors.error_code is none'],
  ['errors.error_code', 'in', '["E", null]', 'errors.error_code is E or none'],
  ['errors.error_code', 'in', '["null"]', 'Error code is null'],
])('the condition %s %s %s in words', (key, operator, value, words) => {
  expect(wordsOf({ key, operator, value }, (id) => id)).toBe(words);
});

describe('a typed value', () => {
  test.each([
    ['eq', 'ERROR', 'ERROR'],
    ['eq', '5', 5],
    ['eq', '-0.5', -0.5],
    ['eq', 'true', true],
    ['eq', 'null', null],
    ['eq', '"5"', '5'],
    ['eq', '2023-05-01', '2023-05-01'],
    ['eq', '{"a": 1}', { a: 1 }],
    ['eq', '{half', '{half'],
    ['in', 'ERROR, TIMEOUT,', ['ERROR', 'TIMEOUT']],
    ['in', '1, "2"', [1, '2']],
    ['in', '["a, b"]', ['a, b']],
    ['contain', '5', '5'],
    ['contain_in', '5, a', ['5', 'a']],
    ['exists', 'false', false],
    ['match', '{"error_code": "E"}', { error_code: 'E' }],
    ['timediff_gte', 'now/d - 7d', 'now/d - 7d'],
  ])('%s %s', (operator, value, expected) => {
    expect(sent({ key: 'k', operator, value })).toEqual({ key: 'k', operator, value: expected });
  });

  test('comes back as it was', () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(values, (value) => {
        expect(sent({ key: 'k', operator: 'eq', value: typed(value) })).toMatchObject({ value });
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  test('is offered for every operator', () => {
    expect(Object.keys(OPERATORS)).toHaveLength(24);
  });
});

describe('a refused condition', () => {
  const conditions = { filter: ['one', 'two'], filterOr: ['one'] };

  test.each([
    ['query.filter[1].value', true],
    ['query.filter[2].value', false],
    ['query.filter_or[0].key', true],
    ['query.filter_or[1].key', false],
    ['query.sort', false],
  ])('at %s is of the reader: %s', (field, expected) => {
    const body = JSON.stringify({ details: [{ field_violations: [{ field, description: 'no' }] }] });
    expect(isConditionError(callErrorOf(400, body), conditions)).toBe(expected);
  });
});

describe('a token', () => {
  const payload = Buffer.from(JSON.stringify({ did: 'domain-1', aud: 'user-1' })).toString('base64url');
  const caller = { domain: 'domain-1', user: 'user-1' };

  test.each([
    ['as it is', `head.${payload}.signature`, caller],
    ['with white space around it', ` \uFEFFhead.${payload}.signature\n`, caller],
    ['without a signature', `head.${payload}.`, caller],
    ['with an invisible character', `\u200Bhead.${payload}.signature`, undefined],
    ['with a letter that no header holds', `head.${payload}.signaturé`, undefined],
    ['of two parts', `head.${payload}`, undefined],
    ['of four parts', `head.${payload}.signature.more`, undefined],
    ['without claims', 'head.MQ.signature', undefined],
  ])('%s', (_, token, expected) => {
    expect(callerOf(token)).toEqual(expected);
  });
});

test.each([
  [0, '0%'],
  [0.0001, '< 0.1%'],
  [0.041, '4.1%'],
  [0.5, '50%'],
  [0.99999, '> 99.9%'],
  [1, '100%'],
])('%d is %s', (value, expected) => {
  expect(share(value)).toBe(expected);
});

describe('rows', () => {
  const bars = (name: string, values: readonly number[]) => ({ name, values });

  test.each([
    [
      'of a key and a measure are bars',
      [
        { provider: 'aws', jobs: 2 },
        { provider: null, jobs: 1 },
      ],
      { columns: ['aws', 'none'], series: [bars('jobs', [2, 1])], as: 'bars' },
    ],
    [
      'over time are lines, in the order of time',
      [
        { day: '2023-05-02', jobs: 2, tasks: 4 },
        { day: '2023-05-01', jobs: 1 },
      ],
      {
        columns: ['2023-05-01', '2023-05-02'],
        series: [bars('jobs', [1, 2]), bars('tasks', [0, 4])],
        as: 'lines',
      },
    ],
    [
      'of two keys are stacked',
      [
        { day: '2023-05-01', status: 'ERROR', jobs: 2 },
        { day: '2023-05-02', status: 'SUCCESS', jobs: 1 },
      ],
      {
        columns: ['2023-05-01', '2023-05-02'],
        series: [bars('ERROR', [2, 0]), bars('SUCCESS', [0, 1])],
        as: 'stack',
      },
    ],
    [
      'of collectors over time are compared, a line each',
      [
        { day: '2023-05-01', collector: 'a', errors: 2 },
        { day: '2023-05-01', collector: 'b', errors: 1 },
        { day: '2023-05-02', collector: 'b', errors: 3 },
      ],
      {
        columns: ['2023-05-01', '2023-05-02'],
        series: [bars('a', [2, 0]), bars('b', [1, 3])],
        as: 'lines',
      },
    ],
    ['of one are none', [{ provider: 'aws', jobs: 2 }], undefined],
    ['without a measure are none', [{ provider: 'aws' }, { provider: 'azure' }], undefined],
    ['that are no objects are none', ['a', 'b'], undefined],
    [
      'of three keys are none',
      [
        { a: 'x', b: 'y', c: 'z', n: 1 },
        { a: 'x', b: 'y', c: 'w', n: 1 },
      ],
      undefined,
    ],
  ])('%s', (_, results, expected) => {
    expect(plotOf(results)).toEqual(expected);
  });
});
