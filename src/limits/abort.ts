/** Ends work with its caller: deadlines, abort scopes and races against an abort (docs/configure.md «Deadlines»). */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The parts of a call's work with times of their own: waiting for a slot, operations on the database, and writing the
 * answer.
 */
export type WorkPart = 'queue' | 'database' | 'encoding';

/** Takes what the work of a call reports. */
export interface WorkObserver {
  /** Begins to time a part; the returned function ends it. */
  begin(part: WorkPart): () => void;
  /** Takes the number of results in the answer so far. */
  results(count: number): void;
}

/** Takes the explained operations of a call on the database. */
export interface Explanations {
  /** Keeps a position in the order of beginnings; the returned function fills it. undefined: there are enough of them. */
  begin(): ((operation: object) => void) | undefined;
}

/** The time left for a call, and the signal for its work to end. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds left, at least 1. */
  remaining(): number;
  readonly observer?: WorkObserver | undefined;
  /** The W3C trace context of the call: operations on the database carry it. */
  readonly traceparent?: string | undefined;
  /** undefined: the call asks for no explanation. */
  readonly explain?: Explanations | undefined;
}

/** The reason of an aborted `signal`, as an Error. */
export function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** Settles as `work` does, or rejects with the reason of `signal` once it is aborted. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(abortReason(signal));
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    const settle =
      <V>(settled: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener('abort', leave);
        settled(value);
      };
    work.then(settle(resolve), settle(reject));
  });
}

/** Waits for `work`, which may never end, `timeoutMs` milliseconds at most. Errors: its failure within that time. */
export async function settleWithin(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const settled = new AbortController();
  try {
    await Promise.race([work, delay(timeoutMs, settled.signal)]);
  } finally {
    settled.abort();
  }
}

/** Runs `work`, a part of the work of a call. */
export async function timed<T>({ observer }: Deadline, part: WorkPart, work: () => Promise<T>): Promise<T> {
  const end = observer?.begin(part);
  try {
    return await work();
  } finally {
    end?.();
  }
}

/** Waits for `ms` milliseconds, or until `signal` is aborted. It never fails. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const TIMED_OUT = new Error('the work has timed out');
const timedOut = (): Error => TIMED_OUT;

/** Settles as `work` does, or rejects with the answer of `late` after `timeoutMs` milliseconds. */
export async function raceTimeout<T>(work: Promise<T>, timeoutMs: number, late = timedOut): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(late());
    }, timeoutMs).unref();
  });
  try {
    return await Promise.race([work, passed]);
  } finally {
    clearTimeout(timer);
  }
}

const SCOPE_ENDED = new Error('the scope of this work has ended');

/**
 * Runs `work` with a signal; it is aborted after `timeoutMs` milliseconds, with the answer of `late`, with `stop`, or once the
 * work is done.
 */
export async function withTimeout<T>(
  timeoutMs: number,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  late = timedOut,
): Promise<T> {
  const scope = new AbortController();
  const end = (): void => {
    scope.abort(stop.reason);
  };
  const timer = setTimeout(() => {
    scope.abort(late());
  }, timeoutMs);
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  try {
    return await work(scope.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
    scope.abort(SCOPE_ENDED);
  }
}

/** Begins one part of the work in an abort scope. */
export type Begin = <T>(part: (deadline: Deadline) => Promise<T>) => Promise<T>;

/**
 * Runs `work` in a scope of its own: once one part fails, or the result needs no more parts, all parts are aborted. The
 * scope ends after all of them, so that none uses resources that its caller has released.
 */
export async function withAbortScope<T>(deadline: Deadline, work: (begin: Begin) => Promise<T>): Promise<T> {
  // AbortSignal.any costs each call several times as much, in weak references.
  const scope = new AbortController();
  const end = (): void => {
    scope.abort(deadline.signal.reason);
  };
  deadline.signal.addEventListener('abort', end, { once: true });
  if (deadline.signal.aborted) end();
  const within: Deadline = { ...deadline, signal: scope.signal, remaining: () => deadline.remaining() };
  const begun: Promise<unknown>[] = [];
  const begin: Begin = (part) => {
    const running = part(within);
    // Without a caller that awaits it, the failure of a part is no unhandled rejection.
    running.catch(() => undefined);
    begun.push(running);
    return running;
  };
  try {
    return await work(begin);
  } finally {
    deadline.signal.removeEventListener('abort', end);
    scope.abort(SCOPE_ENDED);
    await Promise.allSettled(begun);
  }
}
