/** Answers a page of jobs with their total (docs/query.md «list»). */
import { timed, withAbortScope } from '../limits/abort.js';
import type { Deadline } from '../limits/abort.js';
import type { ListQuery } from '../query/model.js';
import { createJobsAnswer } from './answer.js';
import type { AnswerLimits } from './answer.js';
import { forEachBatch } from './batches.js';
import type { Reserved, Slot, UseCase } from './call.js';
import type { CollectorLoader } from './collectors.js';
import type { Count } from './count.js';
import { findPlanOf } from './find-page.js';
import type { ScopeFilter } from './scoped-filter.js';
import type { JobStore } from './store.js';
import { totalOf } from './total.js';

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
      const page = begin((deadline) =>
        forEachBatch(store.findPage(match, findPlanOf(query), deadline), deadline, async (jobs) => {
          const collectors = await loadCollectors(jobs, scope, deadline);
          await timed(deadline, 'encoding', () => answer.add(jobs, collectors));
        }),
      ).finally(work.release);
      return totalOf(query.page, page, () => begin((deadline) => count(match, scope, deadline)));
    });
    return answer.finish(total);
  };
