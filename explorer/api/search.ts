/** Finds jobs, collectors and error codes by a fragment, over all time. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { numberAt, textAt } from './json.js';
import { listFound } from './jobs.js';
import type { JobPage } from './jobs.js';
import { condition } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

const MAX_FOUND = 6;
const LARGEST: readonly { readonly key: string; readonly desc?: boolean }[] = [{ key: 'jobs', desc: true }];

/** The newest jobs whose id contains a fragment; blanks separate fragments. */
export const findJobs = (domain: string, fragment: string): Call<JobPage> =>
  listFound(domain, fragment, MAX_FOUND);

export interface FoundCollector {
  readonly collector_id: string;
  readonly name: string;
  readonly jobs: number;
}

/** The collectors whose name or id contains a fragment, that of most jobs first. */
export const findCollectors = (domain: string, fragment: string): Call<Results<FoundCollector>> =>
  stat(
    'Collectors that are found',
    { domain },
    {
      filter_or: [FIELDS.collectorName, FIELDS.collector].map((key) => condition(key, 'contain', fragment)),
      aggregate: [
        {
          group: {
            keys: [named(FIELDS.collector, 'collector_id'), named(FIELDS.collectorName, 'name')],
            fields: [JOBS],
          },
        },
        { sort: { keys: LARGEST } },
        { limit: MAX_FOUND },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      name: textAt(row, 'name'),
      jobs: numberAt(row, 'jobs'),
    })),
  );

export interface FoundCode {
  readonly code: string;
  readonly entries: number;
}

/** The error codes that contain a fragment, that of most entries first. */
export const findCodes = (domain: string, fragment: string): Call<Results<FoundCode>> =>
  stat(
    'Error codes that are found',
    { domain },
    {
      filter: [condition(FIELDS.errorCode, 'contain', fragment)],
      aggregate: [
        { unwind: { path: FIELDS.errors } },
        { group: { keys: [named(FIELDS.errorCode, 'code')], fields: [JOBS] } },
        { sort: { keys: LARGEST } },
      ],
    },
    // The other codes of the same jobs are not found.
    (answer) => ({
      results: resultsOf((row) => ({ code: textAt(row, 'code'), entries: numberAt(row, 'jobs') }))(answer)
        .results.filter(({ code }) => code.toLowerCase().includes(fragment.toLowerCase()))
        .slice(0, MAX_FOUND),
    }),
  );
