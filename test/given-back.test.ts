// What calls take for themselves and leave behind when they are over: nothing, whatever kind they are and however they end.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { Socket } from 'node:net';
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, credentials } from '@grpc/grpc-js';
import { HealthCheckRequest, HealthCheckResponse } from '../src/gen/grpc/health/v1/health.js';
import { raceAbort } from '../src/limits/abort.js';
import { jsonClient } from './harness/client.js';
import type { JsonClient, RpcName } from './harness/client.js';
import { post } from './harness/http-client.js';
import { startService } from './harness/service.js';
import type { Service } from './harness/service.js';
import { insertSlowJob, noneRunning, runningSoon, SLOW_DOMAIN, slowStat } from './harness/slow.js';
import { until } from './harness/until.js';

const DATABASE = 'given_back';
const LARGE = 'domain-large0000000';
/** Documents of a megabyte each: more than one batch of MongoDB holds. */
const LARGE_JOBS = 20;
const MEGABYTE = 1024 ** 2;
const WITHIN = 10_000;

/** What is made while a service starts, and lives as long as it does. */
interface Lasting {
  readonly maps: readonly { readonly size: number }[];
  readonly signals: readonly AbortSignal[];
}

const own = { Map, Set, AbortController };

/** Makes every Map, Set and AbortController that is made from now on known, until `stop` is called. */
function watchMaking() {
  const maps: { readonly size: number }[] = [];
  const signals: AbortSignal[] = [];
  globalThis.Map = class<K, V> extends own.Map<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries ?? []);
      maps.push(this);
    }
  };
  globalThis.Set = class<T> extends own.Set<T> {
    constructor(values?: Iterable<T> | null) {
      super(values ?? []);
      maps.push(this);
    }
  };
  globalThis.AbortController = class extends own.AbortController {
    constructor() {
      super();
      signals.push(this.signal);
    }
  };
  return {
    lasting: { maps, signals } satisfies Lasting,
    stop() {
      Object.assign(globalThis, own);
    },
  };
}

let lasting: Lasting;
let service: Service;
let client: JsonClient;

beforeAll(async () => {
  const watched = watchMaking();
  service = await startService(DATABASE, { maxResponseBytes: 40 * MEGABYTE });
  watched.stop();
  lasting = watched.lasting;
  client = jsonClient(service.address);
  await insertSlowJob(service.db);
  const jobs = Array.from({ length: LARGE_JOBS }, (_, nth) => ({
    job_id: `job-large-${nth}`,
    domain_id: LARGE,
    errors: [{ error_code: 'E', message: 'x'.repeat(MEGABYTE) }],
  }));
  await service.db.collection('job').insertMany(jobs);
});
afterAll(async () => {
  client.close();
  await service.stop();
});
afterEach(() => noneRunning(service.client, DATABASE, WITHIN));

/** Names of domains that are asked about for the first time. */
const domains = (count: number, name: string): readonly string[] =>
  Array.from({ length: count }, (_, nth) => `domain-${name}-${nth}`);

/** Calls of each kind about a domain that has nothing, and one that is refused. */
const CALLS: Readonly<Record<string, (domain_id: string) => Promise<unknown>>> = {
  'a page': (domain_id) => client.call('list', { domain_id, query: { page: { start: 5, limit: 5 } } }),
  'a list': (domain_id) => client.call('list', { domain_id }),
  'a count': (domain_id) => client.call('list', { domain_id, query: { count_only: true } }),
  'a condition on the collector': (domain_id) =>
    client.call('list', { domain_id, query: { filter: [{ k: 'collector.name', v: 'a', o: 'eq' }] } }),
  'a stat': (domain_id) =>
    client.call('stat', { domain_id, query: { distinct: 'status', page: { limit: 1 } } }),
  'a get': (domain_id) => client.call('get', { domain_id, job_id: 'job-none' }),
  'a delete': (domain_id) => client.call('delete', { domain_id, job_id: 'job-none' }),
  'a list that is refused': (domain_id) => client.call('list', { domain_id, query: { only: ['nothing'] } }),
  'an export': (domain_id) => exported({ domain_id }),
  'an export that is refused': (domain_id) => exported({ domain_id, query: { count_only: true } }),
};

async function exported(request: JsonObject): Promise<string> {
  const headers = { accept: 'application/x-ndjson' };
  return (await post(service.http, '/inventory/v1/job/list', JSON.stringify(request), headers)).text();
}

const sizes = (): number => lasting.maps.reduce((sum, { size }) => sum + size, 0);
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const listeners = (): number =>
  lasting.signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);

/** What the driver and the libraries may have more of at one time than at another; calls are more. */
const SLACK = 12;
const EACH = 40;

