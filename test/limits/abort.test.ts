// Timed parts, limited work, and abort scopes: they end after all of their parts, however the work ends.
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  raceAbort,
  raceTimeout,
  settleWithin,
  timed,
  withAbortScope,
  withTimeout,
} from '../../src/limits/abort.js';
import type { Deadline, WorkPart } from '../../src/limits/abort.js';

const DEADLINE: Deadline = { signal: new AbortController().signal, remaining: () => 10_000 };

test.each<[string, string, () => Promise<string>]>([
  ['is done', 'done', () => Promise.resolve('done')],
  ['has failed', 'Error: torn', () => Promise.reject(new Error('torn'))],
])('the time of a part ends once its work %s', async (_, outcome, work) => {
  const events: string[] = [];
  const begin = (part: WorkPart) => {
    events.push(`begin ${part}`);
    return () => void events.push(`end ${part}`);
  };
  const observer = { begin, results: () => undefined };
  const running = timed({ ...DEADLINE, observer }, 'queue', work);
  expect(events).toEqual(['begin queue']);
  expect(await running.catch(String)).toBe(outcome);
  expect(events).toEqual(['begin queue', 'end queue']);
});

const late = (): Error => new Error('late');

test.each<[string, string, number, () => Promise<unknown>]>([
  ['the work that is done', 'done', 3_600_000, () => Promise.resolve('done')],
  ['the work that has failed', 'Error: torn', 3_600_000, () => Promise.reject(new Error('torn'))],
  ['its time that has passed', 'Error: late', 1, () => new Promise(() => undefined)],
])('a race against a time settles with %s', async (_, outcome, timeoutMs, work) => {
  expect(await raceTimeout(work(), timeoutMs, late).catch(String)).toBe(outcome);
});

const HOUR_MS = 3_600_000;

test.each<readonly [string, number, () => Promise<unknown>, string]>([
  ['with the work', HOUR_MS, () => Promise.resolve('done'), 'undefined'],
  ['with the failure of the work', HOUR_MS, () => Promise.reject(new Error('torn')), 'Error: torn'],
  ['without work that takes too long', 1, () => new Promise(() => undefined), 'undefined'],
])('a limited wait ends %s', async (_, timeoutMs, work, outcome) => {
  expect(String(await settleWithin(timeoutMs, work()).catch(String))).toBe(outcome);
});

describe('the signal of limited work is aborted', () => {
  const never = new AbortController().signal;
  const untilAborted = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve('aborted');
      });
    });

  test('after its time', async () => {
    expect(await withTimeout(1, never, untilAborted)).toBe('aborted');
  });

  test('with the signal to stop', async () => {
    const stop = new AbortController();
    const work = withTimeout(3_600_000, stop.signal, untilAborted);
    stop.abort();
    expect(await work).toBe('aborted');
  });

  test('before it begins, where the signal to stop is aborted already', async () => {
    expect(await withTimeout(3_600_000, AbortSignal.abort(), ({ aborted }) => Promise.resolve(aborted))).toBe(
      true,
    );
  });

  test.each([
    ['the error of its time', 'late', 1, never],
    ['the reason of the signal to stop', 'stopped', 3_600_000, AbortSignal.abort(new Error('stopped'))],
  ])('with %s', async (_, reason, timeoutMs, stop) => {
    const endless = (signal: AbortSignal) => raceAbort(new Promise(() => undefined), signal);
    await expect(withTimeout(timeoutMs, stop, endless, late)).rejects.toThrow(reason);
  });

  test('once it is done', async () => {
    const seen = await withTimeout(3_600_000, never, (signal) => Promise.resolve({ signal }));
    expect(seen.signal.aborted).toBe(true);
  });
});

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
