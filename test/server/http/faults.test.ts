// Errors of the HTTP listener itself, beyond the chain: faults, answered as UNKNOWN, and bodies that come late; each is
// logged with the id of its request.
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { createMemoryBudget } from '../../../src/limits/memory-budget.js';
import { createTimeSlicer } from '../../../src/limits/yield.js';
import { createServingState } from '../../../src/server/serving-state.js';
import { openHttpListener } from '../../../src/server/http/http.js';
import type { HttpListenerOptions } from '../../../src/server/http/http.js';
import { chained, listenerOptions, monotonicNow } from '../../harness/chained.js';
import { dial } from '../../harness/tcp.js';
import { until } from '../../harness/until.js';

const REQUEST_ID = 'a-request-to-fail';
/** Truncated protobuf, which has no JSON. */
const MALFORMED = Uint8Array.of(0x0a, 0xff);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(options: Partial<HttpListenerOptions> = {}) {
  const { log, ...given } = listenerOptions();
  const { calls } = chained(() => Promise.resolve(MALFORMED));
  const listener = await openHttpListener({
    ...{ ...given, log, calls },
    ...{ corsOrigins: [], explorer: undefined, timeSlicer: createTimeSlicer(monotonicNow) },
    ...options,
  });
  closing.push(() => listener.close(0));
  return { log, address: listener.address, origin: `http://${listener.address}` };
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

test.each([
  ['the routes', '/inventory/v1/job/list', '"message":"ERROR_REQUEST_TIMEOUT: Request timeout!"'],
  ['Connect', '/spaceone.api.inventory.v1.Job/list', '"code":"deadline_exceeded"'],
])('a body that comes late over %s is answered, and its connection ends', async (_, path, expected) => {
  const memory = createMemoryBudget(1_000_000);
  const { log, address } = await open({ bodyTimeoutMs: 20, memory });
  const socket = dial(address);
  socket.write(
    [
      `POST ${path} HTTP/1.1`,
      'host: 127.0.0.1',
      'content-type: application/json',
      `x-request-id: ${REQUEST_ID}`,
      'content-length: 200000',
      `\r\n${' '.repeat(100_000)}`,
    ].join('\r\n'),
  );
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 504 /);
  expect(answer).toContain(expected);
  expect(answer).toContain(REQUEST_ID);
  expect(log.entries).toEqual([
    {
      level: 'info',
      about: expect.objectContaining({ request_id: REQUEST_ID, path, status: 504 }),
      message: 'refused',
    },
  ]);
  await until('its memory is free', () => memory.used() === 0, 2000);
});
