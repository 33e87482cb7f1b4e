/** Confines get and delete to the one job that they name (docs/query.md «Requests»). */
import type { Deadline } from '../limits/abort.js';
import type { Condition } from '../query/condition.js';
import { confineOne } from '../query/confine.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { Scope } from '../scope.js';
import { mayEqual } from '../query/malformed-text.js';
import { IMPLIED } from '../query/operators.js';
import { JOB_SCHEMA } from './schema.js';
import type { ScopeFilter } from './scoped-filter.js';

/** The filters that find the job with this id within a scope; each counts where those before it find none. */
export type ConfineJob = (
  jobId: string,
  scope: Scope,
  deadline: Deadline,
) => AsyncGenerator<ConfinedFilter, void>;

/** Finds a job by its very id; and by the form in answers, as a list does, one with an id that is not UTF-8. */
export const createConfineJob = (scopeFilter: ScopeFilter): ConfineJob =>
  async function* (jobId, scope, deadline) {
    yield confineOne(jobId, scope, JOB_SCHEMA);
    if (!mayEqual(jobId)) return;
    const condition: Condition = {
      fieldPath: 'job_id',
      path: JOB_SCHEMA.id,
      operator: IMPLIED.equality,
      operand: jobId,
    };
    yield (await scopeFilter({ all: [condition], any: [] }, scope, deadline)).within;
  };
