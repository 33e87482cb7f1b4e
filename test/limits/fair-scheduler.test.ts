// Turns: how many at once, whose is next, and what becomes of those who no longer want theirs.
import { expect, test } from '@jest/globals';
import { createFairScheduler } from '../../src/limits/fair-scheduler.js';
import type { FairScheduler } from '../../src/limits/fair-scheduler.js';

const NEVER = new AbortController().signal;

/** Takes a turn; `began` gets its name when it begins. */
async function taking(
  take: FairScheduler,
  name: string,
  began: string[],
  signal = NEVER,
): Promise<Disposable> {
  const turn = await take(name.slice(0, 1), signal);
  began.push(name);
  return turn;
}

/** Lets everything that can begin do so. */
const settled = (): Promise<void> => new Promise(setImmediate);

test('so many at once, three in four of them of one domain, and those who wait by domain in turn', async () => {
  const take = createFairScheduler({ concurrency: 4, waiting: 20 });
  const began: string[] = [];
  const turnsOf = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1'].map((name) => taking(take, name, began));
  await settled();
  expect(began).toEqual(['a1', 'a2', 'a3', 'b1']);
  for (const turn of turnsOf) {
    (await turn)[Symbol.dispose]();
    await settled();
  }
  expect(began).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'b2', 'c1', 'a5']);
});

test('a line that is full refuses more of that domain at once, and not of others', async () => {
  const take = createFairScheduler({ concurrency: 1, waiting: 4 });
  const began: string[] = [];
  const first = await taking(take, 'a1', began);
  const waiting = ['a2', 'a3', 'b1'].map((name) => taking(take, name, began));
  const crowded = 'ERROR_LIMIT_EXCEEDED: Limit exceeded. (limit = calls that wait for their turn, max = 2)';
  await expect(take('a', NEVER)).rejects.toMatchObject({ message: crowded, retryAfter: 1000 });
  waiting.push(taking(take, 'b2', began));
  await expect(take('c', NEVER)).rejects.toMatchObject({ message: crowded });
  first[Symbol.dispose]();
  await Promise.all(
    waiting.map(async (turn) => {
      (await turn)[Symbol.dispose]();
    }),
  );
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
});

test('who gives up while waiting leaves the place to the next', async () => {
  const take = createFairScheduler({ concurrency: 1, waiting: 10 });
  const began: string[] = [];
  const first = await taking(take, 'a1', began);
  const impatient = new AbortController();
  const left = taking(take, 'a2', began, impatient.signal);
  const next = taking(take, 'a3', began);
  impatient.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  expect(began).toEqual(['a1', 'a3']);
  await expect(take('a', impatient.signal)).rejects.toThrow('gone');
});

test('waiters that are cancelled leave their places to others, and nothing is kept of them', async () => {
  const take = createFairScheduler({ concurrency: 1, waiting: 4 });
  const first = await take('a', NEVER);
  for (let round = 0; round < 5; round++) {
    const impatient = new AbortController();
    const left = ['a', 'a', 'b', 'c'].map((domain) => take(domain, impatient.signal));
    expect(take.load()).toEqual({ running: 1, waiting: 4, domains: 3 });
    impatient.abort(new Error('gone'));
    const ends = await Promise.allSettled(left);
    expect(ends.map(({ status }) => status)).toEqual(left.map(() => 'rejected'));
    expect(take.load()).toEqual({ running: 1, waiting: 0, domains: 1 });
  }
  first[Symbol.dispose]();
  expect(take.load()).toEqual({ running: 0, waiting: 0, domains: 0 });
});

test('a turn is given back once, however often it is disposed', async () => {
  const take = createFairScheduler({ concurrency: 2, waiting: 4 });
  const [one, other] = [await take('a', NEVER), await take('b', NEVER)];
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  expect(take.load()).toEqual({ running: 1, waiting: 0, domains: 1 });
  other[Symbol.dispose]();
  expect(take.load()).toEqual({ running: 0, waiting: 0, domains: 0 });
});

test('a domain that is refused is not kept', async () => {
  const take = createFairScheduler({ concurrency: 1, waiting: 0 });
  const first = await take('a', NEVER);
  await expect(take('b', NEVER)).rejects.toHaveProperty('code', 'ERROR_LIMIT_EXCEEDED');
  expect(take.load()).toEqual({ running: 1, waiting: 0, domains: 1 });
  first[Symbol.dispose]();
});
