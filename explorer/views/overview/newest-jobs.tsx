/** The newest jobs of the window, with a link to all of them. */
import type { JobPage } from '../../api/jobs.js';
import { Answered } from '../../components/answered.js';
import { count } from '../../components/format.js';
import { JobTable } from '../../components/job-table.js';
import type { Answer } from '../../state/answer.js';
import { hashOf } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';

export const MAX_NEWEST_JOBS = 10;

export function NewestJobs({
  answer,
  context,
}: {
  readonly answer: Answer<JobPage>;
  readonly context: ViewContext;
}) {
  const { route } = context;
  return (
    <section aria-labelledby="newest">
      <h2 id="newest">The newest jobs</h2>
      <Answered answer={answer}>
        {({ results, total }) => (
          <>
            <JobTable jobs={results} context={context} />
            {total > MAX_NEWEST_JOBS && (
              <p>
                <a href={hashOf({ ...route, view: 'jobs' })}>All {count(total)}</a>
              </p>
            )}
          </>
        )}
      </Answered>
    </section>
  );
}
