// Coalesced work: the callers of each flight, and aborts that leave other callers unharmed.
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Deadline } from '../../src/limits/abort.js';
import { createCoalescing } from '../../src/limits/coalesce.js';
import type { Coalesce } from '../../src/limits/coalesce.js';

/** Work begun and not yet ended. */
interface Begun {
  readonly deadline: Deadline;
  end(result: string): void;
  fail(error: Error): void;
}

let begun: readonly Begun[];
let work: (deadline: Deadline) => Promise<string>;
let coalesce: Coalesce<string>;

beforeEach(() => {
  // A list for each test: work of an earlier test may begin only now.
  const own: Begun[] = [];
  begun = own;
  work = (deadline) =>
    new Promise((resolve, reject) => {
      own.push({ deadline, end: resolve, fail: reject });
    });
  coalesce = createCoalescing<string>();
});

const deadline = (signal = new AbortController().signal, remaining = 1000): Deadline => ({
  signal,
  remaining: () => remaining,
});

/** Lets all pending callbacks run. */
const settled = (): Promise<void> => new Promise(setImmediate);

/** Calls for the work of `key`, and lets it begin. */
async function ask(key: string, within = deadline()): Promise<{ readonly answer: Promise<string> }> {
  const answer = coalesce(key, within, work);
  answer.catch(() => undefined);
  await settled();
  return { answer };
}

describe('callers', () => {
  test('the first one does not wait', async () => {
    const { answer } = await ask('a');
    begun[0]?.end('one');
    expect(await answer).toBe('one');
  });

  test('those that come while work runs share the next flight, and not the work begun before', async () => {
    const first = await ask('a');
    const others = [await ask('a'), await ask('a'), await ask('a')];
    expect(begun).toHaveLength(1);
    begun[0]?.end('one');
    await settled();
    expect(begun).toHaveLength(2);
    begun[1]?.end('two');
    expect(await first.answer).toBe('one');
    expect(await Promise.all(others.map(({ answer }) => answer))).toEqual(['two', 'two', 'two']);
  });

  test('they do not wait for work of another key', async () => {
    await ask('a');
    await ask('b');
    expect(begun).toHaveLength(2);
  });

  test('of any number, one flight runs and one waits', async () => {
    let atOnce = 0;
    let most = 0;
    const slow = async (): Promise<string> => {
      most = Math.max(most, ++atOnce);
      await pause(250);
      atOnce -= 1;
      return 'done';
    };
    const answers = Array.from({ length: 30 }, async (_, nth) => {
      await pause(20 * nth);
      return coalesce('a', deadline(), slow);
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['done']));
    expect(most).toBe(1);
  });

  test('those after an ended flight begin a new one', async () => {
    await ask('a');
    begun[0]?.end('one');
    await settled();
    const { answer } = await ask('a');
    begun[1]?.end('two');
    expect(await answer).toBe('two');
  });
});

describe('a caller that leaves', () => {
  const gone = new Error('gone');

  test('fails at once, and the others keep their work', async () => {
    await ask('a');
    const controller = new AbortController();
    const one = await ask('a', deadline(controller.signal));
    const other = await ask('a');
    begun[0]?.end('one');
    await settled();
    controller.abort(gone);
    await expect(one.answer).rejects.toBe(gone);
    expect(begun[1]?.deadline.signal.aborted).toBe(false);
    begun[1]?.end('two');
    expect(await other.answer).toBe('two');
  });

  test('as the last one aborts the work', async () => {
    const controller = new AbortController();
    const { answer } = await ask('a', deadline(controller.signal));
    controller.abort(gone);
    await expect(answer).rejects.toBe(gone);
    expect(begun[0]?.deadline.signal.aborted).toBe(true);
  });

  test('before the work begins leaves no work to begin', async () => {
    const controller = new AbortController();
    await ask('a');
    const { answer } = await ask('a', deadline(controller.signal));
    controller.abort(gone);
    await expect(answer).rejects.toBe(gone);
    begun[0]?.end('one');
    await settled();
    expect(begun).toHaveLength(1);
    await ask('a');
    expect(begun).toHaveLength(2);
  });

  test('before the work begins leaves it to later callers', async () => {
    const controller = new AbortController();
    await ask('a');
    await ask('a', deadline(controller.signal));
    controller.abort(gone);
    const { answer } = await ask('a');
    begun[0]?.end('one');
    await settled();
    expect(begun[1]?.deadline.signal.aborted).toBe(false);
    begun[1]?.end('two');
    expect(await answer).toBe('two');
  });

  test('aborts running work, and the next begins only after its end', async () => {
    const controller = new AbortController();
    await ask('a', deadline(controller.signal));
    const { answer } = await ask('a');
    controller.abort(gone);
    await settled();
    expect(begun[0]?.deadline.signal.aborted).toBe(true);
    expect(begun).toHaveLength(1);
    begun[0]?.fail(gone);
    await settled();
    begun[1]?.end('two');
    expect(await answer).toBe('two');
  });
});

test('the work has the longest deadline of its callers', async () => {
  await ask('a');
  await ask('a', deadline(undefined, 10));
  await ask('a', deadline(undefined, 700));
  begun[0]?.end('one');
  await settled();
  expect(begun[1]?.deadline.remaining()).toBe(700);
});

test('the deadline of a caller that has left does not count', async () => {
  const controller = new AbortController();
  await ask('a');
  await ask('a', deadline(undefined, 10));
  await ask('a', deadline(controller.signal, 700));
  begun[0]?.end('one');
  await settled();
  controller.abort(new Error('gone'));
  expect(begun[1]?.deadline.remaining()).toBe(10);
});

test('a failure does not reach waiting callers', async () => {
  await ask('a');
  const { answer } = await ask('a');
  begun[0]?.fail(new Error('failure'));
  await settled();
  begun[1]?.end('two');
  expect(await answer).toBe('two');
});

test('a failure reaches all callers of its flight, and none after them', async () => {
  const failure = new Error('failure');
  await ask('a');
  const others = [await ask('a'), await ask('a')];
  begun[0]?.fail(failure);
  await settled();
  begun[1]?.fail(failure);
  const told = await Promise.allSettled(others.map(({ answer }) => answer));
  expect(told).toEqual([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
  ]);
  const { answer } = await ask('a');
  begun[2]?.end('three');
  expect(await answer).toBe('three');
});
