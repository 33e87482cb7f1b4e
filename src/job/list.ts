/** Answers a page of jobs with their total (docs/query.md «list»). */
import { echo } from '../errors.js';
import { Query } from '../gen/spaceone/api/core/v1/query.js';
import type { JobsQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import { timed, withAbortScope } from '../limits/abort.js';
import type { Deadline } from '../limits/abort.js';
import { runThenYield } from '../limits/yield.js';
import type { ListQuery } from '../query/model.js';
import { readList } from '../query/parse-list.js';
import { createJobsAnswer } from './answer.js';
import type { AnswerLimits } from './answer.js';
import type { Read, Reserved, Slot, UseCase } from './call.js';
import type { CollectorLoader } from './collectors.js';
import type { Count } from './count.js';
import type { FindPlan } from './find-page.js';
import { forEachBatch } from './batches.js';
import { conditionFields } from './request-fields.js';
import type { Reading } from './reading.js';
import { jobProjection } from './schema.js';
import type { ScopeFilter } from './scoped-filter.js';
import type { JobStore } from './store.js';
import { totalOf } from './total.js';

const NO_QUERY = Query.decode(new Uint8Array());

/** Reads a request of list; the log line of the call names its sort keys without a field. Errors: INVALID_ARGUMENT. */
export const createReadList =
  ({ timeSlicer, settings }: Reading): Read<JobsQuery, ListQuery> =>
  async (request, call) => {
    const scope = await call.scope(request);
    const query = await runThenYield(timeSlicer, () =>
      readList(request.query ?? NO_QUERY, settings(call, conditionFields(request))),
    );
    if (query.passedOver.length > 0) call.noted({ sort_keys_passed_over: query.passedOver.map(echo) });
    return { scope, query };
  };

/** The most jobs of a page in the scheduler's class for small answers. */
const MAX_SMALL_PAGE = 1000;

/** The scheduler's class of a list: `small` unless its answer may be long. */
export const listClass = ({ countOnly, page }: ListQuery): 'small' | 'large' =>
  countOnly || (page !== undefined && page.limit <= MAX_SMALL_PAGE) ? 'small' : 'large';

/** The plan to find the jobs of a list. */
export const findPlanOf = ({ only, sort, page }: ListQuery): FindPlan => ({
  projection: jobProjection(only),
  sort,
  page,
});

interface ListParts {
  readonly store: JobStore;
  readonly scopeFilter: ScopeFilter;
  readonly count: Count;
  readonly loadCollectors: CollectorLoader;
  readonly limits: AnswerLimits;
}

/**
 * Answers JobsInfo. A list gives its slot back before it waits for a count: that count may be shared with other callers,
 * and has a slot of its own.
 */
export const createList =
  (parts: ListParts): UseCase<ListQuery, Deadline & Slot & Reserved> =>
  async ({ scope, query }, work) => {
    const { store, scopeFilter, count, loadCollectors, limits } = parts;
    const answer = createJobsAnswer(limits, work.memory);
    const match = await scopeFilter(query.filter, scope, work);
    if (query.countOnly) {
      work.release();
      return answer.finish(await count(match, scope, work));
    }
    const total = await withAbortScope(work, (begin) => {
      const page = begin(async (deadline) => {
        const listed = await forEachBatch(
          store.findPage(match, findPlanOf(query), deadline),
          async (jobs) => {
            const collectors = await loadCollectors(jobs, scope, deadline);
            await timed(deadline, 'encoding', () => answer.add(jobs, collectors));
          },
        );
        work.observer?.results(listed);
        return listed;
      }).finally(work.release);
      return totalOf(query.page, page, () => begin((deadline) => count(match, scope, deadline)));
    });
    return answer.finish(total);
  };
