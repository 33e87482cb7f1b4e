// The program before its database exists, after the database is killed or frozen, and after it returns.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { credentials, status } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { findMongod } from '../src/embedded/mongod.js';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthClient,
} from '../src/gen/grpc/health/v1/health.js';
import type { HealthCheckResponse } from '../src/gen/grpc/health/v1/health.js';
import { jsonClient } from './harness/client.js';
import type { JsonClient } from './harness/client.js';
import { freePort } from '../src/embedded/embedded.js';
import { startProgram } from './harness/program.js';
import type { Program } from './harness/program.js';
import { until } from './harness/until.js';

const CACHE = fileURLToPath(new URL('../../.cache/mongod', import.meta.url));
/** Time limits: noticing the loss, noticing the return, and failing a call without a wait. */
const LOST_TIMEOUT_MS = 5000;
const BACK_TIMEOUT_MS = 3000;
const FAIL_FAST_MS = 500;
const GET = { domain_id: 'domain-1', job_id: 'job-1' };

interface Mongod {
  kill(signal: NodeJS.Signals): void;
  /** Reads from /proc: the process is suspended. */
  stopped(): boolean;
  readonly ended: Promise<unknown>;
}

let binary: string;
let folder: string;
let databasePort: number;
let mongod: Mongod | undefined;
let program: Program;
let client: JsonClient;
let health: HealthClient;
let watching: ClientReadableStream<HealthCheckResponse>;
let admin: string;
/** Serving statuses received from Watch, in order. */
let watched: string[];

/** Starts mongod on `databasePort` and `folder`, and waits until it takes connections. */
async function startMongod(): Promise<void> {
  const args = [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(databasePort),
    '--nounixsocket',
    '--dbpath',
    folder,
  ];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  mongod = {
    kill: (signal) => child.kill(signal),
    stopped: () => readFileSync(`/proc/${child.pid ?? ''}/stat`, 'utf8').includes(') T '),
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
  let listening = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    listening ||= line.includes('"Waiting for connections"');
  });
  await until('mongod takes connections', () => listening, 15_000);
}

async function killMongod(): Promise<void> {
  mongod?.kill('SIGKILL');
  await mongod?.ended;
}

/** Suspends mongod and waits for the stop: its running threads reach it one after the other. */
async function freezeMongod(): Promise<void> {
  mongod?.kill('SIGSTOP');
  await until('mongod is suspended', () => mongod?.stopped() ?? false, 2000);
}

/** Starts the program with `options` in its URI, on fixed ports: they are needed before it serves and logs any. */
async function startService(options = ''): Promise<void> {
  const [grpc, adminPort] = [await freePort(), await freePort()];
  program = startProgram({
    MONGODB_URI: `mongodb://127.0.0.1:${databasePort}/?${options}`,
    GRPC_PORT: String(grpc),
    ADMIN_PORT: String(adminPort),
  });
  admin = `http://127.0.0.1:${adminPort}`;
  client = jsonClient(`127.0.0.1:${grpc}`);
  health = new HealthClient(`127.0.0.1:${grpc}`, credentials.createInsecure());
  await until(
    'the admin listener accepts connections',
    () => pageStatus('/livez').then(Boolean, () => false),
    10_000,
  );
  watching = health.watch({ service: 'spaceone.api.inventory.v1.Job' });
  watching.on('data', (response: HealthCheckResponse) => watched.push(Serving[response.status]));
  watching.on('error', () => undefined);
}

const pageStatus = async (path: string): Promise<number> => (await fetch(`${admin}${path}`)).status;

const check = (): Promise<string> =>
  new Promise((resolve) => {
    health.check({ service: '' }, (error: ServiceError | null, response) => {
      resolve(error === null ? Serving[response.status] : status[error.code]);
    });
  });

/** Waits until Check reports `expected`, then expects Watch and both probes to agree. */
async function expectServing(expected: 'SERVING' | 'NOT_SERVING', within: number): Promise<void> {
  await until(`the service is ${expected}`, async () => (await check()) === expected, within);
  await until('Watch agrees', () => watched.at(-1) === expected, 500);
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

beforeAll(async () => {
  ({ path: binary } = await findMongod(process.env['MONGOD_BINARY'], CACHE, () => undefined));
});
beforeEach(async () => {
  watched = [];
  folder = await mkdtemp(join(tmpdir(), 'database-lost-'));
  databasePort = await freePort();
});
afterEach(async () => {
  watching.cancel();
  client.close();
  health.close();
  await program.kill();
  await killMongod();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the program waits for a database that starts after it', async () => {
  await startService();
  await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
  await until('the reason is logged', () => program.log.length > 0, LOST_TIMEOUT_MS);
  await failsFast();
  expect(program.log.filter(({ msg }) => msg === 'serving')).toEqual([]);
  await startMongod();
  await expectServing('SERVING', BACK_TIMEOUT_MS);
  await reachesDatabase();
  expect(watched).toEqual(['NOT_SERVING', 'SERVING']);
  expect(program.log.filter(({ msg }) => msg === 'serving')).toHaveLength(1);
}, 40_000);

test('the program finds a database that starts after the driver has given up', async () => {
  await startService('serverSelectionTimeoutMS=300');
  await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
  await pause(1500);
  await startMongod();
  await expectServing('SERVING', BACK_TIMEOUT_MS);
  await Promise.all([reachesDatabase(), answersStat()]);
}, 40_000);

test.each(['list', 'stat'] as const)(
  'the first %s runs into a frozen database and later ones are answered',
  async (rpc) => {
    await startMongod();
    await startService('serverSelectionTimeoutMS=1000');
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await freezeMongod();
    const first = client.call(rpc, REQUESTS[rpc], { deadline: Date.now() + 1500 });
    await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
    expect(await first).toMatchObject({ error: { status: expect.stringMatching(/UNAVAILABLE|DEADLINE/) } });
    mongod?.kill('SIGCONT');
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    expect(await client.call(rpc, REQUESTS[rpc], { deadline: Date.now() + 5000 })).toHaveProperty('response');
  },
  40_000,
);

describe('a running database', () => {
  beforeEach(async () => {
    await startMongod();
    await startService();
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await reachesDatabase();
  }, 30_000);

  test('that is killed is reported as lost, and as back after a restart', async () => {
    await killMongod();
    await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
    await failsFast();
    await startMongod();
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await reachesDatabase();
    expect(watched.slice(-3)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  }, 40_000);

  test('that freezes is reported as lost, and as back when it continues', async () => {
    await freezeMongod();
    await expectServing('NOT_SERVING', LOST_TIMEOUT_MS);
    await failsFast();
    mongod?.kill('SIGCONT');
    await expectServing('SERVING', BACK_TIMEOUT_MS);
    await reachesDatabase();
    expect(watched.slice(-3)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  }, 40_000);

  test.each([
    ['SIGKILL', killMongod],
    ['SIGSTOP', freezeMongod],
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

  test('that is gone does not keep the program from exiting with 0', async () => {
    watching.cancel();
    await killMongod();
    const startedAt = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  }, 40_000);
});
