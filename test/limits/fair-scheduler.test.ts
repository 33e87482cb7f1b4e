// The fair scheduler: its limits, the order of domains, and waiters that leave.
import { expect, test } from '@jest/globals';
import { createFairScheduler } from '../../src/limits/fair-scheduler.js';
import type { FairScheduler } from '../../src/limits/fair-scheduler.js';

const NEVER = new AbortController().signal;

/** Waits for a slot; the first letter of `name` is the domain, and `began` gets the name when the work begins. */
async function beginAs(
  schedule: FairScheduler,
  name: string,
  began: string[],
  signal = NEVER,
): Promise<Disposable> {
  const slot = await schedule(name.slice(0, 1), signal);
  began.push(name);
  return slot;
}

/** Lets all work with a slot begin. */
const settled = (): Promise<void> => new Promise(setImmediate);

test('work is concurrent up to the limit, three quarters of it in one domain, and waiting domains take turns', async () => {
  const schedule = createFairScheduler({ concurrency: 4, waiting: 20 });
  const began: string[] = [];
  const slots = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1'].map((name) =>
    beginAs(schedule, name, began),
  );
  await settled();
  expect(began).toEqual(['a1', 'a2', 'a3', 'b1']);
  for (const slot of slots) {
    (await slot)[Symbol.dispose]();
    await settled();
  }
  expect(began).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'b2', 'c1', 'a5']);
});

test('a full queue refuses further work of its domain at once, and not of others', async () => {
  const schedule = createFairScheduler({ concurrency: 1, waiting: 4 });
  const began: string[] = [];
  const first = await beginAs(schedule, 'a1', began);
  const waiting = ['a2', 'a3', 'b1'].map((name) => beginAs(schedule, name, began));
  const crowded = 'ERROR_LIMIT_EXCEEDED: Limit exceeded. (limit = calls that wait for their turn, max = 2)';
  await expect(schedule('a', NEVER)).rejects.toMatchObject({ message: crowded, retryAfterMs: 1000 });
  waiting.push(beginAs(schedule, 'b2', began));
  await expect(schedule('c', NEVER)).rejects.toMatchObject({ message: crowded });
  first[Symbol.dispose]();
  await Promise.all(
    waiting.map(async (slot) => {
      (await slot)[Symbol.dispose]();
    }),
  );
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
});

test('a waiting call that is cancelled frees its place for the next', async () => {
  const schedule = createFairScheduler({ concurrency: 1, waiting: 10 });
  const began: string[] = [];
  const first = await beginAs(schedule, 'a1', began);
  const impatient = new AbortController();
  const left = beginAs(schedule, 'a2', began, impatient.signal);
  const next = beginAs(schedule, 'a3', began);
  impatient.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  expect(began).toEqual(['a1', 'a3']);
  await expect(schedule('a', impatient.signal)).rejects.toThrow('gone');
});

test('cancelled waiters free their places, and nothing of them is kept', async () => {
  const schedule = createFairScheduler({ concurrency: 1, waiting: 4 });
  const first = await schedule('a', NEVER);
  for (let round = 0; round < 5; round++) {
    const impatient = new AbortController();
    const left = ['a', 'a', 'b', 'c'].map((domain) => schedule(domain, impatient.signal));
    expect(schedule.load()).toEqual({ running: 1, waiting: 4, domains: 3 });
    impatient.abort(new Error('gone'));
    const ends = await Promise.allSettled(left);
    expect(ends.map(({ status }) => status)).toEqual(left.map(() => 'rejected'));
    expect(schedule.load()).toEqual({ running: 1, waiting: 0, domains: 1 });
  }
  first[Symbol.dispose]();
  expect(schedule.load()).toEqual({ running: 0, waiting: 0, domains: 0 });
});

test('a slot is released once, however often it is disposed', async () => {
  const schedule = createFairScheduler({ concurrency: 2, waiting: 4 });
  const [one, other] = [await schedule('a', NEVER), await schedule('b', NEVER)];
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  expect(schedule.load()).toEqual({ running: 1, waiting: 0, domains: 1 });
  other[Symbol.dispose]();
  expect(schedule.load()).toEqual({ running: 0, waiting: 0, domains: 0 });
});

test('a refused domain is not kept', async () => {
  const schedule = createFairScheduler({ concurrency: 1, waiting: 0 });
  const first = await schedule('a', NEVER);
  await expect(schedule('b', NEVER)).rejects.toHaveProperty('code', 'ERROR_LIMIT_EXCEEDED');
  expect(schedule.load()).toEqual({ running: 1, waiting: 0, domains: 1 });
  first[Symbol.dispose]();
});
