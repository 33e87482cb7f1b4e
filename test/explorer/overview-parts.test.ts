// The pure parts of the overview: shares beyond chance, the order of collectors, and jobs that are stuck.
import { describe, expect, test } from '@jest/globals';
import { MAX_RANKED } from '../../explorer/api/durations.js';
import { failedWith, withoutCodeTogether } from '../../explorer/api/error-codes.js';
import { MAX_COLLECTORS } from '../../explorer/api/job-counts.js';
import { MAX_INTERVALS } from '../../explorer/api/trends.js';
import { MAX_UNFINISHED } from '../../explorer/api/unfinished.js';
import { atLeast, changeOf } from '../../explorer/state/chance.js';
import { sent, typedCondition } from '../../explorer/state/conditions.js';
import { onlyCollector } from '../../explorer/state/filter-words.js';
import { DAY_MS, HOUR_MS, withBefore } from '../../explorer/state/time-range.js';
import { buckets, failedShare } from '../../explorer/views/overview/breakdown.js';
import { collectorsNote, durationsNote, stuckNote, trendsNote } from '../../explorer/views/overview/notes.js';
import { rates } from '../../explorer/views/overview/rates.js';
import { historiesOf, isComparable, isSlower } from '../../explorer/views/overview/runs.js';
import { trendsOf } from '../../explorer/views/overview/trends.js';
import { stuckAmong, stuckText } from '../../explorer/views/overview/stuck.js';

