/**
 * Schedules concurrent work fairly between domains: each class of work has a concurrency limit and a bounded queue, and
 * queued domains take turns, so that none starves the others (docs/configure.md «Fairness»).
 */
import type { MonotonicClock } from '../clock.js';
import { crowded } from '../errors.js';
import { abortReason } from './abort.js';

export interface ClassLimits {
  /** Concurrent pieces of work; one domain may have three quarters of them. */
  readonly concurrency: number;
  /** Waiting pieces of work; one domain may have half of them. */
  readonly waiting: number;
}

const DOMAIN_CONCURRENCY_SHARE = 3 / 4;
const DOMAIN_QUEUE_SHARE = 1 / 2;

/** The limits of each class of work. */
export const CLASSES = {
  /** One document, or a page. */
  small: { concurrency: 100, waiting: 4000 },
  /** Lists of any length. */
  large: { concurrency: 8, waiting: 400 },
  /** Lists sent while they are read, as slowly as their clients take them. */
  exports: { concurrency: 20, waiting: 80 },
  stats: { concurrency: 20, waiting: 400 },
  /** Distinct counts; equal ones are coalesced. */
  counts: { concurrency: 20, waiting: 4000 },
} as const satisfies Record<string, ClassLimits>;

export type ClassName = keyof typeof CLASSES;

const isClassName = (name: string): name is ClassName => Object.hasOwn(CLASSES, name);

export const CLASS_NAMES: readonly ClassName[] = Object.keys(CLASSES).filter(isClassName);

export type Schedulers = Readonly<Record<ClassName, FairScheduler>>;

/** The current use of a scheduler. */
export interface SchedulerLoad {
  readonly running: number;
  readonly waiting: number;
  /** Domains with running or waiting work. */
  readonly domains: number;
}

export interface FairScheduler {
  /** Waits for a slot of a domain; disposing it ends the work. Errors: LIMIT_EXCEEDED for a full queue, or the reason of `signal`. */
  (domainId: string, signal: AbortSignal): Promise<Disposable>;
  readonly load: () => SchedulerLoad;
}

/** Receives what happens to work. */
export interface SchedulerObserver {
  readonly monotonicNow: MonotonicClock;
  /** Work begins after a wait. */
  began(waitedMs: number): void;
  /** The queue, or the share of a domain in it, is full. */
  refused(why: 'class_full' | 'domain_full'): void;
}

const UNOBSERVED: SchedulerObserver = {
  monotonicNow: () => 0,
  began: () => undefined,
  refused: () => undefined,
};

interface Waiter {
  begin(): void;
}

interface Domain {
  readonly id: string;
  running: number;
  readonly queue: Set<Waiter>;
}

/** Waits in `queue` for a scheduler to begin the work; an abort leaves the queue and calls `onLeave`. */
function enqueue(queue: Set<Waiter>, signal: AbortSignal, onLeave: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      queue.delete(waiter);
      onLeave();
      reject(abortReason(signal));
    };
    const waiter = {
      begin() {
        signal.removeEventListener('abort', leave);
        resolve();
      },
    };
    signal.addEventListener('abort', leave, { once: true });
    queue.add(waiter);
  });
}

/** The reason to refuse further waiters; undefined: there is room for one. */
function fullness(
  { waiting }: ClassLimits,
  all: number,
  ofDomain: number,
): 'class_full' | 'domain_full' | undefined {
  if (all >= waiting) return 'class_full';
  return ofDomain >= Math.ceil(waiting * DOMAIN_QUEUE_SHARE) ? 'domain_full' : undefined;
}

function refusal({ waiting }: ClassLimits, why: 'class_full' | 'domain_full', observer: SchedulerObserver) {
  observer.refused(why);
  return crowded('queue', Math.ceil(waiting * DOMAIN_QUEUE_SHARE));
}

/** Creates a disposable that calls `release` once, however often it is disposed. */
function releaseOnce(release: () => void): Disposable {
  let isReleased = false;
  return {
    [Symbol.dispose]() {
      if (!isReleased) release();
      isReleased = true;
    },
  };
}

