// The rows of statistics as charts and tables, and the order of the collectors' table, as pure functions.
import { describe, expect, test } from '@jest/globals';
import { isFound, sorted } from '../../explorer/views/overview/rate-order.js';
import { plotOf } from '../../explorer/views/statistics/plot.js';
import { columnsOf } from '../../explorer/views/statistics/row-columns.js';
import { timeline } from '../../explorer/views/statistics/time-texts.js';

describe('a timeline of rows', () => {
  test.each([
    ['years', ['2026', '2023'], ['2023', '2024', '2025', '2026']],
    ['months', ['2026-02', '2025-11'], ['2025-11', '2025-12', '2026-01', '2026-02']],
    ['days', ['2024-02-27', '2024-03-01'], ['2024-02-27', '2024-02-28', '2024-02-29', '2024-03-01']],
    ['weeks', ['2020-W52', '2021-W02'], ['2020-W52', '2020-W53', '2021-W01', '2021-W02']],
    [
      'hours',
      ['2026-11-26T01+0900', '2026-11-25T23+0900'],
      ['2026-11-25T23+0900', '2026-11-26T00+0900', '2026-11-26T01+0900'],
    ],
    [
      'hours of a clock that goes back',
      ['2026-10-25T02+0100', '2026-10-25T02+0200', '2026-10-25T03+0100'],
      ['2026-10-25T02+0200', '2026-10-25T02+0100', '2026-10-25T03+0100'],
    ],
    [
      'times',
      ['2026-11-26T01:00:00+09:00', '2026-11-25T15:00:00Z'],
      ['2026-11-25T15:00:00Z', '2026-11-26T01:00:00+09:00'],
    ],
    ['texts that only begin as times', ['2026-11 b', '2026-11 a'], ['2026-11 a', '2026-11 b']],
    ['one day', ['2026-11-26'], ['2026-11-26']],
    ['more days than fit', ['2026-11-26', '1970-01-01'], ['1970-01-01', '2026-11-26']],
  ])('has %s in their order, and those between them', (_, texts, expected) => {
    expect(timeline(texts, 400)).toEqual(expected);
  });
});

describe('a chart', () => {
  test('has a day without rows', () => {
    expect(
      plotOf([
        { day: '2026-11-24', jobs: 2 },
        { day: '2026-11-26', jobs: 1 },
      ]),
    ).toEqual({
      columns: ['2026-11-24', '2026-11-25', '2026-11-26'],
      series: [{ name: 'jobs', values: [2, 0, 1] }],
      as: 'lines',
    });
  });

  test('tells values apart that read alike', () => {
    expect(
      plotOf([
        { code: null, jobs: 4 },
        { code: 'none', jobs: 3 },
        { code: true, jobs: 2 },
        { code: 'true', jobs: 1 },
      ]),
    ).toMatchObject({
      columns: ['none', '"none"', 'true', '"true"'],
      series: [{ name: 'jobs', values: [4, 3, 2, 1] }],
    });
  });

  test.each(['constructor', 'toString', 'hasOwnProperty'])('takes nothing inherited for %s', (name) => {
    const rows = [{ provider: 'aws', [name]: 2 }, { provider: 'azure' }];
    expect(plotOf(rows)).toEqual({
      columns: ['aws', 'azure'],
      series: [{ name, values: [2, 0] }],
      as: 'bars',
    });
    expect(columnsOf(rows)).toContainEqual({ name, isNumber: true });
  });
});

describe('the order of collectors', () => {
  const rate = (name: string, median: number | undefined, part: number, isStuckCut = false) => ({
    ...{
      key: name,
      name,
      jobs: 1,
      failed: part,
      stuck: 0,
      isStuckCut,
      trend: undefined,
      isSlower: false,
      median,
    },
    failing: { part, of: median === undefined ? 0 : 4 },
    before: { part: 0, of: 0 },
  });
  const RATES = [rate('none', undefined, 0), rate('fast', 1, 2), rate('even', 1, 2), rate('slow', 9, 4)];

  test.each([
    ['median', false, ['slow', 'fast', 'even', 'none']],
    ['median', true, ['fast', 'even', 'slow', 'none']],
    ['failing', false, ['slow', 'fast', 'even', 'none']],
    ['failing', true, ['fast', 'even', 'slow', 'none']],
    ['name', false, ['even', 'fast', 'none', 'slow']],
    ['name', true, ['slow', 'none', 'fast', 'even']],
    ['', true, ['none', 'fast', 'even', 'slow']],
    ['constructor', true, ['none', 'fast', 'even', 'slow']],
  ])('by %s, reversed: %s, has what is unknown last', (by, isReversed, expected) => {
    expect(sorted(RATES, { by, isReversed }).map(({ name }) => name)).toEqual(expected);
  });
});

test.each([
  ['iam', true],
  [' IAM ', true],
  ['COLLECTOR-1', true],
  ['ec2', false],
])('AWS IAM is found by %j: %s', (word, expected) => {
  expect(isFound({ name: 'AWS IAM', key: 'collector-1' }, word)).toBe(expected);
});
