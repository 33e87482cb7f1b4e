// Faults of the HTTP listener itself, beyond the chain: each is answered as UNKNOWN and logged with the id of its request.
import { afterEach, expect, test } from '@jest/globals';
import { createMemoryBudget } from '../../../src/limits/memory-budget.js';
import { createTimeSlicer } from '../../../src/limits/yield.js';
import { createServingState } from '../../../src/server/serving-state.js';
import { openHttpListener } from '../../../src/server/http/http.js';
import type { HttpListenerOptions } from '../../../src/server/http/http.js';
import { chained, monotonicNow } from '../../harness/chained.js';
import { createRecordedLog } from '../../harness/log.js';

const REQUEST_ID = 'a-request-to-fail';
/** Truncated protobuf, which has no JSON. */
const MALFORMED = Uint8Array.of(0x0a, 0xff);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(options: Partial<HttpListenerOptions> = {}) {
  const log = createRecordedLog();
  const { calls } = chained(() => Promise.resolve(MALFORMED));
  const listener = await openHttpListener({
    ...{ calls, state: createServingState(), host: '127.0.0.1', port: 0, version: 'test' },
    ...{ corsOrigins: [], explorer: undefined, timeSlicer: createTimeSlicer(monotonicNow) },
    ...{ maxConnections: 100, monotonicNow, log, memory: createMemoryBudget(Infinity) },
    ...options,
  });
  closing.push(() => listener.close(0));
  return { log, origin: `http://${listener.address}` };
}

const failing = {
  ...createServingState(),
  serving: () => {
    throw new Error('no state');
  },
};

test.each<readonly [string, Partial<HttpListenerOptions>, string, RequestInit]>([
  ['an answer that cannot be encoded', {}, '/inventory/v1/job/list', { method: 'POST', body: '{}' }],
  ['a page that fails', { state: failing }, '/readyz', {}],
])('%s is a fault with the id of its request', async (_, options, path, init) => {
  const { log, origin } = await open(options);
  const headers = { 'content-type': 'application/json', 'x-request-id': REQUEST_ID };
  const response = await fetch(`${origin}${path}`, { ...init, headers });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain(REQUEST_ID);
  expect(log.entries.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      about: { request_id: REQUEST_ID, err: expect.any(Error) },
      message: expect.any(String),
    },
  ]);
});
