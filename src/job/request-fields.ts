/** Fields of requests beside their query (docs/query.md «Requests»). */
import { fail } from '../errors.js';
import { JobsQuery_JobStatus } from '../gen/spaceone/api/inventory/v1/job.js';
import type { JobsQuery } from '../gen/spaceone/api/inventory/v1/job.js';

/** A field that must be sent. Errors: REQUIRED_PARAMETER. */
export const required = (value: string, key: string): string =>
  value === '' ? fail('REQUIRED_PARAMETER', { key }) : value;

/** Fails with NOT_FOUND, for a missing job and for one outside the caller's scope alike. */
export const jobNotFound = (jobId: string): never => fail('NOT_FOUND', { job_id: jobId }, 'job_id');

/** The stored name of a status; empty for none. Errors: INVALID_PARAMETER. */
function statusName(status: JobsQuery_JobStatus): string {
  if (status === JobsQuery_JobStatus.JOB_STATE_NONE) return '';
  const [name] = Object.entries(JobsQuery_JobStatus).find(([, number]) => number === status) ?? [];
  return (
    name ?? fail('INVALID_PARAMETER', { key: 'status', reason: `${String(status)} is not a job status` })
  );
}

/** The conditions that a list names by fields of their own, by the name of the field. */
export function conditionFields({
  job_id,
  status,
  collector_id,
  project_id,
}: JobsQuery): ReadonlyMap<string, string> {
  const sent = Object.entries({ job_id, status: statusName(status), collector_id, project_id });
  return new Map(sent.filter(([, value]) => value !== ''));
}
