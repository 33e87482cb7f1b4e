// The program while its database is not there yet, is killed, and does not answer; and when it is back.
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
/** Milliseconds: until the loss is said, until the return is, and for a call that is refused at once. */
const LOST = 5000;
const BACK = 3000;
const AT_ONCE = 500;
const GET = { domain_id: 'domain-1', job_id: 'job-1' };

interface Mongod {
  kill(signal: NodeJS.Signals): void;
  /** Whether the kernel says that it stands still. */
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
/** What Watch has pushed. */
let pushed: string[];

/** Starts mongod on its port and folder, and waits until it takes connections. */
async function startMongod(): Promise<void> {
  const at = ['--bind_ip', '127.0.0.1', '--port', String(databasePort), '--nounixsocket', '--dbpath', folder];
  const child = spawn(binary, at, { stdio: ['ignore', 'pipe', 'ignore'] });
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

/** Stops it in its tracks, which the threads that are at work come to one after the other. */
async function freezeMongod(): Promise<void> {
  mongod?.kill('SIGSTOP');
  await until('mongod stands still', () => mongod?.stopped() ?? false, 2000);
}

/** Starts the program on ports that are known before it serves, with more in its URI. */
async function startService(options = ''): Promise<void> {
  const [grpc, forAdmin] = [await freePort(), await freePort()];
  program = startProgram({
    MONGODB_URI: `mongodb://127.0.0.1:${databasePort}/?${options}`,
    GRPC_PORT: String(grpc),
    ADMIN_PORT: String(forAdmin),
  });
  admin = `http://127.0.0.1:${forAdmin}`;
  client = jsonClient(`127.0.0.1:${grpc}`);
  health = new HealthClient(`127.0.0.1:${grpc}`, credentials.createInsecure());
  await until('the admin door is open', () => page('/livez').then(Boolean, () => false), 10_000);
  watching = health.watch({ service: 'spaceone.api.inventory.v1.Job' });
  watching.on('data', (response: HealthCheckResponse) => pushed.push(Serving[response.status]));
  watching.on('error', () => undefined);
}

const page = async (path: string): Promise<number> => (await fetch(`${admin}${path}`)).status;

const check = (): Promise<string> =>
  new Promise((resolve) => {
    health.check({ service: '' }, (error: ServiceError | null, response) => {
      resolve(error === null ? Serving[response.status] : status[error.code]);
    });
  });

/** Waits until Check says `due`, and looks at everything else that has to say the same. */
async function says(due: 'SERVING' | 'NOT_SERVING', within: number): Promise<void> {
  await until(`the service is ${due}`, async () => (await check()) === due, within);
  await until('Watch says so too', () => pushed.at(-1) === due, 500);
  expect(await page('/readyz')).toBe({ SERVING: 200, NOT_SERVING: 503 }[due]);
  expect(await page('/livez')).toBe(200);
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
const NOT_THERE = { error: { status: 'NOT_FOUND' } };

/** Expects a call to be refused long before its deadline. */
async function refusesAtOnce(): Promise<void> {
  const begun = performance.now();
  expect(await client.call('get', GET, { deadline: Date.now() + 5000 })).toEqual(UNAVAILABLE);
  expect(performance.now() - begun).toBeLessThan(AT_ONCE);
}

/** Expects a call to reach the database: a job that is not there is known not to be. */
async function answers(): Promise<void> {
  expect(await client.call('get', GET, { deadline: Date.now() + 5000 })).toMatchObject(NOT_THERE);
}

const ASKED: Readonly<Record<'list' | 'stat', JsonObject>> = {
  list: { domain_id: 'domain-1' },
  stat: { domain_id: 'domain-1', query: { aggregate: [{ count: { name: 'jobs' } }] } },
};

async function answersStat(): Promise<void> {
  const asked = await client.call('stat', ASKED.stat, { deadline: Date.now() + 5000 });
  expect(asked).toHaveProperty('response');
}

beforeAll(async () => {
  ({ path: binary } = await findMongod(process.env['MONGOD_BINARY'], CACHE, () => undefined));
});
beforeEach(async () => {
  pushed = [];
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

test('a database that is not there at the start is waited for', async () => {
  await startService();
  await says('NOT_SERVING', LOST);
  await until('it says why', () => program.log.length > 0, LOST);
  await refusesAtOnce();
  expect(program.log.filter(({ msg }) => msg === 'serving')).toEqual([]);
  await startMongod();
  await says('SERVING', BACK);
  await answers();
  expect(pushed).toEqual(['NOT_SERVING', 'SERVING']);
  expect(program.log.filter(({ msg }) => msg === 'serving')).toHaveLength(1);
}, 40_000);

test('a database that comes when the driver has given up is waited for all the same', async () => {
  await startService('serverSelectionTimeoutMS=300');
  await says('NOT_SERVING', LOST);
  await pause(1500);
  await startMongod();
  await says('SERVING', BACK);
  await Promise.all([answers(), answersStat()]);
}, 40_000);

test.each(['list', 'stat'] as const)(
  'the first %s falls into a stall, and those after it are answered',
  async (rpc) => {
    await startMongod();
    await startService('serverSelectionTimeoutMS=1000');
    await says('SERVING', BACK);
    await freezeMongod();
    const first = client.call(rpc, ASKED[rpc], { deadline: Date.now() + 1500 });
    await says('NOT_SERVING', LOST);
    expect(await first).toMatchObject({ error: { status: expect.stringMatching(/UNAVAILABLE|DEADLINE/) } });
    mongod?.kill('SIGCONT');
    await says('SERVING', BACK);
    expect(await client.call(rpc, ASKED[rpc], { deadline: Date.now() + 5000 })).toHaveProperty('response');
  },
  40_000,
);

describe('a database that serves', () => {
  beforeEach(async () => {
    await startMongod();
    await startService();
    await says('SERVING', BACK);
    await answers();
  }, 30_000);

  test('and is killed is missed, and found again on its return', async () => {
    await killMongod();
    await says('NOT_SERVING', LOST);
    await refusesAtOnce();
    await startMongod();
    await says('SERVING', BACK);
    await answers();
    expect(pushed.slice(-3)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  }, 40_000);

  test('and no longer answers is missed, and found again when it answers', async () => {
    await freezeMongod();
    await says('NOT_SERVING', LOST);
    await refusesAtOnce();
    mongod?.kill('SIGCONT');
    await says('SERVING', BACK);
    await answers();
    expect(pushed.slice(-3)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  }, 40_000);

  test.each([
    ['SIGKILL', killMongod],
    ['SIGSTOP', freezeMongod],
  ])(
    'and is lost by %s before it is missed fails calls within their deadline',
    async (_, lose) => {
      await lose();
      const begun = performance.now();
      const calls = Array.from({ length: 10 }, () =>
        client.call('get', GET, { deadline: Date.now() + 1500 }),
      );
      const outcomes = await Promise.all(calls);
      expect(performance.now() - begun).toBeLessThan(1500 + AT_ONCE);
      const statuses = outcomes.map((outcome) => ('error' in outcome ? outcome.error.status : 'OK'));
      expect(['UNAVAILABLE', 'DEADLINE_EXCEEDED']).toEqual(expect.arrayContaining(statuses));
    },
    40_000,
  );

  test('and is gone does not keep the program from ending with 0', async () => {
    watching.cancel();
    await killMongod();
    const begun = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(5000);
  }, 40_000);
});
