// The program as a process: its ready line, settings, probes, shutdown, and the embedded mongod.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { MongoClient } from 'mongodb';
import { jsonClient } from './harness/client.js';
import { createHealthClient } from './harness/health-client.js';
import { post, routeOf } from './harness/http-client.js';
import { startProgram } from './harness/program.js';
import type { Program, Settings } from './harness/program.js';
import { leaveUnsent } from './harness/raw-grpc.js';
import { mongodbUri } from './harness/service.js';
import { insertSlowJob, noneRunning, runningSoon, slowStat } from './harness/slow.js';
import { listen } from './harness/tcp.js';
import { until } from './harness/until.js';

const DATABASE = 'main-program';
const ADDRESS: unknown = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
const LIST = { domain_id: 'domain-07d2e9c4a6b1', query: { page: { limit: 1 } } };

let mongo: MongoClient;
const started: Program[] = [];

/** Starts the program on the shared mongod, with its own database. */
function start(settings: Settings = {}): Program {
  const program = startProgram({ MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE, ...settings });
  started.push(program);
  return program;
}

beforeAll(async () => {
  mongo = new MongoClient(mongodbUri());
  await insertSlowJob(mongo.db(DATABASE));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((program) => program.kill()));
});
afterAll(async () => {
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
});

describe('the start', () => {
  test('logs one JSON line with every address', async () => {
    expect(await start().ready()).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      grpc: ADDRESS,
      http: ADDRESS,
      admin: ADDRESS,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      database: {
        name: DATABASE,
        hosts: [new URL(mongodbUri()).host],
        replica_set: 'embedded',
        answers: true,
      },
      msg: 'serving',
    });
  });

  test('opens no listener that is off', async () => {
    expect(await start({ HTTP_PORT: 'off', ADMIN_PORT: 'off' }).addresses()).toEqual({
      grpc: ADDRESS,
      http: 'off',
      admin: 'off',
    });
  });

  test.each(['GRPC_PORT', 'HTTP_PORT', 'ADMIN_PORT'])(
    'fails with one line if the port of %s is in use',
    async (variable) => {
      await using other = await listen(createServer());
      const program = start({ [variable]: String(other.port) });
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.log).toHaveLength(1);
      expect(program.log[0]).toMatchObject({
        level: 60,
        msg: `${variable}: port ${other.port} of 127.0.0.1 is in use by node, pid ${process.pid}; stop that, or set ${variable} to another port`,
      });
      expect(program.stderr()).toBe('');
    },
  );
});

const DURATION_TEXT = 'must be a time from 1ms to 1h, such as 500ms, 30s or 5m';
const SIZE_TEXT = 'must be a size from 1KiB to less than 2GiB, such as 64MiB';
const PORT_TEXT = 'must be a whole number from 0 to 65535';
const OPTIONAL_PORT_TEXT = `${PORT_TEXT}, or off`;
const DATABASE_NAME_TEXT =
  'MONGODB_DATABASE must be a database name of at most 63 bytes, without any of / \\ . " $ * < > : | ? and blanks';

test('EXPLORER=off serves no page but still the OpenAPI description', async () => {
  const { http } = await start({ EXPLORER: 'off' }).addresses();
  const statuses = ['/', '/docs', '/docs/start.js', '/openapi.json'].map(
    async (path) => (await fetch(`http://${http}${path}`)).status,
  );
  expect(await Promise.all(statuses)).toEqual([404, 404, 404, 200]);
});

test.each([
  ['a body that cannot be read', routeOf('list'), { rpc: 'list', status: 'INVALID_ARGUMENT' }],
  [
    'a request rejected before routing',
    '/inventory/v1/job/\u2028',
    { method: 'POST', status: 404, error: 'ERROR_HTTP_ROUTE', msg: 'refused' },
  ],
])('%s leaves one log line', async (_, path, expected) => {
  const program = start();
  const { http } = await program.addresses();
  await post(http, path, '{"domain_id"', { 'x-request-id': 'unread' });
  const lines = () => program.log.filter((line) => line['request_id'] === 'unread');
  await until('the line is logged', () => lines().length > 0, 2000);
  expect(lines()).toEqual([expect.objectContaining(expected)]);
});

