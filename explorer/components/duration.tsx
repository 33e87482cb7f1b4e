/** The duration of a job; of an unfinished one up to now. */
import type { Job } from '../api/jobs.js';
import { serviceNow } from '../api/settings.js';
import { isOneOf, UNFINISHED } from '../api/statuses.js';
import { duration, elapsed } from './format.js';

export const isUnfinished = ({ status }: Job): boolean => isOneOf(UNFINISHED, status);

export function Duration({ job }: { readonly job: Job }) {
  const until = isUnfinished(job) ? new Date(serviceNow()).toISOString() : job.finished_at;
  const length = elapsed(job.created_at, until);
  return <>{length === undefined ? '–' : duration(length)}</>;
}
