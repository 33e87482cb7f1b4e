/** The ended tasks of a job among all of its tasks. */
import type { Job } from '../api/jobs.js';
import { Bar } from './bar.js';
import { count } from './format.js';

export function Progress({ job: { total_tasks: total, remained_tasks: remained } }: { readonly job: Job }) {
  if (total === 0) return <span class="measure">no tasks</span>;
  const done = Math.max(0, total - remained);
  return (
    <span class="measure">
      <Bar share={done / total} />
      <span>
        {count(done)} of {count(total)}
      </span>
    </span>
  );
}