describe('invalid settings', () => {
  test.each([
    ['MONGODB_URI', 'localhost:27017', 'must be a MongoDB URI, mongodb://… or mongodb+srv://…'],
    ['MONGODB_DATABASE', 'a.b', DATABASE_NAME_TEXT.replace('MONGODB_DATABASE ', '')],
    ['GRPC_PORT', 'off', PORT_TEXT],
    ['GRPC_PORT', '65536', PORT_TEXT],
    ['HTTP_PORT', '-1', OPTIONAL_PORT_TEXT],
    ['ADMIN_PORT', '80.5', OPTIONAL_PORT_TEXT],
    ['SAMPLE_DATA', 'yes', 'must be true or false'],
    ['MAX_PAGE_SIZE', 'many', 'must be a whole number from 0 to 4294967295'],
    ['MAX_RESPONSE_BYTES', '2GiB', SIZE_TEXT],
    ['MAX_RESPONSE_BYTES', '64 MB', SIZE_TEXT],
    ['DEFAULT_TIMEOUT', '30 seconds', DURATION_TEXT],
    ['DEFAULT_TIMEOUT', '0s', DURATION_TEXT],
    ['MAX_TIMEOUT', '2h', DURATION_TEXT],
    ['SHUTDOWN_GRACE', '-1s', DURATION_TEXT.replace('1ms', '0ms')],
    ['LOG_LEVEL', 'verbose', 'must be trace or debug or info or warn or error or fatal'],
    ['EXPLORER', 'true', 'must be on or off'],
  ])('%s=%s is reported in one line', async (variable, value, expected) => {
    const program = start({ [variable]: value });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr()).toBe(`${variable} ${expected}\n`);
    expect(program.log).toEqual([]);
  });

  test('are all reported at once', async () => {
    const program = start({ MONGODB_DATABASE: 'a/b', HTTP_PORT: 'none', DEFAULT_TIMEOUT: '10m' });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr().split('\n')).toEqual([
      DATABASE_NAME_TEXT,
      `HTTP_PORT ${OPTIONAL_PORT_TEXT}`,
      'DEFAULT_TIMEOUT must not be longer than MAX_TIMEOUT',
      '',
    ]);
  });

  test.each([
    ['AUTH', 'jwt'],
    ['AUTH', 'token'],
    ['AUTH_PUBLIC_KEYS', '/nonexistent/keys.json'],
    ['AUTH_IDENTITY_ENDPOINT', 'grpc://identity:50051'],
    ['TLS_CERT_FILE', '/nonexistent/tls.crt'],
    ['TLS_KEY_FILE', '/nonexistent/tls.key'],
    ['TLS_CLIENT_CA_FILE', '/nonexistent/ca.crt'],
  ])('%s=%s alone makes the start fail with a line naming it', async (variable, value) => {
    const program = start({ [variable]: value });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(`${program.stderr()}${JSON.stringify(program.log)}`).toMatch(new RegExp(`\\b${variable}\\b`));
  });
});

describe('AUTH=jwt', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inventory-job-auth-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('rejects calls without a token over gRPC and HTTP', async () => {
    const file = join(folder, 'keys.json');
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    await writeFile(file, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
    const { grpc, http } = await start({ AUTH: 'jwt', AUTH_PUBLIC_KEYS: file }).addresses();
    const token = await new SignJWT({ cat: 'API_KEY', did: LIST.domain_id })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey);
    const clients = [jsonClient(grpc), jsonClient(grpc, token)];
    const [without, withToken] = await Promise.all(clients.map((client) => client.call('list', LIST)));
    for (const client of clients) client.close();
    expect(without).toHaveProperty('error.status', 'UNAUTHENTICATED');
    expect(withToken).toHaveProperty('response');
    expect((await post(http, routeOf('list'), '{}')).status).toBe(401);
    expect((await post(http, routeOf('list'), '{}', { token })).status).toBe(200);
  });

  test.each([
    ['that does not exist', 'nowhere.json', ''],
    ['that is not a JWK set', 'other.json', '[]'],
  ])('does not start with a key file %s and names the setting', async (_, name, text) => {
    await writeFile(join(folder, 'other.json'), text);
    const program = start({ AUTH: 'jwt', AUTH_PUBLIC_KEYS: join(folder, name) });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(JSON.stringify(program.log)).toContain('AUTH_PUBLIC_KEYS: the file cannot be used');
  });
});

