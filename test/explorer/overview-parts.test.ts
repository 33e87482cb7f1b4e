// The pure parts of the overview: shares beyond chance, the order of collectors, and jobs that are stuck.
import { describe, expect, test } from '@jest/globals';
import { atLeast, changeOf } from '../../explorer/state/chance.js';
import { DAY_MS, HOUR_MS } from '../../explorer/state/time-range.js';
import { failedShare } from '../../explorer/views/overview/breakdown.js';
import { rates } from '../../explorer/views/overview/rates.js';
import { isSlower, runsByCollector, usualOf } from '../../explorer/views/overview/runs.js';
import { stuckJobs } from '../../explorer/views/overview/stuck.js';

const MINUTE_MS = 60_000;
const iso = (time: number): string => new Date(time).toISOString();

test('failures are a share of what ended well or badly', () => {
  const cell = (status: string, jobs: number) => ({ start: 0, status, jobs });
  expect(failedShare([cell('SUCCESS', 6), cell('ERROR', 1), cell('TIMEOUT', 1), cell('CREATED', 9)])).toEqual(
    { part: 2, of: 8 },
  );
});

describe('a share', () => {
  test('of few jobs counts for less than the same of many', () => {
    const ordered = [
      { part: 0, of: 0 },
      { part: 0, of: 100 },
      { part: 1, of: 1 },
      { part: 9, of: 10 },
      { part: 90, of: 100 },
      { part: 100, of: 100 },
    ].map(atLeast);
    expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
    expect(ordered.slice(0, 2)).toEqual([0, 0]);
  });

  test.each([
    [{ part: 25, of: 99 }, { part: 24, of: 100 }, 'same'],
    [{ part: 11, of: 15 }, { part: 3, of: 350 }, 'more'],
    [{ part: 0, of: 200 }, { part: 40, of: 200 }, 'less'],
    [{ part: 1, of: 1 }, { part: 0, of: 1 }, 'same'],
    [{ part: 3, of: 3 }, { part: 3, of: 3 }, 'same'],
    [{ part: 0, of: 0 }, { part: 1, of: 3 }, 'same'],
  ])('of %j is against %j: %s', (now, before, expected) => {
    expect(changeOf(now, before)).toBe(expected);
  });
});

describe('collectors', () => {
  const row = (collector_id: string, status: string, jobs: number, before = 0) => ({
    collector_id,
    ...{ name: `  ${collector_id.toUpperCase()} `, provider: 'aws', status, jobs, before },
  });
  const results = [
    row('many', 'SUCCESS', 1000, 1000),
    row('many', 'ERROR', 30, 10),
    row('worst', 'ERROR', 2),
    row('fine', 'SUCCESS', 6),
    row('fine', 'CREATED', 3),
    { collector_id: 'stuck', name: '', provider: 'azure' },
    { collector_id: 'gone', name: '', provider: 'azure', before: 3 },
  ];
  const beside = {
    lengths: new Map([
      ['many', [1, 9, 4]],
      ['fine', [3, 5]],
    ]),
    stuck: new Map([['stuck', 6]]),
    slower: new Set(['many']),
  };

  test('are the worst first, by failed and stuck jobs, where few jobs count for less', () => {
    const found = rates(results, beside, 'collector_id', 'name');
    expect(found.map(({ name, failing, median }) => [name, failing, median])).toEqual([
      ['stuck', { part: 6, of: 6 }, undefined],
      ['WORST', { part: 2, of: 2 }, undefined],
      ['MANY', { part: 30, of: 1030 }, 4],
      ['FINE', { part: 0, of: 6 }, 3],
    ]);
    expect(found.map(({ before }) => before.part)).toEqual([0, 0, 10, 0]);
  });

  test('are put together by provider', () => {
    const found = rates(results, beside, 'provider', 'provider');
    expect(found.map(({ name, jobs, failed, stuck, median }) => [name, jobs, failed, stuck, median])).toEqual(
      [
        ['azure', 0, 0, 6, undefined],
        ['aws', 1041, 32, 0, 4],
      ],
    );
  });
});

describe('the newest runs of a collector', () => {
  const runs = (minutes: readonly number[]) =>
    minutes.map((each, index) => ({
      ...{ job_id: `job-${index}`, status: 'SUCCESS', created: -index, length: each * MINUTE_MS },
    }));
  const before = Array.from({ length: 40 }, (_, index) => 10 + (index % 4));

  test.each([
    ['as long as usual', [13, 13, 13, 13, 13], false],
    ['longer than 9 of 10 before', [14, 14, 14, 14, 14], true],
    ['long but for a few', [90, 90, 12, 12, 12], false],
  ])('%s', (_, newest, expected) => {
    expect(isSlower(runs([...newest, ...before]))).toBe(expected);
  });

  test('are not judged by fewer than 20 before them', () => {
    expect(usualOf(runs(before.slice(0, 24)))).toBeUndefined();
    expect(usualOf(runs(before.slice(0, 25)))?.newest).toBe(5);
  });
});

describe('an unfinished job', () => {
  const NOW = Date.UTC(2026, 10, 26);
  const job = (job_id: string, age: number) => ({
    job_id,
    status: 'IN_PROGRESS',
    created_at: age === 0 ? '' : iso(NOW - age),
  });
  const collector = (collector_id: string, ...jobs: readonly ReturnType<typeof job>[]) => ({
    ...{ collector_id, name: collector_id, provider: 'aws', jobs },
  });
  const ended = (collector_id: string, minutes: readonly number[]) => ({
    collector_id,
    jobs: minutes.map((each) => ({ from: iso(0), to: iso(each * MINUTE_MS) })),
  });
  const runs = runsByCollector({
    results: [
      ended('regular', [10, 10, 10, 10, 10]),
      ended('slow', [2000, 2000, 2000, 2000, 2000]),
      ended('new', [1, 1]),
    ],
  });

  test('is stuck or late after 3 times the p95 of its collector, or after a day without a history', () => {
    const rows = [
      collector('regular', job('in time', 29 * MINUTE_MS), job('late', 31 * MINUTE_MS)),
      collector('slow', job('slow as ever', 2 * DAY_MS)),
      collector('new', job('young', 23 * HOUR_MS), job('stuck', 25 * HOUR_MS)),
      collector('unknown', job('without a date', 0), job('old', 40 * DAY_MS)),
    ];
    expect(stuckJobs(rows, runs, NOW).map(({ job_id }) => job_id)).toEqual(['old', 'stuck', 'late']);
  });
});
