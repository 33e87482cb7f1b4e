/** The jobs before and after a job in its collector. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { textAt } from './json.js';
import { condition } from './selection.js';
import { named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

/** Jobs read to find the one before or after another; more with one and the same creation time are not told apart. */
const MAX_NEIGHBOURS = 20;

export interface NeighbourRow {
  readonly job_id: string;
  readonly created_at: string;
  readonly status: string;
}

export type Direction = 'before' | 'after';

const DIRECTIONS = {
  before: { title: 'The job before it', operator: 'lte', desc: true },
  after: { title: 'The job after it', operator: 'gte', desc: false },
} as const;

/** The jobs of a collector created before or after a time, the nearest first; jobs created at that time are included. */
export function statNeighbours(
  domain: string,
  { collector, created }: { readonly collector: string; readonly created: string },
  direction: Direction,
): Call<Results<NeighbourRow>> {
  const { title, operator, desc } = DIRECTIONS[direction];
  return stat(
    title,
    { domain },
    {
      filter: [condition(FIELDS.collector, 'eq', collector), condition(FIELDS.created, operator, created)],
      aggregate: [
        {
          sort: {
            keys: [
              { key: FIELDS.created, desc },
              { key: FIELDS.id, desc },
            ],
          },
        },
        { limit: MAX_NEIGHBOURS },
        {
          project: {
            fields: [
              named(FIELDS.id, 'job_id'),
              named(FIELDS.created, 'created_at'),
              named(FIELDS.status, 'status'),
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      job_id: textAt(row, 'job_id'),
      created_at: textAt(row, 'created_at'),
      status: textAt(row, 'status'),
    })),
  );
}
