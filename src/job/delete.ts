/** Deletes one job by its id (docs/query.md «Requests»). */
import type { JobRequest } from '../gen/spaceone/api/inventory/v1/job.js';
import type { Read, UseCase } from './call.js';
import type { ConfineJob } from './confine-job.js';
import { jobNotFound, required } from './request-fields.js';
import type { JobStore } from './store.js';

/** A job to delete. */
export interface DeleteQuery {
  readonly jobId: string;
}

/** Reads a request of delete. Errors: REQUIRED_PARAMETER. */
export const readDelete: Read<JobRequest, DeleteQuery> = async (request, call) => {
  const jobId = required(request.job_id, 'job_id');
  return { scope: await call.scope(request), query: { jobId } };
};

interface DeleteParts {
  readonly store: JobStore;
  readonly confineJob: ConfineJob;
}

const EMPTY = new Uint8Array();

/** Answers Empty. Errors: NOT_FOUND. */
export const createDelete =
  ({ store, confineJob }: DeleteParts): UseCase<DeleteQuery> =>
  async ({ scope, query: { jobId } }, work) => {
    for await (const filter of confineJob(jobId, scope, work))
      if (await store.remove(filter, work)) return EMPTY;
    return jobNotFound(jobId);
  };
