/**
 * Work on the database that equal requests share (docs/performance.md «Counts»). Nobody is answered with what was
 * begun before they asked: of equal work one runs and one waits, and all who come meanwhile share the one that waits.
 */
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { raceAbort } from './abort.js';
import type { Deadline } from './abort.js';

type Work<T> = (deadline: Deadline) => Promise<T>;

const wanted = ({ signal }: Deadline): boolean => !signal.aborted;

/** The longest of the deadlines, given up when the last of them is. */
function longest(deadlines: readonly Deadline[]): Deadline {
  const all = new AbortController();
  for (const { signal } of deadlines) {
    const leave = (): void => {
      if (!deadlines.some(wanted)) all.abort(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
  }
  const remaining = (): number =>
    Math.max(1, ...deadlines.filter(wanted).map((deadline) => deadline.remaining()));
  return { signal: all.signal, remaining };
}

/** Work that has not begun, and those who share it. */
interface Flight<T> {
  readonly members: Deadline[];
  readonly done: Promise<T>;
}

/** A text that only equal work has; `work` is what MongoDB is to do. */
export const keyOf = (work: Document): string => Buffer.from(BSON.serialize(work)).toString('latin1');

/** Does `work`, or waits for somebody else's whose key is equal: equal keys mean equal work. */
export type Coalesce<T> = (key: string, deadline: Deadline, work: Work<T>) => Promise<T>;

/** Work of one kind, shared. Errors of the work: its own, or why the deadline was given up. */
export function createCoalescing<T>(): Coalesce<T> {
  const waiting = new Map<string, Flight<T>>();
  /** When the work that runs is over, whichever way. */
  const running = new Map<string, Promise<void>>();

  function begin(key: string, members: readonly Deadline[], work: Work<T>): Promise<T> {
    const result = work(longest(members));
    const over = (): void => {
      running.delete(key);
    };
    running.set(key, result.then(over, over));
    return result;
  }

  /** Begins when nothing equal runs; never, where everybody has left before. */
  async function next(key: string, members: readonly Deadline[], work: Work<T>): Promise<T> {
    await running.get(key);
    waiting.delete(key);
    const still = members.filter(wanted);
    if (still.length === 0) throw new Error('nobody waits for it any more');
    return begin(key, still, work);
  }

  function open(key: string, work: Work<T>): Flight<T> {
    const members: Deadline[] = [];
    const opened = { members, done: next(key, members, work) };
    waiting.set(key, opened);
    return opened;
  }

  return (key, deadline, work) => {
    const { members, done } = waiting.get(key) ?? open(key, work);
    members.push(deadline);
    return raceAbort(done, deadline.signal);
  };
}
