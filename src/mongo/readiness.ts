/** Keeps connections ready: probes those in use, and replaces them when others answer instead (docs/monitor.md «Health»). */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MonotonicClock } from '../clock.js';
import { delay, withTimeout } from '../limits/abort.js';

const POLL_INTERVAL_MS = 1000;
/** The interval while there is no answer. */
const FAILED_POLL_INTERVAL_MS = 300;
const PROBE_TIMEOUT_MS = 2000;

/**
 * While there is no answer, spare connections are opened beside those in use. Each has some seconds to find its servers,
 * and none waits for a server that another awaits in vain.
 */
const SPARE_INTERVAL_MS = 1500;
const MAX_SPARES = 4;
/** The advantage of the connections in use over spare ones, since calls still run on them. */
const CURRENT_ADVANTAGE_MS = 300;

export interface Probeable {
  /** Waits for an answer. Errors: the cause of its absence, or the reason of `signal`. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Receives the result of a probe: its failure, or undefined after an answer. */
type ProbeListener = (failure: Error | undefined) => void;

export interface ReadyConnections<T> {
  /** The connections for new work. */
  current(): T;
  /** Probes until `stop`, and passes on each result. */
  watch(listener: ProbeListener): void;
  stop(): Promise<void>;
}

/** Probes twice if the first attempt fails early: one broken connection is no lost database. */
async function probeWithRetry(probed: Probeable, signal: AbortSignal): Promise<void> {
  try {
    await probed.probe(signal);
  } catch (first) {
    if (signal.aborted) throw first;
    await probed.probe(signal).catch((second: unknown) => {
      throw new AggregateError([first, second], 'two failures at once');
    });
  }
}

/** Returns the first connections that answer; `current` may be a little later than the spares. */
async function firstReady<T extends Probeable>(
  current: T,
  spares: readonly T[],
  signal: AbortSignal,
): Promise<T> {
  const probe = (each: T): Promise<T> => each.probe(signal).then(() => each);
  const currentAnswer = probe(current);
  const first = await Promise.any([currentAnswer, ...spares.map(probe)]);
  return Promise.race([currentAnswer.catch(() => first), sleep(CURRENT_ADVANTAGE_MS, first)]);
}

/** Returns the failure of `probe`, or undefined after an answer. */
async function failureOf(probe: Promise<void>): Promise<Error | undefined> {
  try {
    await probe;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('no answer', { cause: error });
  }
}

/** Probes until `stop` is aborted; `hasFailed` is the result of the previous probe. */
async function poll(
  stop: AbortSignal,
  probe: (hasFailed: boolean, signal: AbortSignal) => Promise<void>,
  listener: ProbeListener,
): Promise<void> {
  for (let hasFailed = false; ;) {
    const hadFailed = hasFailed;
    const failure = await failureOf(
      withTimeout(PROBE_TIMEOUT_MS, stop, (signal) => {
        // Each read of each connection adds a listener.
        setMaxListeners(0, signal);
        return probe(hadFailed, signal);
      }),
    );
    if (stop.aborted) return;
    hasFailed = failure !== undefined;
    listener(failure);
    await delay(hasFailed ? FAILED_POLL_INTERVAL_MS : POLL_INTERVAL_MS, stop);
  }
}

/** Creates connections by `open` and keeps them ready, from the start and in any state of earlier ones. */
export function createReadyConnections<T extends Probeable>(
  open: () => T,
  monotonicNow: MonotonicClock,
): ReadyConnections<T> {
  const stopping = new AbortController();
  let closing = Promise.resolve();
  let current = open();
  let spares: readonly T[] = [];
  let openedAt = monotonicNow();
  let polling = Promise.resolve();

  function close(all: readonly T[]): void {
    closing = Promise.all([closing, ...all.map((each) => each.close())]).then(() => undefined);
  }

  /** Uses `next` and closes all others. */
  function use(next: T): void {
    close([current, ...spares].filter((each) => each !== next));
    current = next;
    spares = [];
  }

  function openSpare(): void {
    if (monotonicNow() - openedAt < SPARE_INTERVAL_MS) return;
    openedAt = monotonicNow();
    const all = [...spares, open()];
    spares = all.slice(-MAX_SPARES);
    close(all.slice(0, -MAX_SPARES));
  }

  async function probe(hasFailed: boolean, signal: AbortSignal): Promise<void> {
    if (!hasFailed) return probeWithRetry(current, signal);
    openSpare();
    use(await firstReady(current, spares, signal));
  }

  return {
    current: () => current,
    watch(listener) {
      polling = poll(stopping.signal, probe, listener);
    },
    async stop() {
      stopping.abort();
      await polling;
      close([current, ...spares]);
      await closing;
    },
  };
}
