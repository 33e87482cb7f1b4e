/**
 * Work on the database that equal requests share (docs/performance.md «Counts»). Nobody is answered with what was
 * begun before they asked: who comes while the work runs waits for the next, a moment at most, and shares that.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { unlessAborted } from './operation.js';
import type { Budget } from './operation.js';

/** Milliseconds to wait for running work to end, before the next is begun beside it. */
const MOMENT = 100;

type Work<T> = (budget: Budget) => Promise<T>;

/** The longest of the budgets, given up when the last of them is. */
function longest(budgets: readonly Budget[]): Budget {
  const all = new AbortController();
  let left = budgets.length;
  for (const { signal } of budgets) {
    const leave = (): void => {
      if (--left === 0) all.abort(signal.reason);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  }
  const remaining = (): number => Math.max(...budgets.map((budget) => budget.remaining()));
  return { signal: all.signal, remaining };
}

/** What is done once for all who have joined before it begins. */
interface Turn<T> {
  readonly members: Budget[];
  readonly done: Promise<T>;
}

/** A text that only equal work has; `work` is what MongoDB is to do. */
export const keyOf = (work: Document): string => Buffer.from(BSON.serialize(work)).toString('latin1');

/** Does `work`, or waits for somebody else's whose key is equal: equal keys mean equal work. */
export type Shared<T> = (key: string, budget: Budget, work: Work<T>) => Promise<T>;

/** Work of one kind, shared. Errors of the work: its own, or why the budget was given up. */
export function sharing<T>(): Shared<T> {
  const waiting = new Map<string, Turn<T>>();
  const running = new Map<string, Promise<unknown>>();

  async function run(key: string, members: readonly Budget[], work: Work<T>): Promise<T> {
    const before = running.get(key);
    await (before === undefined ? undefined : Promise.race([before, pause(MOMENT)]));
    waiting.delete(key);
    const result = work(longest(members));
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    running.set(key, ended);
    void ended.then(() => running.get(key) === ended && running.delete(key));
    return result;
  }

  function open(key: string, work: Work<T>): Turn<T> {
    const members: Budget[] = [];
    const turn = { members, done: run(key, members, work) };
    waiting.set(key, turn);
    return turn;
  }

  return (key, budget, work) => {
    const turn = waiting.get(key) ?? open(key, work);
    turn.members.push(budget);
    return unlessAborted(turn.done, budget.signal);
  };
}
