/** The failed jobs of each collector over time. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { numberAt, textAt } from './json.js';
import { condition, filtersOf } from './selection.js';
import type { Selection } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';
import { ENDED, FAILED } from './statuses.js';

/** Those of most failures; the others are drawn as if none failed. */
export const MAX_INTERVALS = 5000;

/** The ended jobs of one collector created in one interval. */
export interface TrendRow {
  readonly collector_id: string;
  /** The interval in the date format of the request. */
  readonly at: string;
  readonly jobs: number;
  readonly failed: number;
}

/** The ended jobs of each collector by creation time, and how many of them failed. */
export const statTrends = (selection: Selection, dateFormat: string): Call<Results<TrendRow>> =>
  stat(
    'Failed jobs by collector and time',
    selection,
    {
      ...filtersOf(selection, [condition(FIELDS.status, 'in', ENDED)]),
      aggregate: [
        {
          group: {
            keys: [
              named(FIELDS.collector, 'collector_id'),
              { ...named(FIELDS.created, 'at'), date_format: dateFormat },
            ],
            fields: [
              JOBS,
              ...FAILED.map((status) => ({
                ...JOBS,
                name: status,
                conditions: [condition(FIELDS.status, 'eq', status)],
              })),
            ],
          },
        },
        { sort: { keys: FAILED.map((status) => ({ key: status, desc: true })) } },
        { limit: MAX_INTERVALS },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      at: textAt(row, 'at'),
      jobs: numberAt(row, 'jobs'),
      failed: FAILED.reduce((sum, status) => sum + numberAt(row, status), 0),
    })),
  );
