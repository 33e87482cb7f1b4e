// The pure parts of the explorer: addresses, windows and buckets, typed values, and the charts of rows.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketName, duration, share, tick } from '../../explorer/components/format.js';
import { OPERATORS, sent, typed, typedList, valueFault } from '../../explorer/state/conditions.js';
import { DEFAULT_ROUTE, hashOf, routeOf } from '../../explorer/state/route.js';
import type { Route } from '../../explorer/state/route.js';
import {
  bucketStart,
  DAY_MS,
  floor,
  HOUR_MS,
  isWindow,
  timeRangeOf,
  WEEK_MS,
  wider,
  withBefore,
} from '../../explorer/state/time-range.js';
import { isShown, timeAt } from '../../explorer/state/zone.js';
import { ZONES } from '../harness/zones.js';
import { buckets, cells } from '../../explorer/views/overview/breakdown.js';
import { plotOf } from '../../explorer/views/statistics/plot.js';

const NOW = Date.UTC(2026, 10, 26, 15, 30);
const CLOCK = { now: NOW, zone: 'UTC' };

const iso = (time: number): string => new Date(time).toISOString();

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
    aggregate: text,
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
    ['#/nowhere?start=-1&limit=7&filter=nonsense', DEFAULT_ROUTE],
    [
      '#/jobs?filter=[["a"],["status","eq","ERROR"],7]',
      { ...DEFAULT_ROUTE, view: 'jobs', filter: [{ key: 'status', operator: 'eq', value: 'ERROR' }] },
    ],
  ])('%j', (hash, expected) => {
    expect(routeOf(hash)).toEqual(expected);
  });
});

test.each([
  ['24h', Date.UTC(2026, 10, 25, 16), undefined, 'hour'],
  ['7d', Date.UTC(2026, 10, 20), undefined, 'day'],
  ['1y', Date.UTC(2025, 11, 1), undefined, 'week'],
  ['2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z', Date.UTC(2023, 4, 14), Date.UTC(2023, 4, 21), 'day'],
  ['2023-05-14T10:17Z/2023-05-15T08:00Z', Date.UTC(2023, 4, 14, 10), Date.UTC(2023, 4, 15, 8), 'hour'],
  ['2023-05-14T10:17Z/2023-11-15T08:00Z', Date.UTC(2023, 4, 8), Date.UTC(2023, 10, 15, 8), 'week'],
  ['all', undefined, undefined, 'week'],
  ['2023-05-21/2023-05-14', undefined, undefined, 'week'],
  ['nonsense', undefined, undefined, 'week'],
  ['night', Date.UTC(2026, 10, 25, 18), Date.UTC(2026, 10, 26, 9), 'hour'],
])('the window %s', (window, from, to, unit) => {
  const timeRange = timeRangeOf(window, NOW, 'UTC');
  expect(timeRange).toEqual({ from, to, unit });
});

