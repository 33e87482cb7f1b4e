/** Durations of the newest jobs that ended. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { listAt, textAt } from './json.js';
import { condition, filtersOf, withStatus } from './selection.js';
import type { Selection } from './selection.js';
import { named, NEWEST_FIRST, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

/** The newest ended jobs from which durations are computed. */
const MAX_DURATIONS = 2000;

export interface EndedJob {
  readonly from?: string;
  readonly to?: string | null;
  /** In the answer for a single collector alone. */
  readonly status?: string;
  readonly job_id?: string;
}

/** The times of creation and of finish of one collector's jobs. */
export interface DurationRow {
  readonly collector_id?: string;
  readonly jobs?: readonly EndedJob[];
}

/** The times of creation and of finish of the newest selected jobs that ended, by collector; detailed, with their ids and statuses. */
export const statDurations = (selection: Selection, isDetailed: boolean): Call<Results<DurationRow>> =>
  stat(
    `Durations of the newest ${MAX_DURATIONS}`,
    selection,
    {
      ...filtersOf(selection, [...withStatus(selection), condition(FIELDS.finished, 'exists', true)]),
      aggregate: [
        NEWEST_FIRST,
        { limit: MAX_DURATIONS },
        {
          group: {
            keys: [named(FIELDS.collector, 'collector_id')],
            fields: [
              {
                name: 'jobs',
                operator: 'push',
                fields: [
                  named(FIELDS.created, 'from'),
                  named(FIELDS.finished, 'to'),
                  ...(isDetailed ? [named(FIELDS.id, 'job_id'), named(FIELDS.status, 'status')] : []),
                ],
              },
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      jobs: listAt(row, 'jobs').map((job) => ({
        from: textAt(job, 'from'),
        to: textAt(job, 'to'),
        status: textAt(job, 'status'),
        job_id: textAt(job, 'job_id'),
      })),
    })),
  );
