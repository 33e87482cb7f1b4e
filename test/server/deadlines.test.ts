// Calls that end without a response: deadlines, cancellation, limits, malformed requests and internal errors.
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import type { AppError } from '../../src/errors.js';
import type { Reason } from '../../src/reasons.js';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import { chained, monotonicNow, incoming, listenerOptions } from '../harness/chained.js';
import { jsonClient } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { framed } from '../harness/frames.js';
import { pathOf, requestBytes } from '../harness/messages.js';
import { leaveUnread } from '../harness/raw-grpc.js';
import { mongodbUri, startService } from '../harness/service.js';
import { MONITORED, useCommands, useService } from '../harness/use-service.js';
import { insertSlowJob, noneRunning, runningSoon, SLOW_DOMAIN, slowStat } from '../harness/slow.js';
import { timed } from '../harness/timed.js';

const DATABASE = 'deadlines';
const DEFAULT_TIMEOUT_MS = 7000;
const MAX_TIMEOUT_MS = 9000;
const DOMAIN = 'domain-07d2e9c4a6b1';
/** Time within which the operations of a finished call must end. */
const CLEANUP_TIMEOUT_MS = 250;

/** Text searched in vain from every offset by each condition of the slow list. */
const LONG_TEXT = `${'x'.repeat(100)}y`;
const slowList = (conditions = 100): JsonObject => ({
  domain_id: SLOW_DOMAIN,
  query: {
    filter: Array.from({ length: conditions }, () => ({
      k: 'filter.text',
      v: 'xxxxxxxxyx',
      o: 'not_contain',
    })),
    page: { limit: 1000 },
  },
});

const LIMITS = { defaultTimeoutMs: DEFAULT_TIMEOUT_MS, maxTimeoutMs: MAX_TIMEOUT_MS, collectorCacheMs: 0 };
const service = useService(DATABASE, LIMITS, MONITORED);
const commands = useCommands(service);
const mongo = new MongoClient(mongodbUri());

beforeAll(async () => {
  await insertSlowJob(service.db);
  const jobs = Array.from({ length: 10_000 }, (_, index) => ({
    job_id: `job-${index}`,
    domain_id: SLOW_DOMAIN,
    filters: { text: LONG_TEXT },
  }));
  await service.insert(jobs);
});
afterAll(() => mongo.close());

/** Of a full page, which needs a count. */
const STAT = { query: { distinct: 'status', page: { limit: 1 } } };
const LIST = { query: { page: { limit: 5 } } };
const MISSING = { job_id: 'job-000000000000' };
const RPCS: readonly (readonly [RpcName, JsonObject, number])[] = [
  ['list', LIST, 3],
  ['stat', STAT, 2],
  ['get', { job_id: 'job-39fc4a58d6de' }, 2],
  ['delete', MISSING, 1],
];

const limitsSent = (): unknown[] => commands.map(({ maxTimeMS }): unknown => maxTimeMS);
const between = (least: number, most: number) => (limit: unknown) =>
  typeof limit === 'number' && limit > least && limit <= most;

describe('maxTimeMS', () => {
  test.each(RPCS)(
    'of every command of %s is the remaining time of the deadline',
    async (rpc, request, count) => {
      await service.call(rpc, { domain_id: DOMAIN, ...request }, { deadline: Date.now() + 5000 });
      expect(limitsSent()).toHaveLength(count);
      expect(limitsSent().filter(between(3000, 5000))).toHaveLength(count);
    },
  );

  test.each(RPCS)(
    'of every command of %s without a deadline is DEFAULT_TIMEOUT',
    async (rpc, request, count) => {
      await service.call(rpc, { domain_id: DOMAIN, ...request });
      expect(limitsSent().filter(between(DEFAULT_TIMEOUT_MS - 2000, DEFAULT_TIMEOUT_MS))).toHaveLength(count);
    },
  );

  test.each(RPCS)('of every command of %s is at most MAX_TIMEOUT', async (rpc, request, count) => {
    await service.call(rpc, { domain_id: DOMAIN, ...request }, { deadline: Date.now() + 60_000 });
    expect(limitsSent().filter(between(MAX_TIMEOUT_MS - 2000, MAX_TIMEOUT_MS))).toHaveLength(count);
  });
});

const DEADLINE_EXCEEDED: unknown = { error: expect.objectContaining({ status: 'DEADLINE_EXCEEDED' }) };

