/** Streams a list as NDJSON or CSV, in constant memory (docs/http.md «All jobs at once»). */
import { fail } from '../errors.js';
import type { JobsQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import type { Deadline } from '../limits/abort.js';
import type { TimeSlicer } from '../limits/yield.js';
import type { Batches } from '../mongo/executor.js';
import type { Scope } from '../scope.js';
import type { ListQuery } from '../query/model.js';
import { jobInfo } from './answer.js';
import type { Asked, Read } from './call.js';
import type { CollectorLoader } from './collectors.js';
import { exportChunks, exportWriter } from './export-formats.js';
import type { ExportFormat } from './export-formats.js';
import { findPlanOf } from './find-page.js';
import type { ScopeFilter } from './scoped-filter.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { JobStore } from './store.js';
import type { CollectorInfoBytes } from './transcoder.js';

/** Reads a request of list for an export, which has rows to answer. Errors: INVALID_ARGUMENT. */
export const createReadExport =
  (readList: Read<JobsQuery, ListQuery>): Read<JobsQuery, ListQuery> =>
  async (request, call) => {
    const asked = await readList(request, call);
    if (asked.query.countOnly)
      fail('INVALID_PARAMETER', { key: 'query.count_only', reason: 'an export has no count' });
    return asked;
  };

interface ExportParts {
  readonly store: JobStore;
  readonly scopeFilter: ScopeFilter;
  readonly loadCollectors: CollectorLoader;
  readonly timeSlicer: TimeSlicer;
  readonly meter: Meter;
}

/** JobInfo of each job, encoded on demand. */
function* jobInfos(jobs: readonly Buffer[], collectors: readonly CollectorInfoBytes[]): Iterable<Uint8Array> {
  for (const [index, job] of jobs.entries()) yield jobInfo(job, collectors[index]);
}

/** Streams the text of a list in `format`. */
export const createExport = ({ store, scopeFilter, loadCollectors, timeSlicer, meter }: ExportParts) => {
  async function* toJobInfos(batches: Batches, scope: Scope, format: ExportFormat, deadline: Deadline) {
    let exported = 0;
    for await (const jobs of batches) {
      meter.add('inventory_job_exported_rows_total', { format }, jobs.length);
      exported += jobs.length;
      deadline.observer?.results(exported);
      yield jobInfos(jobs, await loadCollectors(jobs, scope, deadline));
    }
  }

  return (format: ExportFormat) =>
    async function* ({ scope, query }: Asked<ListQuery>, work: Deadline): AsyncGenerator<Uint8Array, void> {
      const match = await scopeFilter(query.filter, scope, work);
      const batches = store.findPage(match, findPlanOf(query), work);
      const rows = toJobInfos(batches, scope, format, work);
      yield* exportChunks(exportWriter(format, query.only), rows, timeSlicer);
    };
};
