// Calls release everything they hold: map entries, timers, listeners and cursors, for each kind of call and each way it ends.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { Socket } from 'node:net';
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { raceAbort } from '../src/limits/abort.js';
import type { RpcName } from './harness/client.js';
import { createHealthClient } from './harness/health-client.js';
import { createHttpClient, routeOf } from './harness/http-client.js';
import type { HttpClient } from './harness/http-client.js';
import { startService } from './harness/service.js';
import type { Service } from './harness/service.js';
import {
  insertSlowJob,
  noneRunning,
  openCursors,
  runningSoon,
  SLOW_DOMAIN,
  slowStat,
} from './harness/slow.js';
import { until } from './harness/until.js';

const DATABASE = 'released_resources';
const LARGE_DOMAIN = 'domain-large0000000';
/** Number of documents of a megabyte each: more than one MongoDB batch holds. */
const LARGE_JOBS = 20;
const MEGABYTE = 1024 ** 2;
const TIMEOUT_MS = 10_000;
/** The service counts its connections, so they are fewer than the variation allowed. */
const HTTP_CONNECTIONS = 8;

/** Objects created while a service starts, which live as long as the service. */
interface LongLived {
  readonly maps: readonly { readonly size: number }[];
  readonly signals: readonly AbortSignal[];
}

const ORIGINALS = { Map, Set, AbortController };

/** Records every Map, Set and AbortController created until `stop` is called. */
function recordCreated() {
  const maps: { readonly size: number }[] = [];
  const signals: AbortSignal[] = [];
  globalThis.Map = class<K, V> extends ORIGINALS.Map<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries ?? []);
      maps.push(this);
    }
  };
  globalThis.Set = class<T> extends ORIGINALS.Set<T> {
    constructor(values?: Iterable<T> | null) {
      super(values ?? []);
      maps.push(this);
    }
  };
  globalThis.AbortController = class extends ORIGINALS.AbortController {
    constructor() {
      super();
      signals.push(this.signal);
    }
  };
  return {
    longLived: { maps, signals } satisfies LongLived,
    stop() {
      Object.assign(globalThis, ORIGINALS);
    },
  };
}

let longLived: LongLived;
let service: Service;
let http: HttpClient;

beforeAll(async () => {
  const recorded = recordCreated();
  service = await startService(DATABASE, { maxResponseBytes: 40 * MEGABYTE });
  recorded.stop();
  longLived = recorded.longLived;
  http = createHttpClient(service.http, HTTP_CONNECTIONS);
  await insertSlowJob(service.db);
  const jobs = Array.from({ length: LARGE_JOBS }, (_, nth) => ({
    job_id: `job-large-${nth}`,
    domain_id: LARGE_DOMAIN,
    errors: [{ error_code: 'E', message: 'x'.repeat(MEGABYTE) }],
  }));
  await service.insert(jobs);
});
afterAll(() => {
  http.close();
  return service.stop();
});
afterEach(() => noneRunning(service.client, DATABASE, TIMEOUT_MS));

/** Returns names of domains not requested before. */
const domains = (count: number, name: string): readonly string[] =>
  Array.from({ length: count }, (_, nth) => `domain-${name}-${nth}`);

const exportJobs = (request: JsonObject): Promise<unknown> =>
  http.post(routeOf('list'), JSON.stringify(request), { headers: { accept: 'application/x-ndjson' } });

/** Calls of each kind on an empty domain, some of them rejected. */
const CALLS: Readonly<Record<string, (domain_id: string) => Promise<unknown>>> = {
  'a page': (domain_id) => service.call('list', { domain_id, query: { page: { start: 5, limit: 5 } } }),
  'a list': (domain_id) => service.call('list', { domain_id }),
  'a count': (domain_id) => service.call('list', { domain_id, query: { count_only: true } }),
  'a condition on the collector': (domain_id) =>
    service.call('list', { domain_id, query: { filter: [{ k: 'collector.name', v: 'a', o: 'eq' }] } }),
  'a stat': (domain_id) =>
    service.call('stat', { domain_id, query: { distinct: 'status', page: { limit: 1 } } }),
  'a get': (domain_id) => service.call('get', { domain_id, job_id: 'job-none' }),
  'a delete': (domain_id) => service.call('delete', { domain_id, job_id: 'job-none' }),
  'a rejected list': (domain_id) => service.call('list', { domain_id, query: { only: ['nothing'] } }),
  'an export': (domain_id) => exportJobs({ domain_id }),
  'a rejected export': (domain_id) => exportJobs({ domain_id, query: { count_only: true } }),
};

const sizes = (): number => longLived.maps.reduce((sum, { size }) => sum + size, 0);
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const listeners = (): number =>
  longLived.signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);