/** Keeps the domains with work, in the order of their turns. */
function createDomains() {
  const domains = new Map<string, Domain>();

  function forgetIdle({ id, running, queue }: Domain): void {
    if (running === 0 && queue.size === 0) domains.delete(id);
  }

  return {
    size: () => domains.size,
    get(id: string): Domain {
      const domain = domains.get(id) ?? { id, running: 0, queue: new Set() };
      domains.set(id, domain);
      return domain;
    },
    forgetIdle,
    /** Counts work that begins, and gives its domain the last turn. */
    begin(domain: Domain) {
      domain.running += 1;
      domains.delete(domain.id);
      domains.set(domain.id, domain);
    },
    end(domain: Domain) {
      domain.running -= 1;
      forgetIdle(domain);
    },
    /** Takes the first waiter of the first domain with one and with fewer than `maxRunning` pieces of work. */
    takeWaiter(maxRunning: number): { readonly domain: Domain; readonly waiter: Waiter } | undefined {
      for (const domain of domains.values()) {
        const [waiter] = domain.queue;
        if (waiter === undefined || domain.running >= maxRunning) continue;
        domain.queue.delete(waiter);
        return { domain, waiter };
      }
      return undefined;
    },
  };
}

type Acquire = (domainId: string, signal: AbortSignal) => Promise<Disposable>;

/** Tells `observer` of work that begins, and how long it waited. */
const timed =
  (acquire: Acquire, { monotonicNow, began }: SchedulerObserver): Acquire =>
  async (domainId, signal) => {
    const begun = monotonicNow();
    const slot = await acquire(domainId, signal);
    began(monotonicNow() - begun);
    return slot;
  };

export function createFairScheduler(limits: ClassLimits, observer = UNOBSERVED): FairScheduler {
  const maxOfDomain = Math.ceil(limits.concurrency * DOMAIN_CONCURRENCY_SHARE);
  const domains = createDomains();
  let running = 0;
  let waiting = 0;

  function begin(domain: Domain): void {
    running += 1;
    domains.begin(domain);
  }

  function beginNext(): void {
    const next = waiting === 0 ? undefined : domains.takeWaiter(maxOfDomain);
    if (next === undefined) return;
    waiting -= 1;
    begin(next.domain);
    next.waiter.begin();
  }

  function end(domain: Domain): void {
    running -= 1;
    domains.end(domain);
    beginNext();
  }

  async function wait(domain: Domain, signal: AbortSignal): Promise<void> {
    const why = fullness(limits, waiting, domain.queue.size);
    if (why !== undefined) {
      domains.forgetIdle(domain);
      throw refusal(limits, why, observer);
    }
    waiting += 1;
    await enqueue(domain.queue, signal, () => {
      waiting -= 1;
      domains.forgetIdle(domain);
    });
  }

  async function acquire(domainId: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const domain = domains.get(domainId);
    if (running < limits.concurrency && domain.running < maxOfDomain) begin(domain);
    else await wait(domain, signal);
    return releaseOnce(() => end(domain));
  }

  return Object.assign(timed(acquire, observer), {
    load: () => ({ running, waiting, domains: domains.size() }),
  });
}

const mapClasses = <T>(valueOf: (name: ClassName) => T): Readonly<Record<ClassName, T>> => ({
  small: valueOf('small'),
  large: valueOf('large'),
  exports: valueOf('exports'),
  stats: valueOf('stats'),
  counts: valueOf('counts'),
});

/** Creates a scheduler for each class. */
export const createSchedulers = (observerOf: (name: ClassName) => SchedulerObserver): Schedulers =>
  mapClasses((name) => createFairScheduler(CLASSES[name], observerOf(name)));

/** The current load of each class. */
export const loadOfEach = (schedulers: Schedulers): Readonly<Record<ClassName, SchedulerLoad>> =>
  mapClasses((name) => schedulers[name].load());
