/** Jobs that have not ended, by collector. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { listAt, textAt } from './json.js';
import { condition } from './selection.js';
import type { Selection } from './selection.js';
import { named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';
import { UNFINISHED } from './statuses.js';

/** The oldest unfinished jobs that are read. */
export const MAX_UNFINISHED = 2000;

export interface UnfinishedJob {
  readonly job_id: string;
  readonly status: string;
  readonly created_at: string;
}

/** The unfinished jobs of one collector, the oldest first. */
export interface UnfinishedRow {
  readonly collector_id: string;
  readonly name: string;
  readonly provider: string;
  readonly jobs: readonly UnfinishedJob[];
}

/** The oldest unfinished jobs of all time that meet the conditions of the selection, by collector. */
export const statUnfinished = ({
  domain,
  conditions,
  alternatives,
}: Pick<Selection, 'domain' | 'conditions' | 'alternatives'>): Call<Results<UnfinishedRow>> =>
  stat(
    'Unfinished jobs of all time',
    { domain },
    {
      filter: [...conditions, condition(FIELDS.status, 'in', UNFINISHED)],
      ...(alternatives.length === 0 ? {} : { filter_or: alternatives }),
      aggregate: [
        { sort: { keys: [{ key: FIELDS.created }] } },
        { limit: MAX_UNFINISHED },
        {
          group: {
            keys: [
              named(FIELDS.collector, 'collector_id'),
              named(FIELDS.collectorName, 'name'),
              named(FIELDS.provider, 'provider'),
            ],
            fields: [
              {
                name: 'jobs',
                operator: 'push',
                fields: [
                  named(FIELDS.id, 'job_id'),
                  named(FIELDS.status, 'status'),
                  named(FIELDS.created, 'created_at'),
                ],
              },
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      name: textAt(row, 'name'),
      provider: textAt(row, 'provider'),
      jobs: listAt(row, 'jobs').map((job) => ({
        job_id: textAt(job, 'job_id'),
        status: textAt(job, 'status'),
        created_at: textAt(job, 'created_at'),
      })),
    })),
  );
