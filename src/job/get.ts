/** Answers one job by its id (docs/query.md «Requests»). */
import type { GetJobRequest } from '../gen/spaceone/api/inventory/v1/job.js';
import type { Selection } from '../query/model.js';
import { readOnly } from '../query/parse-list.js';
import { jobInfo } from './answer.js';
import type { Read, UseCase } from './call.js';
import type { CollectorLoader } from './collectors.js';
import type { OnJob } from './confine-job.js';
import { required } from './request-fields.js';
import { JOB_SCHEMA, jobProjection } from './schema.js';
import type { JobStore } from './store.js';

/** A job to show, with the fields to show of it. */
export interface GetQuery {
  readonly jobId: string;
  readonly only: Selection;
}

/** Reads a request of get. Errors: REQUIRED_PARAMETER, INVALID_PARAMETER. */
export const readGet: Read<GetJobRequest, GetQuery> = async (request, call) => {
  const jobId = required(request.job_id, 'job_id');
  const scope = await call.scope(request);
  return { scope, query: { jobId, only: readOnly(request.only, 'only', JOB_SCHEMA) } };
};

interface GetParts {
  readonly store: JobStore;
  readonly loadCollectors: CollectorLoader;
  readonly onJob: OnJob;
}

/** Answers JobInfo. Errors: NOT_FOUND. */
export const createGet =
  ({ store, loadCollectors, onJob }: GetParts): UseCase<GetQuery> =>
  async ({ scope, query: { jobId, only } }, work) => {
    const job = await onJob(jobId, scope, work, (filter) => store.one(filter, jobProjection(only), work));
    const [collector] = await loadCollectors([job], scope, work);
    return jobInfo(job, collector);
  };
