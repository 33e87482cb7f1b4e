/** The statuses of a job, by the contract's names. */
import type { JobInfo_Status } from '../../src/gen/spaceone/api/inventory/v1/collector.js';

export type JobStatus = Exclude<keyof typeof JobInfo_Status, 'NONE'>;

export const UNFINISHED: readonly JobStatus[] = ['CREATED', 'IN_PROGRESS'];
export const SUCCEEDED: readonly JobStatus[] = ['SUCCESS'];
export const FAILED: readonly JobStatus[] = ['ERROR', 'TIMEOUT'];
export const ENDED: readonly JobStatus[] = [...SUCCEEDED, ...FAILED];

/** Tests a status read from an answer, which may be of a name that the contract does not have. */
export const isOneOf = (statuses: readonly JobStatus[], status: string): boolean =>
  statuses.some((each) => each === status);