/** Allowed variation by the driver and the libraries; a leak of one per call would exceed it. */
const TOLERANCE = 12;
const CALLS_OF_EACH = 40;

describe('a finished call', () => {
  test.each(Object.entries(CALLS))(
    'leaves no map entry, timer or listener behind: %s',
    async (name, call) => {
      // A first round creates connections, sessions and everything else that is created once.
      await Promise.all(domains(CALLS_OF_EACH, `${name}-first`).map(call));
      const before = { sizes: sizes(), timers: timers(), listeners: listeners() };
      await Promise.all(domains(CALLS_OF_EACH, name).map(call));
      await until('maps are as before', () => sizes() - before.sizes < TOLERANCE, TIMEOUT_MS);
      await until('timers are as before', () => timers() - before.timers < TOLERANCE, TIMEOUT_MS);
      expect(listeners() - before.listeners).toBeLessThan(TOLERANCE);
    },
  );

  test('leaves no map entry or timer behind when it is cancelled', async () => {
    const cancelled = async (domain_id: string, nth: number): Promise<void> => {
      const controller = new AbortController();
      const call = service.call(
        'stat',
        { ...slowStat(4, `rows${nth}`), domain_id },
        { signal: controller.signal },
      );
      await runningSoon(service.client, DATABASE, 1);
      controller.abort();
      await call;
    };
    const round = async (first: number): Promise<void> => {
      await Promise.all(
        Array.from({ length: CALLS_OF_EACH }, (_, nth) => cancelled(SLOW_DOMAIN, first + nth)),
      );
      await noneRunning(service.client, DATABASE, TIMEOUT_MS);
    };
    await round(0);
    const before = { sizes: sizes(), timers: timers() };
    await round(CALLS_OF_EACH);
    await until('maps are as before', () => sizes() - before.sizes < TOLERANCE, TIMEOUT_MS);
    await until('timers are as before', () => timers() - before.timers < TOLERANCE, TIMEOUT_MS);
  });
});

test.each([
  ['resolves', () => Promise.resolve(1)],
  ['rejects', () => Promise.reject(new Error('it fails'))],
])('raceAbort removes its listener from the signal when the work %s', async (_, work) => {
  const { signal } = new AbortController();
  await Promise.allSettled([raceAbort(work(), signal)]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('on a persistent connection', () => {
  test('HTTP calls leave no listener on the socket', async () => {
    const sockets = new Set<Socket>();
    const addSocket = (message: unknown): void => {
      const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
      if (socket instanceof Socket) sockets.add(socket);
    };
    subscribe('http.server.request.start', addSocket);
    const own = createHttpClient(service.http, 1);
    const body = JSON.stringify({ domain_id: 'domain-none' });
    for (let calls = 0; calls < CALLS_OF_EACH; calls++)
      expect(await own.post(routeOf('list'), body)).toHaveProperty('code', 200);
    unsubscribe('http.server.request.start', addSocket);
    expect(sockets.size).toBe(1);
    const remaining = [...sockets].flatMap((socket) => socket.listeners('close'));
    expect(remaining.length).toBeLessThan(TOLERANCE);
    own.close();
  });

  test('cancelled health watches are removed from the watchers', async () => {
    const health = createHealthClient(service.address);
    const before = { sizes: sizes(), listeners: listeners() };
    const watches = Array.from({ length: CALLS_OF_EACH }, () => health.watch());
    await Promise.all(watches.map(({ begun }) => begun()));
    expect(sizes() - before.sizes).toBeGreaterThanOrEqual(CALLS_OF_EACH);
    for (const watch of watches) watch.cancel();
    await until('the watchers are removed', () => sizes() - before.sizes < TOLERANCE, TIMEOUT_MS);
    await until('the listeners are removed', () => listeners() - before.listeners < TOLERANCE, TIMEOUT_MS);
    health.close();
  });
});

describe('the cursor is closed', () => {
  test.each<readonly [string, RpcName, JsonObject, string]>([
    ['a page of more than one batch', 'list', { page: { limit: LARGE_JOBS } }, 'response'],
    ['a list of more than one batch', 'list', {}, 'response'],
    [
      'a stat over the size limit of a response',
      'stat',
      {
        aggregate: [
          { unwind: { path: 'errors' } },
          { project: { fields: ['a', 'b', 'c'].map((name) => ({ key: 'errors', name })) } },
        ],
      },
      'error',
    ],
  ])('after %s', async (_, rpc, query, expected) => {
    expect(await service.call(rpc, { domain_id: LARGE_DOMAIN, query })).toHaveProperty(expected);
    await until(
      'the cursor is closed',
      async () => (await openCursors(service.client, DATABASE)).length === 0,
      TIMEOUT_MS,
    );
  });
});
