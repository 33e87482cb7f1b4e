/** Puts the use cases of spaceone.api.inventory.v1.Job together, each with its decorators (docs/architecture.md «Use cases»). */
import type { MonotonicClock } from '../clock.js';
import { createCoalescer } from '../limits/coalesce.js';
import type { Schedulers } from '../limits/fair-scheduler.js';
import type { MemoryBudget } from '../limits/memory-budget.js';
import type { TimeSlicer } from '../limits/yield.js';
import type { ListQuery } from '../query/model.js';
import type { JobService } from './call.js';
import { createCollectorLoader } from './collectors.js';
import { createOnJob } from './confine-job.js';
import { createCount } from './count.js';
import {
  coalesced,
  countCalls,
  withQueryErrors,
  withStreamErrors,
  withReservation,
  rpc,
  scheduled,
  scheduledStream,
} from './decorators.js';
import { createDelete, readDelete } from './delete.js';
import { createExport, createReadExport } from './export.js';
import { createGet, readGet } from './get.js';
import { createList } from './list.js';
import { createReadList } from './read-list.js';
import { createReading } from './reading.js';
import { createMalformedTextResolver } from './resolve-malformed-text.js';
import { createScopeFilter } from './scoped-filter.js';
import { createReadStat, createStat } from './stat.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { JobStore } from './store.js';

export interface JobServiceOptions {
  readonly store: JobStore;
  /** The largest page.limit; 0: any, or none. */
  readonly maxPageSize: number;
  readonly maxResponseBytes: number;
  /** Shared by all answers in the making. */
  readonly memory: MemoryBudget;
  readonly schedulers: Schedulers;
  readonly timeSlicer: TimeSlicer;
  /** Milliseconds to keep a collector after its lookup. */
  readonly collectorCacheMs: number;
  readonly monotonicNow: MonotonicClock;
  readonly meter?: Meter;
}

/** The most jobs of a page in the scheduler's class for small answers. */
const MAX_SMALL_PAGE = 1000;

/** The scheduler's class of a list: `small` unless its answer may be long. */
const listClass = ({ countOnly, page }: ListQuery): 'small' | 'large' =>
  countOnly || (page !== undefined && page.limit <= MAX_SMALL_PAGE) ? 'small' : 'large';

/** The parts that the use cases share. */
function createParts(options: JobServiceOptions) {
  const { store, schedulers, timeSlicer, maxPageSize, maxResponseBytes, monotonicNow } = options;
  const { meter = NO_METER } = options;
  const scopeFilter = createScopeFilter(store, createMalformedTextResolver(store, monotonicNow, meter));
  return {
    store,
    timeSlicer,
    meter,
    limits: { maxBytes: maxResponseBytes, timeSlicer },
    loadCollectors: createCollectorLoader({ ...options, meter }),
    count: createCount(store, schedulers, meter),
    scopeFilter,
    onJob: createOnJob(scopeFilter),
    reading: createReading(timeSlicer, maxPageSize),
  };
}

/** The service over `store`. */
export function createJobService(options: JobServiceOptions): JobService {
  const { store, schedulers, memory } = options;
  const parts = createParts(options);
  const small = (): 'small' => 'small';
  const stats = (): 'stats' => 'stats';

  const readList = createReadList(parts.reading);
  const list = scheduled(schedulers, listClass, withReservation(memory, createList(parts)));
  const stat = scheduled(schedulers, stats, withReservation(memory, createStat(parts)));

  const readExport = createReadExport(readList);
  const exportIn = createExport(parts);

  return {
    get: rpc(readGet, scheduled(schedulers, small, createGet(parts))),
    list: rpc(readList, withQueryErrors(store, list)),
    stat: rpc(
      createReadStat(parts.reading),
      withQueryErrors(store, coalesced(createCoalescer(countCalls(parts.meter, 'stat')), stat)),
    ),
    delete: rpc(readDelete, scheduled(schedulers, small, createDelete(parts))),
    async *export(request, format, call) {
      const asked = await readExport(request, call);
      const run = scheduledStream(schedulers, 'exports', withStreamErrors(store, exportIn(format)));
      yield* run(asked, call);
    },
  };
}
