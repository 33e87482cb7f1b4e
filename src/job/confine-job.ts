/** Confines get and delete to the one job that they name (docs/query.md «Requests»). */
import type { Deadline } from '../limits/abort.js';
import type { Condition } from '../query/condition.js';
import { confineOne } from '../query/confine.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { Scope } from '../scope.js';
import { mayEqual } from '../query/malformed-text.js';
import { IMPLIED } from '../query/operators.js';
import { jobNotFound } from './request-fields.js';
import { JOB_SCHEMA } from './schema.js';
import type { ScopeFilter } from './scoped-filter.js';

/**
 * Answers what `use` makes of the job with this id within a scope; `use` answers undefined where its filter finds none.
 * Errors: NOT_FOUND.
 */
export type OnJob = <Result>(
  jobId: string,
  scope: Scope,
  deadline: Deadline,
  use: (filter: ConfinedFilter) => Promise<Result | undefined>,
) => Promise<Result>;

/** Finds a job by its very id; and by the form in answers, as a list does, one with an id that is not UTF-8. */
export const createOnJob =
  (scopeFilter: ScopeFilter): OnJob =>
  async (jobId, scope, deadline, use) => {
    const found = await use(confineOne(jobId, scope, JOB_SCHEMA));
    if (found !== undefined) return found;
    if (!mayEqual(jobId)) return jobNotFound(jobId);
    const condition: Condition = {
      fieldPath: 'job_id',
      path: JOB_SCHEMA.id,
      operator: IMPLIED.equality,
      operand: jobId,
    };
    const { within } = await scopeFilter({ all: [condition], any: [] }, scope, deadline);
    return (await use(within)) ?? jobNotFound(jobId);
  };