describe('the probes', () => {
  let program: Program;

  beforeAll(async () => {
    program = startProgram({ MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE });
    await program.ready();
  });
  afterAll(() => program.kill());

  test.each([
    ['http', 'GET', '/livez', 200],
    ['http', 'HEAD', '/readyz', 200],
    ['http', 'GET', '/readyz?verbose', 200],
    ['http', 'GET', '/nothing', 404],
    ['http', 'POST', '/livez', 405],
    ['admin', 'GET', '/livez', 200],
    ['admin', 'GET', '/readyz', 200],
    ['admin', 'GET', '/nothing', 404],
    ['admin', 'DELETE', '/readyz', 405],
  ] as const)('on the %s listener, %s %s answers %d', async (listener, method, path, status) => {
    const { [listener]: address } = await program.addresses();
    const response = await fetch(`http://${address}${path}`, { method });
    expect(response.status).toBe(status);
  });
});

/** Grace period of the shutdown, and the time allowed beyond it. */
const GRACE_MS = 8000;
const MARGIN_MS = 2000;

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('lets a running call finish, rejects new ones and exits with 0', async () => {
    const program = start({ SHUTDOWN_GRACE: `${GRACE_MS}ms` });
    const { grpc, admin } = await program.addresses();
    const [client, late] = [jsonClient(grpc), jsonClient(grpc)];
    const slow = client.call('stat', slowStat(3));
    await runningSoon(mongo, DATABASE, 1);
    const startedAt = performance.now();
    program.signal(signal);
    await until('the shutdown begins', () => program.log.some(({ msg }) => msg === 'stopping'), 1000);
    expect(await late.call('list', LIST)).toHaveProperty('error.status', 'UNAVAILABLE');
    expect(await client.call('list', LIST)).toHaveProperty('error.status', 'UNAVAILABLE');
    expect(await slow).toEqual({ response: { results: [{ rows: 1_000_000 }] } });
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(GRACE_MS + MARGIN_MS);
    await expect(fetch(`http://${admin}/livez`)).rejects.toThrow('fetch failed');
    client.close();
    late.close();
  });

  test('is not delayed by a stream that never sends its request', async () => {
    const program = start({ SHUTDOWN_GRACE: '1s' });
    const { grpc } = await program.addresses();
    const { session } = await leaveUnsent(grpc);
    const startedAt = performance.now();
    program.signal(signal);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(1000 + MARGIN_MS);
    session.destroy();
  });

  test('is not delayed by a Watch, which reports NOT_SERVING and ends', async () => {
    const program = start({ SHUTDOWN_GRACE: '4s' });
    const health = createHealthClient((await program.addresses()).grpc);
    const { seen, begun } = health.watch();
    await begun(2000);
    const startedAt = performance.now();
    program.signal(signal);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(seen).toEqual(['SERVING', 'NOT_SERVING']);
    expect(performance.now() - startedAt).toBeLessThan(MARGIN_MS);
    health.close();
  });

  test('stops an idle program long before the end of the grace period', async () => {
    const program = start();
    await program.ready();
    const startedAt = performance.now();
    program.signal(signal);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(MARGIN_MS);
    expect(program.log.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['stopping', 'stopped']));
    expect(program.stderr()).toBe('');
  });
});

test('a call that outlasts the grace period is ended, and the program exits', async () => {
  const program = start({ SHUTDOWN_GRACE: '500ms' });
  const client = jsonClient((await program.addresses()).grpc);
  const slow = client.call('stat', slowStat(4));
  await runningSoon(mongo, DATABASE, 1);
  program.signal('SIGTERM');
  expect(await slow).toHaveProperty('error');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  await noneRunning(mongo, DATABASE, 2000);
  client.close();
});

