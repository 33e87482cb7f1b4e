/**
 * The concerns around a use case, each a decorator: a slot in the scheduler, room in the memory budget, coalescing of
 * equal requests, and errors that name the part at fault (docs/architecture.md «Use cases»).
 */
import { timed } from '../limits/abort.js';
import type { Deadline } from '../limits/abort.js';
import type { Coalesce } from '../limits/coalesce.js';
import { documentKey } from '../mongo/document-key.js';
import type { FairScheduler, Schedulers } from '../limits/fair-scheduler.js';
import type { MemoryBudget } from '../limits/memory-budget.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { RequestedFilter } from '../query/model.js';
import type { Scope } from '../scope.js';
import type { Asked, Call, Read, Reserved, Slot, StreamCase, UseCase } from './call.js';
import { describeQueryError } from './query-errors.js';
import type { JobStore } from './store.js';

/** The classes of the scheduler. */
type ClassName = keyof Schedulers;

/** Waits for a slot, as a part of the call's work. */
export const waitForSlot = (acquire: FairScheduler, domainId: string, work: Deadline): Promise<Disposable> =>
  timed(work, 'queue', () => acquire(domainId, work.signal));

/** Waits for a slot of the class that a query belongs to, and frees it when the work is over. */
export const scheduled =
  <Query, W extends Deadline>(
    schedulers: Schedulers,
    classOf: (query: Query) => ClassName,
    next: UseCase<Query, W & Slot>,
  ): UseCase<Query, W> =>
  async (asked, work) => {
    using slot = await waitForSlot(schedulers[classOf(asked.query)], asked.scope.domainId, work);
    const release = (): void => {
      slot[Symbol.dispose]();
    };
    return await next(asked, { ...work, release });
  };

/** Streams within a slot of the class `name`, freed when the stream ends. */
export const scheduledStream = <Query, W extends Deadline>(
  schedulers: Schedulers,
  name: ClassName,
  next: StreamCase<Query, W>,
): StreamCase<Query, W> =>
  async function* (asked, work) {
    using _slot = await waitForSlot(schedulers[name], asked.scope.domainId, work);
    yield* next(asked, work);
  };

/** Reserves memory for an answer, given back when the work is over. */
export const withReservation =
  <Query, W extends Deadline>(budget: MemoryBudget, next: UseCase<Query, W & Reserved>): UseCase<Query, W> =>
  async (asked, work) => {
    using memory = budget.reserve();
    return await next(asked, { ...work, memory });
  };

/** Answers equal requests by one run; each caller waits no longer than its own deadline. */
export const coalesced =
  <Query>(coalesce: Coalesce<Uint8Array>, next: UseCase<Query>): UseCase<Query> =>
  (asked, work) =>
    coalesce(documentKey({ ...asked }), work, (shared) => next(asked, shared));

/** Counts calls for coalesced work of a kind. */
export const countCalls =
  (meter: Meter, kind: 'stat' | 'count' | 'scan' | 'last_write') =>
  (how: 'led' | 'joined'): void => {
    meter.add('inventory_job_coalesced_total', { kind, how });
  };

interface Filtered {
  readonly filter: RequestedFilter;
  readonly sortPath: string;
}

/** Turns an error of MongoDB about a query into one that names the part at fault. */
export const withQueryErrors =
  <Query extends Filtered, W extends Deadline>(store: JobStore, next: UseCase<Query, W>): UseCase<Query, W> =>
  async (asked, work) => {
    try {
      return await next(asked, work);
    } catch (error) {
      throw await describeQueryError(error, asked.query, store, work);
    }
  };

/** The same for a stream. */
export const withStreamErrors = <Query extends Filtered, W extends Deadline>(
  store: JobStore,
  next: StreamCase<Query, W>,
): StreamCase<Query, W> =>
  async function* (asked, work) {
    try {
      yield* next(asked, work);
    } catch (error) {
      throw await describeQueryError(error, asked.query, store, work);
    }
  };

/**
 * Leaves reads within projects unexplained: what is examined for them counts jobs of other projects, and conditions on
 * collectors become ids of any in the domain.
 */
const explainedWithin = ({ projects }: Scope, call: Call): Call =>
  projects === undefined ? call : { ...call, explain: undefined };

/** An rpc: reads the request of a call, then runs its use case. */
export const rpc =
  <Request, Query>(read: Read<Request, Query>, run: UseCase<Query>) =>
  async (request: Request, call: Call): Promise<Uint8Array> => {
    const asked: Asked<Query> = await read(request, call);
    return await run(asked, explainedWithin(asked.scope, call));
  };
