/** Keeps connections to the database that answer (docs/operations.md «Health»). */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { withTimeout } from '../limits/abort.js';

/** Milliseconds: between two questions, between them while there is no answer, and until one counts as unanswered. */
const PAUSE = 1000;
const PAUSE_UNANSWERED = 300;
const PATIENCE = 2000;

/**
 * While there is no answer, other connections are opened beside those that are used, at most so often, and so many: each
 * has some seconds to find its servers, and none of them waits for what another waits for in vain.
 */
const OPEN_EVERY = 1500;
const MOST_BESIDE = 4;
/** Milliseconds that those that are used have more than others, since calls still run on them. */
const PREFERENCE = 300;

/** Connections, as they are judged. */
export interface Answering {
  /** Waits for an answer. Errors: why there is none, or that `signal` was aborted before. */
  answer(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface AnsweringConnections<T> {
  /** Those to use now. */
  current(): T;
  /** Asks until it is stopped, and hands each outcome to `heard`: undefined, or why there is no answer. */
  watch(heard: Heard): void;
  stop(): Promise<void>;
}

/** One broken connection is no lost database, so a question that fails early is asked once more. */
async function answers(asked: Answering, signal: AbortSignal): Promise<void> {
  try {
    await asked.answer(signal);
  } catch (first) {
    if (signal.aborted) throw first;
    await asked.answer(signal).catch((second: unknown) => {
      throw new AggregateError([first, second], 'two failures at once');
    });
  }
}

/** The first of `all` that answers; the very first of them where it is but little later. */
async function firstOf<T extends Answering>(all: readonly [T, ...T[]], signal: AbortSignal): Promise<T> {
  const answered = all.map((each) => each.answer(signal).then(() => each));
  const first = await Promise.any(answered);
  const preferred = answered[0]?.catch(() => first) ?? first;
  return Promise.race([preferred, pause(PREFERENCE, first)]);
}

/** Why there is no answer; undefined where there is one. */
async function failureOf(asked: Promise<void>): Promise<Error | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('no answer', { cause: error });
  }
}

/** Hears the failure to answer; undefined: there is an answer. */
type Heard = (failure: Error | undefined) => void;

/** Asks until `stop` is aborted, and says whether the time before there was no answer. */
async function asking(
  stop: AbortSignal,
  ask: (unanswered: boolean, signal: AbortSignal) => Promise<void>,
  heard: Heard,
): Promise<void> {
  for (let unanswered = false; ;) {
    const before = unanswered;
    const failure = await failureOf(
      withTimeout(PATIENCE, stop, (signal) => {
        // A listener for each read of each connection.
        setMaxListeners(0, signal);
        return ask(before, signal);
      }),
    );
    if (stop.aborted) return;
    unanswered = failure !== undefined;
    heard(failure);
    // A pause ends early, with an error that says nothing more, when it is stopped.
    await pause(unanswered ? PAUSE_UNANSWERED : PAUSE, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Keeps connections that answer, made by `open`: from the start, and whatever state those before them are in. */
export function keepAnswering<T extends Answering>(open: () => T): AnsweringConnections<T> {
  const stopping = new AbortController();
  const closing = new Set<Promise<void>>();
  let current = open();
  let beside: readonly T[] = [];
  let openedAt = performance.now();
  let watching = Promise.resolve();

  function close(all: readonly T[]): void {
    for (const each of all) {
      const closed = each.close().finally(() => closing.delete(closed));
      closing.add(closed);
    }
  }

  /** Uses `next` alone. */
  function use(next: T): void {
    close([current, ...beside].filter((each) => each !== next));
    current = next;
    beside = [];
  }

  function openBeside(): void {
    if (performance.now() - openedAt < OPEN_EVERY) return;
    openedAt = performance.now();
    const most = [...beside, open()];
    beside = most.slice(-MOST_BESIDE);
    close(most.slice(0, -MOST_BESIDE));
  }

  /** Asks those that are used; where they were `unanswered` those beside them too, and uses the first that answers. */
  async function ask(unanswered: boolean, signal: AbortSignal): Promise<void> {
    if (!unanswered) return answers(current, signal);
    openBeside();
    use(await firstOf([current, ...beside], signal));
  }

  return {
    current: () => current,
    watch(heard) {
      watching = asking(stopping.signal, ask, heard);
    },
    async stop() {
      stopping.abort();
      await watching;
      close([current, ...beside]);
      await Promise.all(closing);
    },
  };
}
