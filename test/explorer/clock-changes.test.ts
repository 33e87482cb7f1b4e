// The explorer where clocks change: hours of a timeline that are not whole, and times that are shown twice.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clockTime, dateTime, sinceText, windowText } from '../../explorer/components/format.js';
import {
  after,
  bucketStart,
  floor,
  HOUR_MS,
  isWindow,
  timeRangeOf,
} from '../../explorer/state/time-range.js';
import { wallTime } from '../../explorer/state/zone.js';
import { ZONES } from '../harness/zones.js';

const iso = (time: number): string => new Date(time).toISOString();
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

/** The name of a time's bucket as the service writes it: `%Y-%m-%dT%H%z`. */
function hourText(time: number, zone: string): string {
  const wall = wallTime(time, zone);
  const minutes = Math.round((wall - time) / 60_000);
  const digits = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const offset = `${digits(Math.abs(minutes) / 60)}${digits(Math.abs(minutes) % 60)}`;
  return `${iso(wall).slice(0, 13)}${minutes < 0 ? '-' : '+'}${offset}`;
}

describe.each([
  [
    'Australia/Lord_Howe, back by half an hour',
    'Australia/Lord_Howe',
    '2026-04-04T14:00',
    ['2026-04-04T14:00', '2026-04-04T15:00', '2026-04-04T15:30'],
  ],
  [
    'Australia/Lord_Howe, forward by half an hour',
    'Australia/Lord_Howe',
    '2026-10-03T14:30',
    ['2026-10-03T14:30', '2026-10-03T15:30', '2026-10-03T16:00'],
  ],
  [
    'America/Caracas, forward by half an hour at half past two',
    'America/Caracas',
    '2016-05-01T06:30',
    ['2016-05-01T06:30', '2016-05-01T07:00', '2016-05-01T08:00'],
  ],
  [
    'Asia/Pyongyang, forward by half an hour at half past eleven',
    'Asia/Pyongyang',
    '2018-05-04T14:30',
    ['2018-05-04T14:30', '2018-05-04T15:00', '2018-05-04T16:00'],
  ],
  [
    'Europe/Berlin, back by an hour',
    'Europe/Berlin',
    '2026-10-25T00:00',
    ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'],
  ],
])('in %s,', (_, zone, begun, expected) => {
  const first = Date.parse(`${begun}Z`);
  const starts = expected.map((text) => Date.parse(`${text}Z`));
  const quarters = Array.from({ length: 12 }, (_each, index) => first + (index * HOUR_MS) / 4);

  test('hours begin at the change', () => {
    const found = [first, after(first, 'hour', zone), after(after(first, 'hour', zone), 'hour', zone)];
    expect(found.map(iso)).toEqual(starts.map(iso));
  });

  test.each(quarters)('the time %d is in the hour that the service names', (time) => {
    const start = floor(time, 'hour', zone);
    expect(iso(bucketStart(hourText(time, zone), 'hour', zone))).toBe(iso(start));
    expect(floor(start, 'hour', zone)).toBe(start);
    expect(hourText(start, zone)).toBe(hourText(time, zone));
  });
});

test.each([...ZONES, 'America/Caracas', 'Asia/Pyongyang'])(
  'in %s the hour of the service is that of the page',
  (zone) => {
    const times = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2025, 0, 1) });
    fc.assert(
      fc.property(times, (time) => {
        const start = floor(time, 'hour', zone);
        expect(bucketStart(hourText(time, zone), 'hour', zone)).toBe(start);
        expect(after(start, 'hour', zone)).toBeGreaterThan(time);
      }),
      { seed: 7, numRuns: 500 },
    );
  },
);

describe('a time that clocks show twice', () => {
  const [first, second] = [Date.parse('2026-10-25T00:30Z'), Date.parse('2026-10-25T01:30Z')];
  const zone = 'Europe/Berlin';
  const clock = { now: second + HOUR_MS / 4, zone };

  test.each([
    [dateTime(iso(first), zone), 'Oct 25, 2026, 2:30 AM GMT+2'],
    [dateTime(iso(second), zone), 'Oct 25, 2026, 2:30 AM GMT+1'],
    [dateTime(iso(second + HOUR_MS), zone), 'Oct 25, 2026, 3:30 AM'],
    [dateTime(iso(first), 'UTC'), 'Oct 25, 2026, 12:30 AM'],
    [clockTime(first, zone), '2:30:00 AM GMT+2'],
    [
      windowText({ from: first, to: second }, clock),
      'Oct 25, 2026, 2:30 AM GMT+2 – Oct 25, 2026, 2:30 AM GMT+1, Europe/Berlin',
    ],
    [sinceText({ from: first, to: second }, clock), 'from 02:30 AM GMT+2 to 02:30 AM GMT+1'],
  ])('%s has its offset', (found, expected) => {
    expect(plain(found)).toBe(expected);
  });
});

describe('a window', () => {
  test.each([
    ['2026-11-25T00:00/2026-11-26T00:00', 'UTC', '2026-11-25T00:00:00.000Z', '2026-11-26T00:00:00.000Z'],
    [
      '2026-11-25T00:00/2026-11-26T00:00',
      'Asia/Seoul',
      '2026-11-24T15:00:00.000Z',
      '2026-11-25T15:00:00.000Z',
    ],
    ['2026-11-25/2026-11-26', 'Asia/Seoul', '2026-11-24T15:00:00.000Z', '2026-11-25T15:00:00.000Z'],
    [
      '2026-11-25T00:00Z/2026-11-26T00:00+09:00',
      'Asia/Seoul',
      '2026-11-25T00:00:00.000Z',
      '2026-11-25T15:00:00.000Z',
    ],
  ])('%s in %s is from %s to %s', (window, zone, from, to) => {
    const range = timeRangeOf(window, 0, zone);
    expect([range.from, range.to].map((time) => iso(time ?? NaN))).toEqual([from, to]);
  });

  test.each([
    '1/2',
    'May 1/May 2',
    '2026/2027',
    '2026-01-01/2026-02-01/2026-03-01',
    '2026-02-30/2026-03-01',
    '2026-03-29T02:30/2026-03-29T03:15',
  ])('%s is none in Berlin', (window) => {
    expect(isWindow(window, 'Europe/Berlin')).toBe(false);
  });
});