describe.each(ZONES)('in %s', (zone) => {
  const times = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2025, 0, 1) });

  test.each(['hour', 'day', 'week'] as const)('each time is in one %s of a timeline', (unit) => {
    fc.assert(
      fc.property(times, (time) => {
        const range = { from: floor(time - DAY_MS, unit, zone), to: time + DAY_MS, unit };
        const starts = buckets(range, [], { now: NOW, zone });
        const own = floor(time, unit, zone);
        expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b));
        expect(starts).toContain(own);
        expect(own).toBeLessThanOrEqual(time);
        expect(floor(own, unit, zone)).toBe(own);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

test('days have 23 to 25 hours, and the two hours of a clock that goes back are two', () => {
  const zone = 'Europe/Berlin';
  const starts = ['2026-10-23T22:00', '2026-10-24T22:00', '2026-10-25T23:00'].map((text) =>
    Date.parse(`${text}Z`),
  );
  const range = { from: starts[0], to: Date.parse('2026-10-26T23:00Z'), unit: 'day' } as const;
  expect(buckets(range, [], { now: NOW, zone })).toEqual(starts);
  expect(
    ['2026-10-25T02+0200', '2026-10-25T02+0100'].map((text) => iso(bucketStart(text, 'hour', zone))),
  ).toEqual(['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z']);
});

test('a job of the year 10000 does not stretch all time', () => {
  const results = [{ at: '2026-W40' }, { at: '9999-W52' }, {}];
  const all = timeRangeOf('all', NOW, 'UTC');
  expect(buckets(all, cells({ results }, 'week', 'UTC'), CLOCK).length).toBeLessThan(10);
});

test.each([
  ['night', true],
  ['all', true],
  ['2026-11-01T00:00Z/2026-11-02T00:00Z', true],
  ['2026-11-02T00:00Z/2026-11-01T00:00Z', false],
  ['nonsense', false],
])('%s is a window: %s', (window, expected) => {
  expect(isWindow(window)).toBe(expected);
});

test.each([
  [{ from: NOW - 2 * DAY_MS, to: NOW - DAY_MS }, NOW - 2.5 * DAY_MS, NOW - DAY_MS / 2],
  [{ from: NOW - DAY_MS, to: undefined }, NOW - 2 * DAY_MS, NOW],
  [{ from: NOW + DAY_MS, to: NOW + 2 * DAY_MS }, NOW - 2 * HOUR_MS, NOW],
])('around %j there is a window of twice its length', (range, from, to) => {
  expect(wider({ ...range, unit: 'day' }, NOW)).toBe(`${iso(from)}/${iso(to)}`);
});

describe('a time is named with its zone', () => {
  const hour = Date.parse('2026-10-25T00:00Z');

  test.each([
    ['Asia/Kathmandu', /5:45 AM.*GMT\+5:45/],
    ['Europe/Berlin', /2:00 AM.*GMT\+2/],
    ['UTC', /12:00 AM.*UTC|12:00 AM.*GMT/],
  ])('an hour in %s', (zone, expected) => {
    expect(bucketName(hour, 'hour', zone).replaceAll('\u202f', ' ')).toMatch(expected);
  });

  test('the two hours of a clock that goes back are told apart', () => {
    expect(bucketName(hour, 'hour', 'Europe/Berlin')).not.toBe(
      bucketName(hour + HOUR_MS, 'hour', 'Europe/Berlin'),
    );
  });

  test('hours begin when its clocks are at 0 minutes', () => {
    const start = floor(hour, 'hour', 'Asia/Kathmandu');
    expect(bucketName(start, 'hour', 'Asia/Kathmandu').replaceAll('\u202f', ' ')).toMatch(/5:00 AM/);
    expect(tick(start, 'hour', 'Asia/Kathmandu')).toMatch(/5\sAM$/);
  });
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
  ['Asia/Seoul', '2026-11-26T09:00:00.000Z', '2026-11-27T00:00:00.000Z'],
  ['America/Los_Angeles', '2026-11-26T02:00:00.000Z', '2026-11-26T17:00:00.000Z'],
  ['Asia/Kathmandu', '2026-11-25T12:15:00.000Z', '2026-11-26T03:15:00.000Z'],
])('last night in %s is by its own clock', (zone, from, to) => {
  const night = timeRangeOf('night', NOW, zone);
  expect([night.from, night.to].map((time) => iso(time ?? NaN))).toEqual([from, to]);
});

test.each([
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z', true],
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z', false],
  ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30:00.000Z', true],
  ['2026-11-26T18:00', 'Asia/Kathmandu', '2026-11-26T12:15:00.000Z', true],
])('%s in %s is %s, and shown: %s', (wall, zone, expected, shown) => {
  expect(iso(timeAt(Date.parse(`${wall}Z`), zone))).toBe(expected);
  expect(isShown(Date.parse(`${wall}Z`), zone)).toBe(shown);
});

test.each([
  ['24h', 24 * HOUR_MS - HOUR_MS / 2],
  ['2023-05-14T00:00Z/2023-05-21T00:00Z', WEEK_MS],
  ['all', NaN],
])('before %s there is as long a time', (window, length) => {
  const timeRange = timeRangeOf(window, NOW, 'UTC');
  const before = withBefore(timeRange, NOW);
  expect(before).toEqual({ ...timeRange, from: before.from });
  expect((timeRange.from ?? NaN) - (before.from ?? NaN)).toBe(length);
});

describe('a bucket', () => {
  test.each([
    ['2026-11-26T15+0000', 'hour', '2026-11-26T15:00:00.000Z'],
    ['2026-11-26', 'day', '2026-11-26T00:00:00.000Z'],
    ['2026-W48', 'week', '2026-11-23T00:00:00.000Z'],
    ['2020-W53', 'week', '2020-12-28T00:00:00.000Z'],
    ['2021-W01', 'week', '2021-01-04T00:00:00.000Z'],
  ] as const)('%s of a %s begins at %s', (text, unit, expected) => {
    expect(iso(bucketStart(text, unit, 'UTC'))).toBe(expected);
    expect(floor(Date.parse(expected), unit, 'UTC')).toBe(Date.parse(expected));
  });

  test('of nothing is none', () => {
    for (const unit of ['hour', 'day', 'week'] as const)
      expect(bucketStart('', unit, 'Asia/Kathmandu')).toBeNaN();
  });

  test('is there where no job began', () => {
    const answer = {
      results: [
        { at: '2026-11-24', status: 'ERROR', jobs: 2 },
        { status: 'ERROR', jobs: 1 },
      ],
    };
    const rows = cells(answer, 'day', 'UTC');
    const from = Date.UTC(2026, 10, 23);
    expect(buckets({ from, to: undefined, unit: 'day' }, rows, CLOCK).map(iso)).toEqual(
      [23, 24, 25, 26].map((day) => `2026-11-${day}T00:00:00.000Z`),
    );
    expect(buckets({ from: undefined, to: undefined, unit: 'day' }, rows, CLOCK)).toHaveLength(1);
    expect(buckets({ from: 0, to: undefined, unit: 'hour' }, rows, CLOCK)).toHaveLength(750);
  });
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

test.each([
  [400, '0.4 s'],
  [59_000, '59 s'],
  [61_000, '1 min 1 s'],
  [HOUR_MS + 5 * 60_000, '1 h 5 min'],
  [2 * DAY_MS, '2 d'],
  [WEEK_MS + HOUR_MS, '7 d 1 h'],
])('%d ms are %s', (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
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
