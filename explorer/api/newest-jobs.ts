/** The newest job of a domain, and that of each collector. */
import { FIELDS } from './fields.js';
import { textAt } from './json.js';
import { ownFiltersOf } from './selection.js';
import type { Selection } from './selection.js';
import { named, NEWEST_FIRST, resultsOf, stat } from './stat.js';

/** The creation time of the newest job of a domain. */
export const statNewestJob = (domain: string) =>
  stat(
    'The newest job',
    { domain },
    {
      aggregate: [NEWEST_FIRST, { limit: 1 }, { project: { fields: [named(FIELDS.created, 'created_at')] } }],
    },
    resultsOf((row) => ({ created_at: textAt(row, 'created_at') })),
  );

/** The id of the newest selected job of each collector. */
export const statNewestByCollector = (selection: Selection) =>
  stat(
    'The newest job of each collector',
    selection,
    {
      ...ownFiltersOf(selection),
      aggregate: [
        { sort: { keys: [{ key: FIELDS.collector }, { key: FIELDS.created, desc: true }] } },
        {
          group: {
            keys: [named(FIELDS.collector, 'collector_id')],
            fields: [{ key: FIELDS.id, name: 'job_id', operator: 'first' }],
          },
        },
      ],
    },
    resultsOf((row) => textAt(row, 'job_id')),
  );
