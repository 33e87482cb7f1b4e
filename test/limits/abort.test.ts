// Abort scopes: they end after all of their parts, however the work ends.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { withAbortScope } from '../../src/limits/abort.js';
import type { Deadline } from '../../src/limits/abort.js';

const DEADLINE: Deadline = { signal: new AbortController().signal, remaining: () => 10_000 };

describe('the parts of a scope', () => {
  /** Parts ended so far. */
  let ended = 0;
  /** A part that ends a moment after its abort. */
  const slowToEnd = ({ signal }: Deadline): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        setImmediate(() => {
          ended += 1;
          reject(new Error('aborted'));
        });
      });
    });
  beforeEach(() => {
    ended = 0;
  });

  test('have ended when it fails because of one of them', async () => {
    const work = withAbortScope(DEADLINE, async (begin) => {
      const failing = begin(() => Promise.reject(new Error('a part failed')));
      await Promise.all([begin(slowToEnd), failing, begin(slowToEnd)]);
    });
    await expect(work).rejects.toThrow('a part failed');
    expect(ended).toBe(2);
  });

  test('have ended when it returns a result without them', async () => {
    const work = withAbortScope(DEADLINE, (begin) => {
      void begin(slowToEnd);
      return Promise.resolve('answer');
    });
    expect(await work).toBe('answer');
    expect(ended).toBe(1);
  });

  test('have ended when it is aborted', async () => {
    const caller = new AbortController();
    const work = withAbortScope({ ...DEADLINE, signal: caller.signal }, (begin) =>
      Promise.race([begin(slowToEnd), begin(slowToEnd)]),
    );
    caller.abort();
    await expect(work).rejects.toThrow('aborted');
    expect(ended).toBe(2);
  });
});
