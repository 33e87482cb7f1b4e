// ISO 8601 text and times relative to now, as conditions take them: a row a text.
import { describe, expect, test } from '@jest/globals';
import { parseIso, parseTimediff } from '../../src/query/dates.js';
import { written } from '../harness/expressions.js';

/** A text, and the moment that it names as Date's own text. */
type Named = readonly [string, string];

const MOMENTS: readonly Named[] = [
  ['2023-05-20', '2023-05-20T00:00:00.000Z'],
  ['2023-05-20T09:30', '2023-05-20T09:30:00.000Z'],
  ['2023-05-20 09:30', '2023-05-20T09:30:00.000Z'],
  ['2023-05-20T09:30Z', '2023-05-20T09:30:00.000Z'],
  ['2023-05-20T09:30:57', '2023-05-20T09:30:57.000Z'],
  ['2023-05-20T09:30:57Z', '2023-05-20T09:30:57.000Z'],
  ['2023-05-20 09:30:57Z', '2023-05-20T09:30:57.000Z'],
  ['2023-05-20T09:30:57.1', '2023-05-20T09:30:57.100Z'],
  ['2023-05-20T09:30:57.12Z', '2023-05-20T09:30:57.120Z'],
  ['2023-05-20T09:30:57.123Z', '2023-05-20T09:30:57.123Z'],
  ['2023-05-20T09:30:57.123456Z', '2023-05-20T09:30:57.123Z'],
  ['2023-05-20T09:30:57.9999999', '2023-05-20T09:30:57.999Z'],
  ['2023-05-20T23:59:59.999999999999Z', '2023-05-20T23:59:59.999Z'],
  ['2023-05-20T09:30+09:00', '2023-05-20T00:30:00.000Z'],
  ['2023-05-20T09:30:57-07:30', '2023-05-20T17:00:57.000Z'],
  ['2023-05-20T09:30:57.5+00:00', '2023-05-20T09:30:57.500Z'],
  ['2023-05-20T09:30:57-00:00', '2023-05-20T09:30:57.000Z'],
  ['2023-01-01T00:00+00:01', '2022-12-31T23:59:00.000Z'],
  ['2023-12-31T23:59-00:01', '2024-01-01T00:00:00.000Z'],
  ['2024-03-01T00:00+01:00', '2024-02-29T23:00:00.000Z'],
  ['2023-05-20T09:30+23:59', '2023-05-19T09:31:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2000-02-29', '2000-02-29T00:00:00.000Z'],
  ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000Z'],
  ['0099-12-31T12:00', '0099-12-31T12:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
];

const NO_MOMENTS: readonly string[] = [
  ...['', ' ', ' 2023-05-20', '2023-05-20 ', '2023-05-20\n', '2023-05-20  09:30', '2023-05-20T09:30 Z'],
  // Other words, parts of a date, and other ways to write one.
  ...written(
    'now today 2023 2023-05 20230520 2023-5-20 2023-05-1 23-05-20 02023-05-20 +2023-05-20 -2023-05-20',
  ),
  ...written('2023/05/20 20-05-2023 2023-140 2023-W20-6 ２０２３-05-20 2023‐05‐20 x2023-05-20'),
  // Parts of a time, and other ways to write one.
  ...written('2023-05-20T 2023-05-20T09 2023-05-20T9:30 2023-05-20T09:3 2023-05-20T0930 2023-05-20T09:30:5'),
  ...written('2023-05-20T09:30:57. 2023-05-20T09:30:57,5 2023-05-20T09:30.5 2023-05-20t09:30'),
  // Offsets.
  ...written('2023-05-20Z 2023-05-20+09:00 2023-05-20T09:30z 2023-05-20T09:30+9 2023-05-20T09:30+0900'),
  ...written('2023-05-20T09:30+09 2023-05-20T09:30+24:00 2023-05-20T09:30+09:60 2023-05-20T09:30Z+09:00'),
  ...written('2023-05-20T09:30:57Zx'),
  // Times and days that there are not.
  ...written(
    '2023-05-20T24:00 2023-05-20T09:60 2023-05-20T09:30:60 2023-00-20 2023-13-20 2023-05-00 2023-05-32',
  ),
  ...written('2023-04-31 2023-02-29 1900-02-29 2100-02-29 0000-01-01 10000-01-01'),
];

describe('ISO 8601', () => {
  test.each(MOMENTS)('%s', (text, moment) => {
    expect(parseIso(text)?.toISOString()).toBe(moment);
  });

  test.each(NO_MOMENTS)('%j names no moment', (text) => {
    expect(parseIso(text)).toBeUndefined();
  });

  test('a fraction of a megabyte is read at once', () => {
    expect(parseIso(`2023-05-20T09:30:57.5${'0'.repeat(1_000_000)}`)).toEqual(
      new Date('2023-05-20T09:30:57.5Z'),
    );
    expect(parseIso(`2023-05-20T09:30:57.5${'0'.repeat(1_000_000)}x`)).toBeUndefined();
  });
});

/** A text, now, and the moment that the text names then. */
type Relative = readonly [string, string, string];

const FRIDAY = '2024-03-15T10:20:30.400Z';

const RELATIVE: readonly Relative[] = [
  ['now', FRIDAY, '2024-03-15T10:20:30.400Z'],
  [' now ', FRIDAY, '2024-03-15T10:20:30.400Z'],
  ['now/d', FRIDAY, '2024-03-15T00:00:00.000Z'],
  ['now/w', FRIDAY, '2024-03-11T00:00:00.000Z'],
  ['now/m', FRIDAY, '2024-03-01T00:00:00.000Z'],
  ['now-1s', FRIDAY, '2024-03-15T10:20:29.400Z'],
  ['now - 1m', FRIDAY, '2024-03-15T10:19:30.400Z'],
  ['now -1h', FRIDAY, '2024-03-15T09:20:30.400Z'],
  ['now- 1d', FRIDAY, '2024-03-14T10:20:30.400Z'],
  ['now  -  1w', FRIDAY, '2024-03-08T10:20:30.400Z'],
  ['now+1s', FRIDAY, '2024-03-15T10:20:31.400Z'],
  ['now + 90m', FRIDAY, '2024-03-15T11:50:30.400Z'],
  ['now+0d', FRIDAY, '2024-03-15T10:20:30.400Z'],
  ['now-007d', FRIDAY, '2024-03-08T10:20:30.400Z'],
  [' now/d - 7d ', FRIDAY, '2024-03-08T00:00:00.000Z'],
  ['now/w+1d', FRIDAY, '2024-03-12T00:00:00.000Z'],
  ['now/w - 1w', FRIDAY, '2024-03-04T00:00:00.000Z'],
  ['now/m-1d', FRIDAY, '2024-02-29T00:00:00.000Z'],
  ['now/m - 1s', FRIDAY, '2024-02-29T23:59:59.000Z'],
  ['now/m+31d', FRIDAY, '2024-04-01T00:00:00.000Z'],
  ['now/d', '2024-03-15T00:00:00.000Z', '2024-03-15T00:00:00.000Z'],
  ['now/d', '2024-03-15T23:59:59.999Z', '2024-03-15T00:00:00.000Z'],
  ['now/w', '2024-03-11T00:00:00.000Z', '2024-03-11T00:00:00.000Z'],
  ['now/w', '2024-03-10T23:59:59.999Z', '2024-03-04T00:00:00.000Z'],
  ['now/w', '2025-01-01T12:00:00.000Z', '2024-12-30T00:00:00.000Z'],
  ['now/w', '2023-01-01T12:00:00.000Z', '2022-12-26T00:00:00.000Z'],
  ['now/w', '2024-03-02T12:00:00.000Z', '2024-02-26T00:00:00.000Z'],
  ['now/m', '2024-02-29T12:00:00.000Z', '2024-02-01T00:00:00.000Z'],
  ['now/m', '2024-12-31T23:59:59.999Z', '2024-12-01T00:00:00.000Z'],
  ['now/m', '2024-01-01T00:00:00.000Z', '2024-01-01T00:00:00.000Z'],
  ['now/m - 1d', '2025-03-15T00:00:00.000Z', '2025-02-28T00:00:00.000Z'],
  ['now-1d', '2024-03-01T06:00:00.000Z', '2024-02-29T06:00:00.000Z'],
  ['now/w', '1969-12-31T12:00:00.000Z', '1969-12-29T00:00:00.000Z'],
  ['now/d - 738959d', FRIDAY, '0001-01-01T00:00:00.000Z'],
  ['now/d + 2913000d', FRIDAY, '9999-09-23T00:00:00.000Z'],
];

const NOT_RELATIVE: readonly string[] = [
  ...['', ' ', 'now /d', 'now/ d', 'now-1 d', 'now 1d', 'now/d - 738960d'],
  ...written('NOW Now now/ now/y now/h now/D now/d/w now- now+ now-1 now-d now-1y now-1M now-1D now-1ms'),
  ...written('now--1d now+-1d now-1d+1h now-1.5d now-1e3d now-١d now1d xnow now-1dx today 2024-03-15'),
  ...written(`now+3000000d now-${'9'.repeat(400)}d now-99999999999999999999w`),
];

describe('relative to now', () => {
  test.each(RELATIVE)('%s at %s', (text, now, moment) => {
    expect(parseTimediff(text, new Date(now))?.toISOString()).toBe(moment);
  });

  test.each(NOT_RELATIVE)('%j names no moment', (text) => {
    expect(parseTimediff(text, new Date(FRIDAY))).toBeUndefined();
  });

  test('a megabyte of blanks is read at once', () => {
    expect(parseTimediff(`now${' '.repeat(1_000_000)}`, new Date(FRIDAY))).toEqual(new Date(FRIDAY));
    expect(parseTimediff(`now${' '.repeat(20_000)}x`, new Date(FRIDAY))).toBeUndefined();
  });
});