/** A module loaded before the program: SIGUSR2 causes an uncaught error. */
const FAULT_ON_SIGUSR2 = `data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => void Promise.reject(new Error('planted at mongodb://me:planted@host/')))",
)}`;

test('an uncaught error is logged without its secrets and ends the program with 1', async () => {
  const program = start({ MONGODB_URI: mongodbUri(), NODE_OPTIONS: `--import ${FAULT_ON_SIGUSR2}` });
  await program.ready();
  program.signal('SIGUSR2');
  expect(await program.ended).toEqual({ code: 1, signal: null });
  // The first check of the indexes may end after it, and log its findings.
  expect(program.log.filter(({ level }) => level === 60)).toMatchObject([
    { err: { message: 'planted at mongodb://[redacted]@host/' } },
  ]);
  expect(program.stderr()).toBe('');
});

const FAULT_LINE = 'uncaught exception: shutting down';

test.each([
  ['two uncaught errors', ['SIGUSR2', FAULT_LINE], 'SIGUSR2'],
  ['an uncaught error and SIGTERM', ['SIGUSR2', FAULT_LINE], 'SIGTERM'],
  ['SIGTERM and an uncaught error', ['SIGTERM', 'stopping'], 'SIGUSR2'],
] as const)('%s let running calls finish, and end the program with 1', async (_, [first, line], second) => {
  const program = start({ SHUTDOWN_GRACE: `${GRACE_MS}ms`, NODE_OPTIONS: `--import ${FAULT_ON_SIGUSR2}` });
  const client = jsonClient((await program.addresses()).grpc);
  // Together they last until the second event on a fast machine, too.
  const slow = ['a', 'b', 'c', 'd'].map((name) => client.call('stat', slowStat(3, name)));
  await runningSoon(mongo, DATABASE, 1);
  program.signal(first);
  await until('the shutdown begins', () => program.log.some(({ msg }) => msg === line), 1000);
  program.signal(second);
  expect((await Promise.all(slow)).filter((each) => 'error' in each)).toEqual([]);
  expect(await program.ended).toEqual({ code: 1, signal: null });
  client.close();
});

describe('without MONGODB_URI', () => {
  let folder: string;
  let program: Program;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'main-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  /** Returns the address of the mongod started by the program. */
  function hostOf(log: Program['log']): string {
    const line = log.map(({ msg }) => String(msg)).find((msg) => msg.startsWith('embedded mongod')) ?? '';
    return /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
  }

  async function pidAt(host: string): Promise<number> {
    const client = new MongoClient(`mongodb://${host}/?directConnection=true`);
    const { pid } = await client.db('admin').command({ serverStatus: 1 });
    await client.close();
    return Number(pid);
  }

  function isAlive(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false; // ESRCH: there is no such process
    }
  }

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'the program serves the sample from a mongod that ends with it after %s',
    async (signal) => {
      program = startProgram({ EMBEDDED_DATA_DIR: join(folder, signal) });
      started.push(program);
      const client = jsonClient((await program.addresses()).grpc);
      const pid = await pidAt(hostOf(program.log));
      expect(await client.call('list', LIST)).toMatchObject({ response: { total_count: 10 } });
      client.close();
      expect(isAlive(pid)).toBe(true);
      program.signal(signal);
      await program.ended;
      await until('mongod has ended', () => !isAlive(pid), 10_000);
    },
  );

  test('the program names the address of its mongod when that hangs', async () => {
    program = startProgram({ EMBEDDED_DATA_DIR: join(folder, 'hangs') });
    started.push(program);
    await program.ready();
    const host = hostOf(program.log);
    const pid = await pidAt(host);
    process.kill(pid, 'SIGSTOP');
    const line = `not serving: the database at ${host} does not answer`;
    const isNamed = () => program.log.some(({ msg }) => String(msg).startsWith(line));
    await until('the address is named', isNamed, 10_000).finally(() => process.kill(pid, 'SIGCONT'));
  });
});
