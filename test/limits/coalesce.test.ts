// Work that equal requests share: who shares which, and that nobody's giving up is another's loss.
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Deadline } from '../../src/limits/abort.js';
import { keyOf, createCoalescing } from '../../src/limits/coalesce.js';
import type { Coalesce } from '../../src/limits/coalesce.js';

/** Work that was begun, and has not ended yet. */
interface Begun {
  readonly deadline: Deadline;
  end(result: string): void;
  fail(error: Error): void;
}

let begun: readonly Begun[];
let work: (deadline: Deadline) => Promise<string>;
let share: Coalesce<string>;

beforeEach(() => {
  // Of this test alone: work that waits for its turn may begin when the next test runs.
  const own: Begun[] = [];
  begun = own;
  work = (deadline) =>
    new Promise((resolve, reject) => {
      own.push({ deadline, end: resolve, fail: reject });
    });
  share = createCoalescing<string>();
});

const deadline = (signal = new AbortController().signal, remaining = 1000): Deadline => ({
  signal,
  remaining: () => remaining,
});

/** Lets everything happen that waits for nothing. */
const settled = (): Promise<void> => new Promise(setImmediate);

/** Asks for the work called `key`, and lets it begin. */
async function ask(key: string, within = deadline()): Promise<{ readonly answer: Promise<string> }> {
  const answer = share(key, within, work);
  answer.catch(() => undefined);
  await settled();
  return { answer };
}

describe('who shares', () => {
  test('who comes first is not kept waiting', async () => {
    const { answer } = await ask('a');
    begun[0]?.end('one');
    expect(await answer).toBe('one');
  });

  test('who come while it runs share the next, and not what was begun before they came', async () => {
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

  test('other work is not waited for', async () => {
    await ask('a');
    await ask('b');
    expect(begun).toHaveLength(2);
  });

  test('one runs and one waits, however long it takes and however many come', async () => {
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
      return share('a', deadline(), slow);
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['done']));
    expect(most).toBe(1);
  });

  test('what has ended is forgotten', async () => {
    await ask('a');
    begun[0]?.end('one');
    await settled();
    const { answer } = await ask('a');
    begun[1]?.end('two');
    expect(await answer).toBe('two');
  });
});

describe('who gives up', () => {
  const gone = new Error('gone');

  test('is told at once, and takes nothing from the others', async () => {
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

  test('as the last one ends the work', async () => {
    const controller = new AbortController();
    const { answer } = await ask('a', deadline(controller.signal));
    controller.abort(gone);
    await expect(answer).rejects.toBe(gone);
    expect(begun[0]?.deadline.signal.aborted).toBe(true);
  });

  test('before the work began leaves none to be done', async () => {
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

  test('before the work began leaves it to who came after', async () => {
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

  test('ends what runs, and only then the next begins', async () => {
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

test('the work has as long as the most patient of those who share it', async () => {
  await ask('a');
  await ask('a', deadline(undefined, 10));
  await ask('a', deadline(undefined, 700));
  begun[0]?.end('one');
  await settled();
  expect(begun[1]?.deadline.remaining()).toBe(700);
});

test('the work has not the time of who has given up', async () => {
  const controller = new AbortController();
  await ask('a');
  await ask('a', deadline(undefined, 10));
  await ask('a', deadline(controller.signal, 700));
  begun[0]?.end('one');
  await settled();
  controller.abort(new Error('gone'));
  expect(begun[1]?.deadline.remaining()).toBe(10);
});

test('a failure is not handed on to who waits', async () => {
  await ask('a');
  const { answer } = await ask('a');
  begun[0]?.fail(new Error('failure'));
  await settled();
  begun[1]?.end('two');
  expect(await answer).toBe('two');
});

test('a failure is everybody’s, and nobody’s after them', async () => {
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

test.each<readonly [string, object, object]>([
  ['a number and a text', { a: 1 }, { a: '1' }],
  ['a value and a list of it', { a: 1 }, { a: [1] }],
  ['two orders', { a: 1, b: 1 }, { b: 1, a: 1 }],
  ['two dates', { a: new Date(0) }, { a: new Date(1) }],
])('%s have two keys', (_, one, other) => {
  expect(keyOf(one)).toBe(keyOf(structuredClone(one)));
  expect(keyOf(one)).not.toBe(keyOf(other));
});
