// The cleanups of a start run in reverse order, each once, and none keeps the others from running.
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { runCleanups } from '../../src/start/context.js';
import type { Cleanups } from '../../src/start/context.js';

test('a cleanup that fails is logged, and those of the steps before it run', async () => {
  const done: string[] = [];
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const cleanup = (name: string) => () => Promise.resolve(void done.push(name));
  const cleanups: Cleanups = [cleanup('first'), () => Promise.reject(new Error('torn')), cleanup('last')];
  await runCleanups(cleanups, log);
  await runCleanups(cleanups, log);
  expect(done).toEqual(['last', 'first']);
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 50,
      msg: 'cleanup failed',
      err: expect.objectContaining({ message: 'torn' }),
    }),
  ]);
});
