// The program before its database exists, after the database is killed or frozen, and after it returns.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { jsonClient } from './harness/client.js';
import type { JsonClient } from './harness/client.js';
import { createHealthClient } from './harness/health-client.js';
import type { HealthClient, Watching } from './harness/health-client.js';
import { createMongod } from './harness/mongod.js';
import type { Mongod } from './harness/mongod.js';
import { startProgram } from './harness/program.js';
import type { Program } from './harness/program.js';
import { freeAddress, portOf } from './harness/tcp.js';
import { until } from './harness/until.js';

/** Time limits: noticing the loss, noticing the return, and failing a call without a wait. */
const LOST_TIMEOUT_MS = 5000;
const BACK_TIMEOUT_MS = 3000;
const FAIL_FAST_MS = 500;
const GET = { domain_id: 'domain-1', job_id: 'job-1' };

let folder: string;
let mongod: Mongod;
let program: Program;
let client: JsonClient;
let health: HealthClient;
let watching: Watching;
let admin: string;

/** Starts the program with `options` in its URI, on fixed ports: they are needed before it serves and logs any. */
async function startService(options = ''): Promise<void> {
  const grpc = await freeAddress();
  admin = await freeAddress();
  program = startProgram({
    MONGODB_URI: `mongodb://${mongod.host}/?${options}`,
    GRPC_PORT: portOf(grpc),
    ADMIN_PORT: portOf(admin),
  });
  client = jsonClient(grpc);
  health = createHealthClient(grpc);
  await until(
    'the admin listener accepts connections',
    () => pageStatus('/livez').then(Boolean, () => false),
    10_000,
  );
  watching = health.watch('spaceone.api.inventory.v1.Job');
}

const pageStatus = async (path: string): Promise<number> => (await fetch(`http://${admin}${path}`)).status;

/** Waits until Check reports `expected`, then expects Watch and both probes to agree. */
async function expectServing(expected: 'SERVING' | 'NOT_SERVING', within: number): Promise<void> {
  await until(`the service is ${expected}`, async () => (await health.check()) === expected, within);
  await until('Watch agrees', () => watching.seen.at(-1) === expected, 500);
  expect(await pageStatus('/readyz')).toBe({ SERVING: 200, NOT_SERVING: 503 }[expected]);
  expect(await pageStatus('/livez')).toBe(200);
}

const UNAVAILABLE = {
  error: {
    status: 'UNAVAILABLE',
    code: 'ERROR_UNAVAILABLE',
    text: expect.stringContaining('the database cannot be reached'),
    details: expect.objectContaining({
      details: expect.arrayContaining([
        expect.objectContaining({ '@type': 'type.googleapis.com/google.rpc.RetryInfo' }),
      ]),
    }),
  },
};
const NOT_FOUND = { error: { status: 'NOT_FOUND' } };

/** Expects a call to fail long before its deadline. */
async function failsFast(): Promise<void> {
  const startedAt = performance.now();
  expect(await client.call('get', GET, { deadline: Date.now() + 5000 })).toEqual(UNAVAILABLE);
  expect(performance.now() - startedAt).toBeLessThan(FAIL_FAST_MS);
}

/** Expects a call to reach the database: NOT_FOUND is known only there. */
async function reachesDatabase(): Promise<void> {
  expect(await client.call('get', GET, { deadline: Date.now() + 5000 })).toMatchObject(NOT_FOUND);
}

const REQUESTS: Readonly<Record<'list' | 'stat', JsonObject>> = {
  list: { domain_id: 'domain-1' },
  stat: { domain_id: 'domain-1', query: { aggregate: [{ count: { name: 'jobs' } }] } },
};

async function answersStat(): Promise<void> {
  const outcome = await client.call('stat', REQUESTS.stat, { deadline: Date.now() + 5000 });
  expect(outcome).toHaveProperty('response');
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-lost-'));
  mongod = createMongod(await freeAddress(), folder);
});
afterEach(async () => {
  watching.cancel();
  client.close();
  health.close();
  await program.kill();
  await mongod.kill();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the program waits for a database that starts after it', async () => {
  await startService();
  await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
  await until('the reason is logged', () => program.log.length > 0, LOST_TIMEOUT_MS);
  await failsFast();
  expect(program.log.filter(({ msg }) => msg === 'serving')).toEqual([]);
  await mongod.start();
  await expectServing('SERVING', BACK_TIMEOUT_MS);
  await reachesDatabase();
  expect(watching.seen).toEqual(['NOT_SERVING', 'SERVING']);
  expect(program.log.filter(({ msg }) => msg === 'serving')).toHaveLength(1);
}, 40_000);

test('the program finds a database that starts after the driver has given up', async () => {
  await startService('serverSelectionTimeoutMS=300');
  await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
  await pause(1500);
  await mongod.start();
  await expectServing('SERVING', BACK_TIMEOUT_MS);
  await Promise.all([reachesDatabase(), answersStat()]);
}, 40_000);

test.each(['list', 'stat'] as const)(
  'the first %s runs into a frozen database and later ones are answered',
  async (rpc) => {
    await mongod.start();
    await startService('serverSelectionTimeoutMS=1000');
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await mongod.freeze();
    const first = client.call(rpc, REQUESTS[rpc], { deadline: Date.now() + 1500 });
    await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
    expect(await first).toMatchObject({ error: { status: expect.stringMatching(/UNAVAILABLE|DEADLINE/) } });
    mongod.thaw();
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    expect(await client.call(rpc, REQUESTS[rpc], { deadline: Date.now() + 5000 })).toHaveProperty('response');
  },
  40_000,
);

describe('a running database', () => {
  beforeEach(async () => {
    await mongod.start();
    await startService();
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await reachesDatabase();
  }, 30_000);

  test('that is killed is reported as lost, and as back after a restart', async () => {
    await mongod.kill();
    await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
    await failsFast();
    await mongod.start();
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await reachesDatabase();
    expect(watching.seen.slice(-3)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  }, 40_000);

  test('that freezes is reported as lost, and as back when it continues', async () => {
    await mongod.freeze();
    await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
    await failsFast();
    mongod.thaw();
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await reachesDatabase();
    expect(watching.seen.slice(-3)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  }, 40_000);

  test.each([
    ['SIGKILL', () => mongod.kill()],
    ['SIGSTOP', () => mongod.freeze()],
  ])(
    'that is lost by %s fails calls within their deadline before the loss is noticed',
    async (_, lose) => {
      await lose();
      const startedAt = performance.now();
      const calls = Array.from({ length: 10 }, () =>
        client.call('get', GET, { deadline: Date.now() + 1500 }),
      );
      const outcomes = await Promise.all(calls);
      expect(performance.now() - startedAt).toBeLessThan(1500 + FAIL_FAST_MS);
      const statuses = outcomes.map((outcome) => ('error' in outcome ? outcome.error.status : 'OK'));
      expect(['UNAVAILABLE', 'DEADLINE_EXCEEDED']).toEqual(expect.arrayContaining(statuses));
    },
    40_000,
  );

  test('that has exited does not keep the program from exiting with 0', async () => {
    watching.cancel();
    await mongod.kill();
    const startedAt = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  }, 40_000);
});
