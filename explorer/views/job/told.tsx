/** A job in a sentence of its own numbers. */
import type { Job } from '../../api/jobs.js';
import { FAILED, isOneOf } from '../../api/statuses.js';
import { Duration, isUnfinished } from '../../components/duration.js';
import { Datum } from '../../components/datum.js';
import { count } from '../../components/format.js';
import { JobErrors } from '../../components/job-columns.js';
import { statusName } from '../../components/status.js';
import { isolated, nameOf } from '../../state/shown-text.js';

/** The end of a job as a verb. */
function endOf({ status }: Job): string {
  if (isOneOf(FAILED, status)) return status === 'TIMEOUT' ? 'timed out after' : 'failed after';
  return status === 'SUCCESS' ? 'succeeded after' : `ended as ${isolated(statusName(status))} after`;
}

export function Told({ job }: { readonly job: Job }) {
  const { collector, total_tasks: total, remained_tasks: remained, errors } = job;
  const name = collector === undefined ? 'A job of no known collector' : nameOf(collector);
  return (
    <p class="headline">
      <strong class={isOneOf(FAILED, job.status) ? 'bad' : ''}>
        <Datum text={name} /> {isUnfinished(job) ? 'has not ended for' : endOf(job)} <Duration job={job} />
      </strong>
      , {count(Math.max(0, total - remained))} of {count(total)} tasks done
      {errors.length > 0 && (
        <>
          : <JobErrors job={job} />
        </>
      )}
      .
    </p>
  );
}