timed('a database operation', () => {
  const operationsEnded = (): Promise<void> => noneRunning(mongo, DATABASE, CLEANUP_TIMEOUT_MS);
  // Operations left by one test do not reach the next.
  afterEach(() => noneRunning(mongo, DATABASE, 15_000));

  /** Starts a call; the returned function cancels it and returns its outcome. */
  function startCall(rpc: RpcName, request: JsonObject): () => Promise<Outcome> {
    const cancelling = new AbortController();
    const outcome = service.call(rpc, request, { signal: cancelling.signal });
    return () => {
      cancelling.abort();
      return outcome;
    };
  }

  test(`ends within ${CLEANUP_TIMEOUT_MS} ms of the cancellation of its call, for 2 stats and 2 lists at once`, async () => {
    // Equal calls would be coalesced.
    const cancels = [1, 2].map((nth) => [
      startCall('stat', slowStat(4, `rows${nth}`)),
      startCall('list', slowList(100 + nth)),
    ]);
    // A list runs two operations at once: find and count.
    await runningSoon(mongo, DATABASE, 6);
    const outcomes = await Promise.all(cancels.flat().map((cancel) => cancel()));
    await operationsEnded();
    const cancelled = { status: 'CANCELLED', text: 'Cancelled on client' };
    expect(outcomes).toEqual(outcomes.map(() => ({ error: expect.objectContaining(cancelled) })));
    expect(service.faults).toEqual([]);
  });

  test.each([
    ['stat', slowStat(4)],
    ['list', slowList()],
  ] as const)(`ends within ${CLEANUP_TIMEOUT_MS} ms of the deadline of its %s`, async (rpc, request) => {
    const deadline = Date.now() + 1000;
    const calls = Array.from({ length: 3 }, () => service.call(rpc, request, { deadline }));
    const outcomes = await Promise.all(calls);
    await operationsEnded();
    expect(outcomes).toEqual(calls.map(() => DEADLINE_EXCEEDED));
    expect(service.faults).toEqual([]);
  });

  test(`ends within ${CLEANUP_TIMEOUT_MS} ms of the loss of its connection`, async () => {
    const body = framed(requestBytes('stat', slowStat(4)));
    const { session } = leaveUnread(service.address, pathOf('stat'), body);
    await runningSoon(mongo, DATABASE, 1);
    session.destroy();
    await operationsEnded();
  });
});

test('abandoned calls leave their connections to later calls', async () => {
  const calls = Array.from({ length: 12 }, async (_, i) => {
    await service.call('stat', slowStat(4), { deadline: Date.now() + 100 + 10 * i });
    return service.call('stat', slowStat(2));
  });
  expect(await Promise.all(calls)).toEqual(calls.map(() => ({ response: expect.anything() })));
  expect(service.faults).toEqual([]);
});

const RPC_NAMES = ['get', 'list', 'stat', 'delete'] as const;

describe('a deadline', () => {
  test.each(RPC_NAMES)('already passed keeps %s from starting', async (rpc) => {
    let started = 0;
    const { calls } = chained(() => Promise.resolve(new Uint8Array(++started)));
    await expect(calls.unary(incoming(rpc, monotonicNow() - 1))).rejects.toMatchObject({
      code: 'ERROR_REQUEST_TIMEOUT',
      status: 'DEADLINE_EXCEEDED',
    } satisfies Partial<AppError>);
    expect(started).toBe(0);
    await calls.unary(incoming(rpc, monotonicNow() + 5000));
    expect(started).toBe(1);
  });

  test.each(RPC_NAMES)('passing during %s is answered although the work does not end', async (rpc) => {
    const { calls } = chained(() => new Promise(() => undefined));
    await expect(calls.unary(incoming(rpc, monotonicNow() + 100))).rejects.toHaveProperty(
      'code',
      'ERROR_REQUEST_TIMEOUT',
    );
  });

  test.each([
    ['serves', undefined, 'ERROR_REQUEST_TIMEOUT'],
    ['stops', 'stopping', 'ERROR_REQUEST_TIMEOUT'],
    ['is without its database', 'unreachable', 'ERROR_UNAVAILABLE'],
  ] as const)('passing while the service %s is answered with the cause', async (_, reason, code) => {
    let unready: Reason | undefined;
    const work = (): Promise<never> => {
      unready = reason;
      return new Promise(() => undefined);
    };
    const { calls } = chained(work, { unready: () => unready });
    const answer = calls.unary(incoming('list', monotonicNow() + 100));
    await expect(answer).rejects.toHaveProperty('code', code);
  });

  test.each([
    ['DEFAULT_TIMEOUT', { defaultTimeoutMs: 300 }, {}],
    ['MAX_TIMEOUT', { defaultTimeoutMs: 300, maxTimeoutMs: 300 }, { deadline: Date.now() + 600_000 }],
  ])('set by %s is answered with ERROR_REQUEST_TIMEOUT', async (_, limits, options) => {
    const service = await startService('deadlines-hasty', limits);
    await insertSlowJob(service.db);
    const started = performance.now();
    expect(await service.call('stat', slowStat(4), options)).toEqual({
      error: {
        status: 'DEADLINE_EXCEEDED',
        code: 'ERROR_REQUEST_TIMEOUT',
        text: 'Request timeout!',
        details: expect.objectContaining({ code: 4 }),
      },
    });
    expect(performance.now() - started).toBeLessThan(1500);
    await service.stop();
  });
});

