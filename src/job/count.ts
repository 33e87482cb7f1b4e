/** Counts jobs; equal counts at one time are one (docs/performance.md «Counts»). */
import type { Deadline } from '../limits/abort.js';
import { createCoalescer } from '../limits/coalesce.js';
import { documentKey } from '../mongo/document-key.js';
import type { Schedulers } from '../limits/fair-scheduler.js';
import type { ConfinedMatch } from '../query/confine.js';
import type { Scope } from '../scope.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { countCalls, waitForSlot } from './decorators.js';
import type { JobStore } from './store.js';

/** The number of jobs of `match`. */
export type Count = (match: ConfinedMatch, scope: Scope, deadline: Deadline) => Promise<number>;

/** Counts over `store`, each run in a slot of the scheduler's class for counts. */
export function createCount(store: JobStore, { counts }: Pick<Schedulers, 'counts'>, meter: Meter): Count {
  const coalesce = createCoalescer<number>(countCalls(meter, 'count'));
  return (match, { domainId }, deadline) =>
    coalesce(documentKey({ ...match }), deadline, async (shared) => {
      using _slot = await waitForSlot(counts, domainId, shared);
      return await store.count(match, shared);
    });
}
