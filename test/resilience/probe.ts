/**
 * Loaded into the service before its own code (`node --import`): tells the trial that started it how much memory is in
 * use, how long its event loop was held and what calls have of the service, over the channel between the two. The
 * service knows nothing of it.
 */
import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ClientSession } from 'mongodb';
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

/** Answers what calls have of the service. */
let usage: () => unknown = () => undefined;
const hasUsage = (app: unknown): app is { readonly usage: () => unknown } =>
  typeof app === 'object' && app !== null && 'usage' in app && typeof app.usage === 'function';
subscribe('inventory-job.app', (app) => {
  if (hasUsage(app)) usage = app.usage;
});

/** The sum of the numbers in `value`, however deep. */
function sum(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((total, each) => total + sum(each), 0);
}

const listeners = (): number =>
  process.eventNames().reduce((count, name) => count + process.listenerCount(name), 0);

const kinds = (): readonly string[] => process.getActiveResourcesInfo();

function vitals(): Vitals {
  const held = Math.max(0, delay.max / NANOSECONDS - RESOLUTION);
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss, held, taken: sum(usage()) };
}

/** A second collection frees what the first found dead. */
function collected(): Vitals {
  collect();
  collect();
  return vitals();
}

/** What is alive of the kinds of things that calls make. */
const counted = (): Vitals => ({
  ...collected(),
  signals: queryObjects(AbortSignal, { format: 'count' }),
  sessions: queryObjects(ClientSession, { format: 'summary' }).filter((each) =>
    each.includes('hasEnded: false'),
  ).length,
  timers: kinds().filter((kind) => kind === 'Timeout').length,
  listeners: listeners(),
});

const ANSWERS: Readonly<Record<Question, () => Vitals>> = { collected, counted, 'as it is': vitals };

const isQuestion = (asked: unknown): asked is Question => typeof asked === 'string' && asked in ANSWERS;

process.on('message', (asked: unknown) => {
  if (!isQuestion(asked)) return;
  process.send?.(ANSWERS[asked]());
  // What the asking itself takes is no hold.
  setImmediate(() => {
    delay.reset();
  });
});
