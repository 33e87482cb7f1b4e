/**
 * Work on the database that equal requests share (docs/performance.md «Counts»). Nobody is answered with what was
 * begun before they asked: of equal work one runs and one waits, and all who come meanwhile share the one that waits.
 */
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { unlessAborted } from '../mongo/executor.js';
import type { Budget } from '../mongo/executor.js';

type Work<T> = (budget: Budget) => Promise<T>;

const wanted = ({ signal }: Budget): boolean => !signal.aborted;

/** The longest of the budgets, given up when the last of them is. */
function longest(budgets: readonly Budget[]): Budget {
  const all = new AbortController();
  for (const { signal } of budgets) {
    const leave = (): void => {
      if (!budgets.some(wanted)) all.abort(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
  }
  const remaining = (): number => Math.max(1, ...budgets.filter(wanted).map((budget) => budget.remaining()));
  return { signal: all.signal, remaining };
}

/** Work that has not begun, and those who share it. */
interface Waiting<T> {
  readonly members: Budget[];
  readonly done: Promise<T>;
}

/** A text that only equal work has; `work` is what MongoDB is to do. */
export const keyOf = (work: Document): string => Buffer.from(BSON.serialize(work)).toString('latin1');

/** Does `work`, or waits for somebody else's whose key is equal: equal keys mean equal work. */
export type Shared<T> = (key: string, budget: Budget, work: Work<T>) => Promise<T>;

/** Work of one kind, shared. Errors of the work: its own, or why the budget was given up. */
export function sharing<T>(): Shared<T> {
  const waiting = new Map<string, Waiting<T>>();
  /** When the work that runs is over, whichever way. */
  const running = new Map<string, Promise<void>>();

  function begin(key: string, members: readonly Budget[], work: Work<T>): Promise<T> {
    const result = work(longest(members));
    const over = (): void => {
      running.delete(key);
    };
    running.set(key, result.then(over, over));
    return result;
  }

  /** Begins when nothing equal runs; never, where everybody has left before. */
  async function next(key: string, members: readonly Budget[], work: Work<T>): Promise<T> {
    await running.get(key);
    waiting.delete(key);
    const still = members.filter(wanted);
    if (still.length === 0) throw new Error('nobody waits for it any more');
    return begin(key, still, work);
  }

  function open(key: string, work: Work<T>): Waiting<T> {
    const members: Budget[] = [];
    const opened = { members, done: next(key, members, work) };
    waiting.set(key, opened);
    return opened;
  }

  return (key, budget, work) => {
    const { members, done } = waiting.get(key) ?? open(key, work);
    members.push(budget);
    return unlessAborted(done, budget.signal);
  };
}
