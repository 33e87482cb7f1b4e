/** Deletes one job by its id (docs/query.md «Requests»). */
import type { JobRequest } from '../gen/spaceone/api/inventory/v1/job.js';
import type { Read, UseCase } from './call.js';
import type { OnJob } from './confine-job.js';
import { required } from './request-fields.js';
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
  readonly onJob: OnJob;
}

const EMPTY = new Uint8Array();

/** Answers Empty. Errors: NOT_FOUND. */
export const createDelete =
  ({ store, onJob }: DeleteParts): UseCase<DeleteQuery> =>
  ({ scope, query: { jobId } }, work) =>
    onJob(jobId, scope, work, async (filter) => ((await store.remove(filter, work)) ? EMPTY : undefined));
