// Long work yields by time: all of it has one slice in a round of the event loop, and short work never waits.
import { beforeEach, expect, test } from '@jest/globals';
import { yieldBetween, createYielding } from '../../src/limits/yield.js';
import type { Yielding } from '../../src/limits/yield.js';
import { exportChunks } from '../../src/job/export-formats.js';
import type { ExportWriter } from '../../src/job/export-formats.js';

/** The time in milliseconds; only work advances it. */
let time: number;
let yielding: Yielding;
beforeEach(() => {
  time = 0;
  yielding = createYielding(() => time);
});

/** Works for `ms`. */
const work = (ms: number): void => {
  time += ms;
};

/** Longer than a slice. */
const LONG = 10;
const STEP = 0.25;

/** Does `steps` steps, calls `done` after each, and yields at the end of a slice. */
async function workLong(steps: number, done: (nth: number) => void): Promise<void> {
  const slice = yielding();
  for (let nth = 0; nth < steps; nth++) {
    if (slice.over()) await slice.next();
    work(STEP);
    done(nth);
  }
}

/** Measures the time spent in each round of the event loop, until `all` has ended. */
async function rounds(all: Promise<unknown>): Promise<readonly number[]> {
  const seen: number[] = [];
  const over = new AbortController();
  void all.finally(() => {
    over.abort();
  });
  while (!over.signal.aborted) {
    const before = time;
    await new Promise(setImmediate);
    seen.push(time - before);
  }
  return seen;
}

const most = (numbers: readonly number[]): number => numbers.reduce((one, other) => Math.max(one, other), 0);

test.each([1, 4, 20])('%s pieces of long work share one slice of a round', async (count) => {
  const begun = Array.from({ length: count }, () => workLong(100, () => undefined));
  // Each piece begins with a slice of its own.
  await new Promise(setImmediate);
  const seen = await rounds(Promise.all(begun));
  expect(time).toBeCloseTo(count * 100 * STEP);
  expect(most(seen)).toBeLessThanOrEqual(1 + STEP);
});

test('pieces of long work take turns', async () => {
  const order: number[] = [];
  await Promise.all([0, 1, 2].map((which) => workLong(40, () => order.push(which))));
  const changes = order.filter((which, nth) => nth === 0 || which !== order[nth - 1]);
  expect(changes.slice(0, 9)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
});

test('short work waits for no round beside long work', async () => {
  const others = Array.from({ length: 5 }, () => workLong(100, () => undefined));
  let done = 0;
  await workLong(3, () => (done += 1));
  expect(done).toBe(3);
  expect(time).toBeLessThan(LONG);
  await Promise.all(others);
});

test.each([1, 15])('%s concurrent exports share one slice of a round', async (count) => {
  const rows: ExportWriter = {
    head: '',
    row: () => {
      work(STEP);
      return ['x'.repeat(1000)];
    },
  };
  async function* batches() {
    for (let batch = 0; batch < 3; batch++) {
      await new Promise(setImmediate);
      yield Array.from({ length: 50 }, () => new Uint8Array());
    }
  }
  const taken = async (): Promise<number> => {
    let bytes = 0;
    for await (const piece of exportChunks(rows, batches(), yielding)) bytes += piece.length;
    return bytes;
  };
  const all = Promise.all(Array.from({ length: count }, taken));
  const seen = await rounds(all);
  expect(await all).toEqual(Array.from({ length: count }, () => 150_000));
  // An export resumed in the middle of a slice uses the rest of it.
  expect(most(seen)).toBeLessThanOrEqual(2 + 2 * STEP);
});

test('chunks are made in slices, and passed on whole', async () => {
  function* chunks() {
    for (let nth = 0; nth < 40; nth++) {
      work(STEP);
      yield nth % 4 === 3 ? Uint8Array.of(nth) : new Uint8Array();
    }
  }
  const taken: number[] = [];
  const all = (async () => {
    for await (const chunk of yieldBetween(chunks(), yielding)) taken.push(...chunk);
  })();
  expect(most(await rounds(all))).toBeLessThanOrEqual(1 + 2 * STEP);
  expect(taken).toEqual([3, 7, 11, 15, 19, 23, 27, 31, 35, 39]);
});
