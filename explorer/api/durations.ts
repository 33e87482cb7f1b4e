/** Durations of the jobs that ended: exact ones by collector or provider, and those of the newest runs. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { numberAt, textAt } from './json.js';
import { condition, filtersOf } from './selection.js';
import type { Selection } from './selection.js';
import { JOBS, named, NEWEST_FIRST, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

const SECOND_MS = 1000;
const RANKS = ['median', 'p90', 'p95'] as const;

/** The newest runs of which durations are ranked: MongoDB sorts them, and no time range may take it long. */
export const MAX_RANKED = 10_000;

/** The number of runs that ended, and their durations at some ranks in milliseconds. */
export type Durations = Readonly<Record<'runs' | (typeof RANKS)[number], number>>;

export interface DurationRow extends Durations {
  /** The id of a collector, or the name of a provider; '' without one. */
  readonly of: string;
}

const KEYS = { collector_id: FIELDS.collector, provider: FIELDS.provider } as const;

/** It has dates of creation and of finish, in their order. */
const hasEnded = condition(FIELDS.duration, 'gte', 0);

/** The exact durations of the newest selected jobs that ended. */
export const statDurations = (
  title: string,
  selection: Selection,
  by: keyof typeof KEYS,
): Call<Results<DurationRow>> =>
  stat(
    title,
    selection,
    {
      ...filtersOf(selection, [hasEnded]),
      aggregate: [
        NEWEST_FIRST,
        { limit: MAX_RANKED },
        {
          group: {
            keys: [named(KEYS[by], 'of')],
            fields: [
              { ...JOBS, name: 'runs' },
              ...RANKS.map((rank) => ({ name: rank, operator: rank, key: FIELDS.duration })),
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      of: textAt(row, 'of'),
      runs: numberAt(row, 'runs'),
      median: numberAt(row, 'median') * SECOND_MS,
      p90: numberAt(row, 'p90') * SECOND_MS,
      p95: numberAt(row, 'p95') * SECOND_MS,
    })),
  );

/** The newest runs that are drawn. */
export const MAX_RUNS = 2000;

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
