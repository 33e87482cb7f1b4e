/** One job: its fields, its errors, and the jobs beside it in its collector (docs/explorer.md «Job»). */
import { getJob } from '../../api/jobs.js';
import type { Job } from '../../api/jobs.js';
import { Answered } from '../../components/answered.js';
import { count } from '../../components/format.js';
import { JsonTree } from '../../components/json-tree.js';
import { RequestInspector } from '../../components/request-inspector.js';
import { TheAnswer } from '../../components/skip-link.js';
import { useAnswer } from '../../state/answer.js';
import { hashOf } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';
import { Errors } from './errors.js';
import { Facts } from './facts.js';
import { Told } from './told.js';
import { Neighbours, useNeighbours } from './neighbours.js';

const Details = ({ job: { errors, filter, collector } }: { readonly job: Job }) => (
  <div class="columns">
    <section aria-labelledby="errors">
      <h2 id="errors">
        Errors <span class="count">{count(errors.length)}</span>
      </h2>
      <Errors errors={errors} />
    </section>
    <section aria-labelledby="filter">
      <h2 id="filter">Filter</h2>
      <JsonTree value={filter} none="It collected everything." />
      <h2>Capability of the collector</h2>
      <JsonTree value={collector?.capability} none="None is told." />
    </section>
  </div>
);

export function JobView({ context }: { readonly context: ViewContext }) {
  const { route, settings } = context;
  const answer = useAnswer(getJob(route.domain, route.job), context);
  const neighbours = useNeighbours(answer.value, route);
  return (
    <>
      <header class="tools">
        <h2>{route.job}</h2>
        <a href={hashOf({ ...route, view: 'jobs', job: '' })}>All jobs</a>
      </header>
      <TheAnswer>
        <Answered answer={answer}>
          {(job) => (
            <>
              <Told job={job} />
              {neighbours !== undefined && <Neighbours job={job} route={route} answers={neighbours} />}
              <section aria-label="Facts">
                <Facts job={job} route={route} />
              </section>
              <Details job={job} />
            </>
          )}
        </Answered>
      </TheAnswer>
      <RequestInspector
        answers={[answer, ...(neighbours === undefined ? [] : [neighbours.before, neighbours.after])]}
        settings={settings}
      />
    </>
  );
}