const MINUTE_MS = 60_000;
/** Durations of runs, all of the same length but for the p90. */
const durations = (of: string, runs: number, length: number, p90 = length) => ({
  ...{ of, runs, median: length, p90, p95: length },
});
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
  const outcome = (failed: number, ended: number, jobs = ended) => ({ failed, ended, jobs });
  const row = (collector_id: string, within = outcome(0, 0), before = outcome(0, 0)) => ({
    ...{ collector_id, name: `  ${collector_id.toUpperCase()} `, provider: 'aws', within, before },
  });
  const results = [
    row('many', outcome(30, 1030), outcome(10, 1010)),
    row('worst', outcome(2, 2)),
    row('fine', outcome(0, 6, 9)),
    { collector_id: 'stuck', name: '', provider: 'azure' },
    { collector_id: 'gone', name: '', provider: 'azure', before: outcome(0, 3) },
  ];
  const beside = {
    histories: historiesOf({
      results: [durations('many', 3, 4), durations('fine', 2, 3), durations('aws', 5, 4)],
    }),
    stuck: new Map([['stuck', 6]]),
    isStuckCut: false,
    trends: undefined,
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

test('a trend has the share of failed jobs in each bucket, and nothing of other buckets', () => {
  const starts = [20, 21, 22].map((day) => Date.UTC(2026, 10, day));
  const row = (collector_id: string, at: string, jobs: number, failed: number) => ({
    ...{ collector_id, at, jobs, failed },
  });
  const results = [
    row('one', '2026-11-20', 4, 1),
    row('one', '2026-11-22', 2, 2),
    row('other', '2026-11-21', 3, 0),
    row('other', '2026-11-19', 3, 3),
    row('other', '', 3, 3),
  ];
  expect([...trendsOf({ results }, starts, 'day', 'UTC')]).toEqual([
    ['one', [0.25, 0, 1]],
    ['other', [0, 0, 0]],
  ]);
});

describe('an answer without room for more says so, and another one nothing:', () => {
  const ranked = (runs: number) => [undefined, { results: [durations('a', runs, 1), durations('b', 1, 1)] }];
  const none = { jobs: 0, ended: 0, failed: 0 };
  const collectors = (length: number) => [{}, ...Array.from({ length }, () => ({ within: none }))];
  const trends = (length: number, failed: number) => ({
    results: Array.from({ length }, () => ({ collector_id: 'a', at: '', jobs: 3, failed })),
  });

  test.each([
    ['durations', durationsNote(ranked(MAX_RANKED - 2), 'of all'), ''],
    [
      'more durations',
      durationsNote(ranked(MAX_RANKED - 1), 'of all'),
      'Durations are those of the newest 10,000 runs of all.',
    ],
    ['collectors', collectorsNote(collectors(MAX_COLLECTORS - 1)), ''],
    [
      'more collectors',
      collectorsNote(collectors(MAX_COLLECTORS)),
      'Collectors are the 5,000 of most failures.',
    ],
    ['trends', trendsNote(trends(MAX_INTERVALS - 1, 1), 'hour'), ''],
    ['trends with all failures', trendsNote(trends(MAX_INTERVALS, 0), 'hour'), ''],
    [
      'more trends',
      trendsNote(trends(MAX_INTERVALS, 1), 'hour'),
      'Trends have the 5,000 hours of most failures of a collector.',
    ],
    ['stuck jobs', stuckNote(false), ''],
    ['more stuck jobs', stuckNote(true), 'Stuck jobs are those among the oldest 2,000 unfinished ones.'],
  ])('%s', (_, note, expected) => {
    expect(note).toBe(expected);
  });
});

describe('error codes', () => {
  const row = (code: string, jobs: number, collectors: readonly string[], newest: string) => ({
    ...{ code, jobs, errors: jobs + 1, message: `of ${code}`, newest, collectors },
  });

  test('that are empty or missing are one row, by its jobs among the others', () => {
    const rows = [
      row('A', 9, ['a'], '2026-11-20'),
      row('B', 4, ['a'], '2026-11-20'),
      row('', 3, ['a', 'b'], '2026-11-20'),
      row('', 2, ['b', 'c'], '2026-11-21'),
    ];
    expect(withoutCodeTogether(rows)).toEqual([
      rows[0],
      { ...row('', 5, ['a', 'b', 'c'], '2026-11-21'), errors: 7 },
      rows[1],
    ]);
  });

  test.each(['ERROR_TIMEOUT', '', ' 5', 'null'])(
    'with %j lead to jobs by the conditions that found them',
    (code) => {
      const conditions = failedWith(code);
      expect(conditions.map(typedCondition).map(sent)).toEqual(conditions);
      expect(typedCondition(conditions[0] ?? {}).value).toBe('ERROR, TIMEOUT');
    },
  );

  test('are ten', () => {
    const rows = Array.from({ length: 11 }, (_, index) => row(`E${index}`, 20 - index, [], ''));
    expect(withoutCodeTogether(rows)).toEqual(rows.slice(0, 10));
  });
});

test.each([
  ['eq', 'collector-1', 'collector-1'],
  ['in', 'collector-1', 'collector-1'],
  ['in', 'collector-1, collector-2', undefined],
  ['not', 'collector-1', undefined],
  ['eq', 'null', undefined],
])('a view of collectors %s %s is confined to %s', (operator, value, expected) => {
  expect(onlyCollector({ filter: [{ key: 'collector_id', operator, value }] })).toBe(expected);
});

describe('a window', () => {
  const day = (number: number): number => Date.UTC(2026, 10, number);
  const clock = { now: day(26) + HOUR_MS, zone: 'UTC' };

  test.each([
    ['that is over', 20, 22, [20, 21], day(18)],
    ['that goes on', 25, undefined, [25, 26], day(24) - HOUR_MS],
    ['with an end far in the future', 25, 40_000, [25, 26], day(24) - HOUR_MS],
    ['that has not begun', 28, 40_000, [28], day(28)],
  ])('%s has its days up to now, and as long a time before it', (_, from, to, expected, before) => {
    const timeRange = { from: day(from), to: to === undefined ? undefined : day(to), unit: 'day' } as const;
    expect(buckets(timeRange, [], clock)).toEqual(expected.map(day));
    expect(withBefore(timeRange, clock.now).from).toBe(before);
  });
});

describe('the runs of a window', () => {
  const history = (within: number, before: number, median: number) =>
    historiesOf(
      { results: [durations('one', within, median)] },
      { results: [durations('one', before, 10, 13)] },
    ).get('one');

  test.each([
    ['as long as usual', history(5, 20, 13), false],
    ['longer than 9 of 10 before', history(5, 20, 14), true],
    ['longer, but fewer than 5', history(4, 20, 14), false],
    ['longer than fewer than 20 before', history(5, 19, 14), false],
    ['of no history', undefined, false],
  ])('%s are slower: %s', (_, found, expected) => {
    expect(isSlower(found)).toBe(expected);
  });

  test('are compared with 20 before them', () => {
    expect(isComparable(history(5, 20, 1))).toBe(true);
    expect(isComparable({})).toBe(false);
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
  const within = [
    durations('regular', 90, HOUR_MS),
    durations('slow', 5, 2000 * MINUTE_MS),
    durations('new', 2, MINUTE_MS),
  ];
  const before = [durations('regular', 5, 10 * MINUTE_MS), durations('slow', 4, MINUTE_MS)];
  const histories = historiesOf({ results: within }, { results: before });

  test('is stuck or late after 3 times the p95 of its collector, or after a day without a history', () => {
    const rows = [
      collector('regular', job('in time', 29 * MINUTE_MS), job('late', 31 * MINUTE_MS)),
      collector('slow', job('slow as ever', 2 * DAY_MS)),
      collector('new', job('young', 23 * HOUR_MS), job('stuck', 25 * HOUR_MS)),
      collector('unknown', job('without a date', 0), job('old', 40 * DAY_MS)),
    ];
    const stuck = stuckAmong(rows, histories, NOW);
    expect(stuck.jobs.map(({ job_id }) => job_id)).toEqual(['old', 'stuck', 'late']);
    expect(stuck).toMatchObject({ among: 7, isCut: false });
  });

  test.each([
    ['one', 1, ' 1 job is stuck or late.'],
    ['no more than were read', MAX_UNFINISHED - 1, ' 1,999 jobs are stuck or late.'],
    ['as many as are read', MAX_UNFINISHED, ' 2,000 or more jobs are stuck or late.'],
  ])('is counted in a sentence: %s', (_, jobs, expected) => {
    const old = Array.from({ length: jobs }, (__, index) => job(`job-${index}`, 2 * DAY_MS));
    expect(stuckText(stuckAmong([collector('unknown', ...old)], histories, NOW))).toBe(expected);
  });
});
