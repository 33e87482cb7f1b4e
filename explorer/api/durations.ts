/** Durations of the jobs that ended: exact ones by collector or provider, and those of the newest runs. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { jobsCreated } from './job-counts.js';
import { numberAt, textAt } from './json.js';
import { condition, filtersOf } from './selection.js';
import type { Selection } from './selection.js';
import { JOBS, named, NEWEST_FIRST, resultsOf, stat } from './stat.js';
import type { Results, Stage } from './stat.js';

const SECOND_MS = 1000;
const RANKS = ['median', 'p90', 'p95'] as const;

/** The newest runs of which durations are ranked: MongoDB sorts them, and no window may take it long. */
export const MAX_RANKED = 20_000;

/** The number of runs that ended, and their durations at some ranks in milliseconds. */
export type Durations = Readonly<Record<'runs' | (typeof RANKS)[number], number>>;

export interface DurationRow extends Durations {
  /** The id of a collector, or the name of a provider; '' without one. */
  readonly of: string;
  /** The runs were created before the time that divides them. */
  readonly isBefore: boolean;
}

const KEYS = { collector_id: FIELDS.collector, provider: FIELDS.provider } as const;

/** It has dates of creation and of finish, in their order. */
const hasEnded = condition(FIELDS.duration, 'gte', 0);

/** A row for each job: whose it is, how long it took, and 1 if it was created before a time. */
const dividedAt = (key: string, time: number): Stage => ({
  group: {
    keys: [named(FIELDS.id, 'job_id'), named(key, 'of'), named(FIELDS.duration, 'duration')],
    fields: [jobsCreated('before', 'lt', time)],
  },
});

const ranked = (keys: readonly ReturnType<typeof named>[]): Stage => ({
  group: {
    keys,
    fields: [
      { ...JOBS, name: 'runs' },
      ...RANKS.map((rank) => ({ name: rank, operator: rank, key: FIELDS.duration })),
    ],
  },
});

/**
 * The exact durations of the newest selected jobs that ended: of those created from `since` on, and of those before.
 * Without `since` none is before.
 */
export const statDurations = (
  selection: Selection,
  by: keyof typeof KEYS,
  since: number | undefined,
): Call<Results<DurationRow>> =>
  stat(
    `Durations by ${by === 'provider' ? by : 'collector'}`,
    selection,
    {
      ...filtersOf(selection, [hasEnded]),
      aggregate: [
        NEWEST_FIRST,
        { limit: MAX_RANKED },
        ...(since === undefined
          ? [ranked([named(KEYS[by], 'of')])]
          : [dividedAt(KEYS[by], since), ranked([named('of', 'of'), named('before', 'before')])]),
      ],
    },
    resultsOf((row) => ({
      of: textAt(row, 'of'),
      isBefore: numberAt(row, 'before') > 0,
      runs: numberAt(row, 'runs'),
      median: numberAt(row, 'median') * SECOND_MS,
      p90: numberAt(row, 'p90') * SECOND_MS,
      p95: numberAt(row, 'p95') * SECOND_MS,
    })),
  );

/** The newest runs that are drawn. */
const MAX_RUNS = 2000;

/** A run that ended. */
export interface Run {
  readonly job_id: string;
  readonly status: string;
  readonly created_at: string;
  /** Milliseconds. */
  readonly length: number;
}

/** The newest selected jobs that ended. */
export const statRuns = (selection: Selection): Call<Results<Run>> =>
  stat(
    `The newest ${MAX_RUNS} runs`,
    selection,
    {
      ...filtersOf(selection, [hasEnded]),
      aggregate: [
        NEWEST_FIRST,
        { limit: MAX_RUNS },
        {
          project: {
            fields: [
              named(FIELDS.id, 'job_id'),
              named(FIELDS.status, 'status'),
              named(FIELDS.created, 'created_at'),
              named(FIELDS.duration, 'seconds'),
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      job_id: textAt(row, 'job_id'),
      status: textAt(row, 'status'),
      created_at: textAt(row, 'created_at'),
      length: numberAt(row, 'seconds') * SECOND_MS,
    })),
  );