const NOT_UTF8 = [0x66, 0xff, 0xfe];
/** Malformed requests with a part of the error text. Field 1 is the job id, or the query of lists and stats. */
const MALFORMED = [
  ['malformed bytes', [0xff, 0xff, 0xff, 0xff], 'key = request'],
  ['a truncated message', [0x0a, 0x20, 0x61], 'key = request'],
  ['invalid UTF-8 in field 1', [0x0a, NOT_UTF8.length, ...NOT_UTF8], '(key = '],
  ['an unterminated group', [0x0b], 'key = request'],
  ['field number 0', [0x02, 0x00], 'key = request'],
] as const;

describe('a request', () => {
  test.each(
    MALFORMED.flatMap(([what, bytes, text]) => RPC_NAMES.map((rpc) => [what, rpc, bytes, text] as const)),
  )('with %s is INVALID_ARGUMENT for %s', async (_, rpc, bytes, text) => {
    expect(await service.send(rpc, Uint8Array.from(bytes))).toMatchObject({
      error: {
        status: 'INVALID_ARGUMENT',
        code: 'ERROR_INVALID_PARAMETER',
        text: expect.stringContaining(text),
      },
    });
  });

  test('of 5 MiB is rejected before it is read', async () => {
    const outcome = await service.send('list', new Uint8Array(5 * 1024 ** 2));
    expect(outcome).toHaveProperty('error.status', 'RESOURCE_EXHAUSTED');
    expect(commands).toEqual([]);
    expect(await service.call('list', { domain_id: DOMAIN, ...LIST })).toHaveProperty('response');
  });
});

describe('the limits of a service', () => {
  const small = useService('deadlines-small', { maxPageSize: 100, maxResponseBytes: 20_000 });
  const callLimited = (rpc: RpcName, query: JsonObject) =>
    small.call(rpc, { domain_id: 'domain-3f1c9a7b2e40', query });

  test.each<readonly [RpcName, JsonObject]>([
    ['list', { page: { limit: 101 } }],
    ['list', { only: ['job_id'] }],
    ['list', { page: { start: 5 } }],
    ['stat', { distinct: 'status', page: { limit: 101 } }],
    ['stat', { distinct: 'status' }],
  ])('MAX_PAGE_SIZE rejects %s %j', async (rpc, query) => {
    expect(await callLimited(rpc, query)).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        code: 'ERROR_LIMIT_EXCEEDED',
        text: 'Limit exceeded. (limit = query.page.limit, max = 100)',
      },
    });
  });

  test.each([
    ['list', { page: { limit: 100 }, minimal: true }],
    ['list', { count_only: true }],
    ['stat', { distinct: 'status', page: { limit: 100 } }],
  ] as const)('MAX_PAGE_SIZE allows %s %j', async (rpc, query) => {
    expect(await callLimited(rpc, query)).toHaveProperty('response.total_count', expect.any(Number));
  });

  test.each<readonly [RpcName, JsonObject]>([
    ['list', { page: { limit: 100 } }],
    ['stat', { aggregate: [{ sort: { key: 'job_id' } }], page: { limit: 100 } }],
  ])('MAX_RESPONSE_BYTES rejects a %s of 100 whole jobs and suggests a smaller page', async (rpc, query) => {
    expect(await callLimited(rpc, query)).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        code: 'ERROR_LIMIT_EXCEEDED',
        text: expect.stringMatching(/page\.limit, max = 20000\)$/),
      },
    });
  });

  test('MAX_RESPONSE_BYTES allows a smaller page', async () => {
    expect(await callLimited('list', { page: { limit: 5 } })).toHaveProperty('response.results.length', 5);
  });
});

describe('an internal error', () => {
  let closing: (() => Promise<void>) | undefined;
  afterEach(() => closing?.());

  test.each([
    ['a rejection with an Error', () => Promise.reject(new Error('secret: mongodb://host'))],
    [
      'an Error thrown synchronously',
      () => {
        throw new TypeError('secret: mongodb://host');
      },
    ],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a rejection without an Error must not reach the client either
    ['a rejection with a string', () => Promise.reject('secret: mongodb://host')],
  ])('from %s is INTERNAL with the request id, and the server goes on', async (_, work) => {
    const { calls, faults } = chained(work);
    const listener = await openGrpcListener({ ...listenerOptions(), calls });
    closing = () => listener.close(0);
    const caller = jsonClient(listener.address);
    const outcomes = [];
    for (const rpc of RPC_NAMES) outcomes.push(await caller.call(rpc, { domain_id: DOMAIN }));
    caller.close();
    expect(faults).toHaveLength(RPC_NAMES.length);
    expect(outcomes).toEqual(
      faults.map((fault) => ({
        error: {
          status: 'INTERNAL',
          code: 'ERROR_UNKNOWN',
          text: `Internal error. (request_id = ${'request_id' in fault ? String(fault.request_id) : 'none'})`,
          details: expect.objectContaining({ code: 13 }),
        },
      })),
    );
    expect(JSON.stringify(outcomes)).not.toContain('secret');
  });
});
