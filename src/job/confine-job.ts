/** Confines get and delete to the one job that they name (contract 2-query «From a request to a query»). */
import type { Deadline } from '../limits/abort.js';
import type { Condition } from '../query/condition.js';
import { confineOne } from '../query/confine.js';
import type { ConfinedFilter, Scope } from '../query/confine.js';
import { mayEqual } from '../query/malformed-text.js';
import { JOB_SCHEMA } from './schema.js';
import type { ScopeFilter } from './scoped-filter.js';

/** The job with this id within a scope. */
export type ConfineJob = (jobId: string, scope: Scope, deadline: Deadline) => Promise<ConfinedFilter>;

/** Finds an id that is not UTF-8 in storage by its form in answers, as a list does. */
export const createConfineJob =
  (scopeFilter: ScopeFilter): ConfineJob =>
  async (jobId, scope, deadline) => {
    if (!mayEqual(jobId)) return confineOne(jobId, scope, JOB_SCHEMA);
    const condition: Condition = {
      fieldPath: 'job_id',
      path: JOB_SCHEMA.id,
      operator: 'eq',
      operand: jobId,
    };
    return (await scopeFilter({ all: [condition], any: [] }, scope, deadline)).within;
  };
