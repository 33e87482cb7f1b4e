/**
 * Turns at the work that costs much: so many pieces at once, so many that wait, and domains in turn, so that none keeps
 * the others from theirs (docs/operations.md «Fairness»).
 */
import { crowded } from '../errors.js';
import { abortReason } from './abort.js';

export interface ClassLimits {
  /** Pieces of work at once; three in four of them may be of one domain. */
  readonly concurrency: number;
  /** Pieces that wait; half of them may be of one domain. */
  readonly waiting: number;
}

const DOMAIN_SHARE = 3 / 4;
const DOMAIN_WAITING = 1 / 2;

/** The kinds of work. */
export const CLASSES = {
  /** One job, or a page of them. */
  small: { concurrency: 100, waiting: 4000 },
  /** Lists that may be of any length. */
  large: { concurrency: 8, waiting: 400 },
  /** Lists that are sent while they are read, which may take as long as their client does. */
  exports: { concurrency: 20, waiting: 80 },
  stats: { concurrency: 20, waiting: 400 },
  /** Counts that differ. */
  counts: { concurrency: 20, waiting: 4000 },
} as const satisfies Record<string, ClassLimits>;

type ClassName = keyof typeof CLASSES;

export type Schedulers = Readonly<Record<ClassName, FairScheduler>>;

/** What is in use of a lane now. */
export interface SchedulerLoad {
  readonly running: number;
  readonly waiting: number;
  /** Domains that are kept in mind. */
  readonly domains: number;
}

export interface FairScheduler {
  /** Waits until a domain may do a piece of work, which is over when the turn is disposed. Errors: LIMIT_EXCEEDED, and why `signal` was aborted. */
  (domainId: string, signal: AbortSignal): Promise<Disposable>;
  readonly load: () => SchedulerLoad;
}

interface Waiter {
  begin(): void;
}

interface Domain {
  running: number;
  readonly queue: Set<Waiter>;
}

/** Stands in `line` until its place begins; `left` is told when it is given up before. */
function enqueue(line: Set<Waiter>, signal: AbortSignal, left: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      line.delete(place);
      left();
      reject(abortReason(signal));
    };
    const place = {
      begin() {
        signal.removeEventListener('abort', leave);
        resolve();
      },
    };
    signal.addEventListener('abort', leave, { once: true });
    line.add(place);
  });
}

/** Gives the turns of a lane. */
export function createFairScheduler({ concurrency, waiting: most }: ClassLimits): FairScheduler {
  const ofDomain = Math.ceil(concurrency * DOMAIN_SHARE);
  const waitingOfDomain = Math.ceil(most * DOMAIN_WAITING);
  /** Those with work, the one whose turn is longest ago first. */
  const domains = new Map<string, Domain>();
  let running = 0;
  let waiting = 0;

  function begin(id: string, domain: Domain): void {
    running += 1;
    domain.running += 1;
    domains.delete(id);
    domains.set(id, domain);
  }

  function forget(id: string, { running, queue }: Domain): void {
    if (running === 0 && queue.size === 0) domains.delete(id);
  }

  /** Gives a turn to the domain that has waited longest. */
  function next(): void {
    for (const [id, domain] of domains) {
      const [first] = domain.queue;
      if (first === undefined || domain.running >= ofDomain) continue;
      domain.queue.delete(first);
      waiting -= 1;
      begin(id, domain);
      first.begin();
      return;
    }
  }

  function end(id: string, domain: Domain): void {
    running -= 1;
    domain.running -= 1;
    forget(id, domain);
    next();
  }

  async function wait(id: string, domain: Domain, signal: AbortSignal): Promise<void> {
    if (waiting >= most || domain.queue.size >= waitingOfDomain) {
      forget(id, domain);
      throw crowded('calls that wait for their turn', waitingOfDomain);
    }
    waiting += 1;
    await enqueue(domain.queue, signal, () => {
      waiting -= 1;
      forget(id, domain);
    });
  }

  async function take(id: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const domain = domains.get(id) ?? { running: 0, queue: new Set() };
    domains.set(id, domain);
    if (running < concurrency && domain.running < ofDomain) begin(id, domain);
    else await wait(id, domain, signal);
    let ended = false;
    return {
      [Symbol.dispose]() {
        if (!ended) end(id, domain);
        ended = true;
      },
    };
  }

  return Object.assign(take, { load: () => ({ running, waiting, domains: domains.size }) });
}

/** What `of` makes of each kind of work. */
const forEachClass = <T>(of: (name: ClassName) => T): Readonly<Record<ClassName, T>> => ({
  small: of('small'),
  large: of('large'),
  exports: of('exports'),
  stats: of('stats'),
  counts: of('counts'),
});

/** The turns of each kind of work. */
export const createSchedulers = (): Schedulers => forEachClass((name) => createFairScheduler(CLASSES[name]));

/** What is in use of each kind of turns now. */
export const loadOfEach = (of: Schedulers): Readonly<Record<ClassName, SchedulerLoad>> =>
  forEachClass((name) => of[name].load());