describe('calls of each kind', () => {
  test.each(Object.entries(CALLS))('leave nothing of theirs behind: %s', async (name, call) => {
    // Connections, sessions and what else is made once are there before it is counted.
    await Promise.all(domains(EACH, `${name}-first`).map(call));
    const before = { sizes: sizes(), timers: timers(), listeners: listeners() };
    await Promise.all(domains(EACH, name).map(call));
    await until('maps are as before', () => sizes() - before.sizes < SLACK, WITHIN);
    await until('timers are as before', () => timers() - before.timers < SLACK, WITHIN);
    expect(listeners() - before.listeners).toBeLessThan(SLACK);
  });

  test('leave nothing of theirs behind where they are cancelled', async () => {
    const cancelled = async (domain_id: string, nth: number): Promise<void> => {
      const leaving = new AbortController();
      const call = client.call(
        'stat',
        { ...slowStat(4, `rows${nth}`), domain_id },
        { signal: leaving.signal },
      );
      await runningSoon(service.client, DATABASE, 1);
      leaving.abort();
      await call;
    };
    await Promise.all([SLOW_DOMAIN].map(cancelled));
    await noneRunning(service.client, DATABASE, WITHIN);
    const before = { sizes: sizes(), timers: timers() };
    await Promise.all(Array.from({ length: EACH }, (_, nth) => cancelled(SLOW_DOMAIN, nth + 1)));
    await noneRunning(service.client, DATABASE, WITHIN);
    await until('maps are as before', () => sizes() - before.sizes < SLACK, WITHIN);
    await until('timers are as before', () => timers() - before.timers < SLACK, WITHIN);
  });
});

test.each([
  ['is given', () => Promise.resolve(1)],
  ['fails', () => Promise.reject(new Error('it fails'))],
])('waiting for what %s leaves no listener on a signal that lives on', async (_, work) => {
  const { signal } = new AbortController();
  await Promise.allSettled([raceAbort(work(), signal)]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('on a connection that stays open', () => {
  test('calls over HTTP leave no listener', async () => {
    const sockets = new Set<Socket>();
    const take = (message: unknown): void => {
      const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
      if (socket instanceof Socket) sockets.add(socket);
    };
    subscribe('http.server.request.start', take);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const path = `http://${service.http}/inventory/v1/job/list`;
        const sent = httpRequest(path, { method: 'POST', agent, headers }, (response) => {
          response.resume().once('end', resolve);
        });
        sent.once('error', reject);
        sent.end(JSON.stringify({ domain_id: 'domain-none' }));
      });
    for (let calls = 0; calls < EACH; calls++) await ask();
    unsubscribe('http.server.request.start', take);
    expect(sockets.size).toBe(1);
    const left = [...sockets].flatMap((socket) => socket.listeners('close'));
    expect(left.length).toBeLessThan(SLACK);
    agent.destroy();
  });

  test('watches of the health that were cancelled are told nothing more', async () => {
    const channel = new Client(service.address, credentials.createInsecure());
    const before = { sizes: sizes(), listeners: listeners() };
    const watches = Array.from({ length: EACH }, () =>
      channel.makeServerStreamRequest(
        '/grpc.health.v1.Health/Watch',
        (request: HealthCheckRequest) => Buffer.from(HealthCheckRequest.encode(request).finish()),
        (bytes) => HealthCheckResponse.decode(bytes),
        { service: '' },
      ),
    );
    await Promise.all(watches.map((watch) => new Promise((resolve) => watch.once('data', resolve))));
    expect(sizes() - before.sizes).toBeGreaterThanOrEqual(EACH);
    for (const watch of watches) watch.on('error', () => undefined).cancel();
    await until('nobody is told', () => sizes() - before.sizes < SLACK, WITHIN);
    await until('nobody is ended', () => listeners() - before.listeners < SLACK, WITHIN);
    channel.close();
  });
});

describe('no cursor stays open', () => {
  const openCursors = async (): Promise<number> =>
    (
      await service.client
        .db('admin')
        .aggregate([{ $currentOp: { idleCursors: true } }, { $match: { ns: `${DATABASE}.job` } }])
        .toArray()
    ).length;

  test.each<readonly [string, RpcName, JsonObject, string]>([
    ['a page that is more than a batch', 'list', { page: { limit: LARGE_JOBS } }, 'response'],
    ['a list that is more than a batch', 'list', {}, 'response'],
    [
      'a stat that is more than an answer may be',
      'stat',
      {
        aggregate: [
          { unwind: { path: 'errors' } },
          { project: { fields: ['a', 'b', 'c'].map((name) => ({ key: 'errors', name })) } },
        ],
      },
      'error',
    ],
  ])('behind %s', async (_, rpc, query, due) => {
    expect(await client.call(rpc, { domain_id: LARGE, query })).toHaveProperty(due);
    await until('the cursor is closed', async () => (await openCursors()) === 0, WITHIN);
  });
});
