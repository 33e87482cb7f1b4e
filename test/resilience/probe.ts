// Preloaded into the service (`node --import`): reports memory, delays of the event loop and resources held by calls over
// the IPC channel. The service knows nothing of it.
import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { queryObjects } from 'node:v8';
import { ClientSession } from 'mongodb';
import { collectGarbage } from '../harness/garbage.js';
import type { Question, Vitals } from './system-under-test.js';

/** The sampling interval, which is not part of a delay. */
const RESOLUTION_MS = 1;
const NANOSECONDS_PER_MS = 1_000_000;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

/** Reads the resources held by calls, once the application has announced itself. */
let usage: () => unknown = () => undefined;
const hasUsage = (app: unknown): app is { readonly usage: () => unknown } =>
  typeof app === 'object' && app !== null && 'usage' in app && typeof app.usage === 'function';
subscribe('inventory-job.app', (app) => {
  if (hasUsage(app)) usage = app.usage;
});

/** Sums the numbers in `value`, at any depth. */
function sum(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((total, each) => total + sum(each), 0);
}

const listeners = (): number =>
  process.eventNames().reduce((count, name) => count + process.listenerCount(name), 0);

function vitals(): Vitals {
  const maxDelayMs = Math.max(0, delay.max / NANOSECONDS_PER_MS - RESOLUTION_MS);
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsedBytes: heapUsed, rssBytes: rss, maxDelayMs, usage: sum(usage()) };
}

function collected(): Vitals {
  collectGarbage();
  return vitals();
}

/** Counts the live objects of the kinds created by calls. */
const counted = (): Vitals => ({
  ...collected(),
  signals: queryObjects(AbortSignal, { format: 'count' }),
  sessions: queryObjects(ClientSession, { format: 'summary' }).filter((each) =>
    each.includes('hasEnded: false'),
  ).length,
  timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  listeners: listeners(),
});

const ANSWERS: Readonly<Record<Question, () => Vitals>> = { collected, counted, 'as it is': vitals };

const isQuestion = (message: unknown): message is Question =>
  typeof message === 'string' && message in ANSWERS;

process.on('message', (message: unknown) => {
  if (!isQuestion(message)) return;
  process.send?.(ANSWERS[message]());
  // The time of the answer itself is not a delay.
  setImmediate(() => {
    delay.reset();
  });
});
