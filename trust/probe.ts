/**
 * Loaded into the service before its own code (`node --import`): tells the trial that started it how much memory is in
 * use and how long its event loop was held, over the channel between the two. The service knows nothing of it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Question, Vitals } from './subject.js';

setFlagsFromString('--expose-gc');
const found: unknown = runInNewContext('gc');
const isWork = (value: unknown): value is () => void => typeof value === 'function';
const collect = isWork(found) ? found : () => undefined;

/** Milliseconds between two looks at the event loop, which are no hold. */
const RESOLUTION = 1;
const NANOSECONDS = 1_000_000;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();

function vitals(): Vitals {
  const held = Math.max(0, delay.max / NANOSECONDS - RESOLUTION);
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss, held };
}

/** A second collection frees what the first found dead. */
function collected(): Vitals {
  collect();
  collect();
  return vitals();
}

const ANSWERS: Readonly<Record<Question, () => Vitals>> = { collected, 'as it is': vitals };

const isQuestion = (asked: unknown): asked is Question => typeof asked === 'string' && asked in ANSWERS;

process.on('message', (asked: unknown) => {
  if (!isQuestion(asked)) return;
  process.send?.(ANSWERS[asked]());
  // What the asking itself takes is no hold.
  setImmediate(() => {
    delay.reset();
  });
});
