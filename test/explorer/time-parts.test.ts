// The pure parts of the explorer about time: windows, zones and buckets, and their words.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketName, duration, sinceText, tick } from '../../explorer/components/format.js';
import {
  bucketStart,
  DAY_MS,
  firstWindow,
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

const NOW = Date.UTC(2026, 10, 26, 15, 30);
const CLOCK = { now: NOW, zone: 'UTC' };
/** The first time that the service reads. */
const FIRST = Date.parse('0001-01-01T00:00Z');

const iso = (time: number): string => new Date(time).toISOString();

test.each([
  ['24h', Date.UTC(2026, 10, 25, 16), undefined, 'hour'],
  ['7d', Date.UTC(2026, 10, 20), undefined, 'day'],
  ['1y', Date.UTC(2025, 11, 1), undefined, 'week'],
  ['2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z', Date.UTC(2023, 4, 14), Date.UTC(2023, 4, 21), 'day'],
  ['2023-05-14T10:17Z/2023-05-15T08:00Z', Date.UTC(2023, 4, 14, 10, 17), Date.UTC(2023, 4, 15, 8), 'hour'],
  ['2023-05-14T10:17Z/2023-11-15T08:00Z', Date.UTC(2023, 4, 14, 10, 17), Date.UTC(2023, 10, 15, 8), 'week'],
  ['all', undefined, undefined, 'week'],
  ['2023-05-21/2023-05-14', undefined, undefined, 'week'],
  ['nonsense', undefined, undefined, 'week'],
  ['-271821-04-20T00:00:00.000Z/2026-01-01T00:00Z', undefined, undefined, 'week'],
  ['0000-12-31T23:59Z/2026-01-01T00:00Z', undefined, undefined, 'week'],
  ['2026-01-01T00:00Z/+010000-01-01T00:00:00.000Z', undefined, undefined, 'week'],
  ['night', Date.UTC(2026, 10, 25, 18), Date.UTC(2026, 10, 26, 9), 'hour'],
])('the window %s', (window, from, to, unit) => {
  const timeRange = timeRangeOf(window, NOW, 'UTC');
  expect(timeRange).toEqual({ from, to, unit });
});

test.each(ZONES)('in %s a range from one time to another is what it is anywhere', (zone) => {
  const window = '2023-05-14T10:17:00.000Z/2023-05-21T08:00:00.000Z';
  expect(timeRangeOf(window, NOW, zone)).toEqual(timeRangeOf(window, NOW, 'UTC'));
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
  expect(isWindow(window, 'UTC')).toBe(expected);
});

test.each([
  [{ from: NOW - 2 * DAY_MS, to: NOW - DAY_MS }, NOW - 2.5 * DAY_MS - HOUR_MS / 2, NOW - DAY_MS / 2],
  [{ from: NOW - DAY_MS, to: undefined }, NOW - 2 * DAY_MS - HOUR_MS / 2, NOW],
  [{ from: NOW - 7 * DAY_MS, to: undefined }, Date.UTC(2026, 10, 12), NOW],
  [{ from: NOW + DAY_MS, to: NOW + 2 * DAY_MS }, NOW - 2.5 * HOUR_MS, NOW],
  [{ from: FIRST + DAY_MS, to: undefined }, FIRST, NOW],
])('around %j there is a window of twice its length, from a whole hour or day on', (range, from, to) => {
  expect(wider({ ...range, unit: 'day' }, CLOCK)).toBe(`${iso(from)}/${iso(to)}`);
});

test.each([
  [{ from: undefined, to: undefined }],
  [{ from: FIRST, to: undefined }],
  [{ from: FIRST, to: Date.UTC(9999, 0) }],
])('around %j there is nothing', (range) => {
  expect(wider({ ...range, unit: 'week' }, CLOCK)).toBeUndefined();
});

test.each([
  ['of the last 7 days', '2026-11-20T00:00:00.000Z', 'UTC', '7d'],
  ['of the last 7 days by the clocks of Seoul', '2026-11-20T15:00:00.000Z', 'Asia/Seoul', '7d'],
  [
    'of the day before by the clocks of Seoul',
    '2026-11-20T14:59:00.000Z',
    'Asia/Seoul',
    '2026-11-13T15:00:00.000Z/2026-11-20T15:00:00.000Z',
  ],
  [
    'of the days around a clock that goes back',
    '2026-10-27T22:30:00.000Z',
    'Europe/Berlin',
    '2026-10-20T22:00:00.000Z/2026-10-27T23:00:00.000Z',
  ],
  [
    'of the days around a clock that goes forward',
    '2026-03-30T21:30:00.000Z',
    'Europe/Berlin',
    '2026-03-23T23:00:00.000Z/2026-03-30T22:00:00.000Z',
  ],
  ['from now on', '2027-01-01T00:00:00.000Z', 'UTC', '7d'],
  [
    'of less than a week ago, before the midnight at which 7 days begin',
    '2026-11-19T23:59:00.000Z',
    'UTC',
    '2026-11-13T00:00:00.000Z/2026-11-20T00:00:00.000Z',
  ],
  ['of the year 1', '0001-01-02T10:00:00.000Z', 'UTC', '0001-01-01T00:00:00.000Z/0001-01-03T00:00:00.000Z'],
  ['without a date', '', 'UTC', 'all'],
])('a newest job %s is in the first window', (_, created, zone, window) => {
  expect(firstWindow(created, NOW, zone)).toBe(window);
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
  ['0050-01-01T00:00', 'Asia/Seoul', '0049-12-31T15:32:08.000Z', true],
  ['1500-03-01T00:00', 'Asia/Seoul', '1500-02-28T15:32:08.000Z', true],
  ['0000-12-31T20:00', 'America/New_York', '0001-01-01T00:56:02.000Z', true],
])('%s in %s is %s, and shown: %s', (wall, zone, expected, shown) => {
  expect(iso(timeAt(Date.parse(`${wall}Z`), zone))).toBe(expected);
  expect(isShown(Date.parse(`${wall}Z`), zone)).toBe(shown);
});

test.each([
  ['24h', 24 * HOUR_MS - HOUR_MS / 2],
  ['2023-05-14T00:00Z/2023-05-21T00:00Z', WEEK_MS],
  ['0001-01-02T00:00Z/2023-05-21T00:00Z', DAY_MS],
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
    ['0050-W03', 'week', '0050-01-17T00:00:00.000Z'],
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

test.each([
  ['2026-11-25T18:00Z', '2026-11-26T09:00Z', 'from 06:00 PM to 09:00 AM'],
  ['2026-11-26T09:00Z', undefined, 'since 09:00 AM'],
  ['2026-11-19T00:00Z', undefined, 'since Nov 19, 2026, 12:00 AM'],
  ['2026-11-19T00:00Z', '2026-11-26T09:30Z', 'from Nov 19, 2026, 12:00 AM to Nov 26, 2026, 09:30 AM'],
  ['2026-11-19T00:00Z', '2026-11-19T09:30Z', 'from Nov 19, 2026, 12:00 AM to 09:30 AM'],
  ['2026-11-19T00:00Z', '2030-01-01T00:00Z', 'since Nov 19, 2026, 12:00 AM'],
])('from %s to %s in a sentence', (from, to, words) => {
  const range = { from: Date.parse(from), to: to === undefined ? undefined : Date.parse(to) };
  expect(sinceText(range, CLOCK).replaceAll('\u202f', ' ')).toBe(words);
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
