// Connection limits: each listener accepts a share of the process's file descriptors, and none starves another.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { connectionLimit, DEFAULT_DESCRIPTORS } from '../../src/server/descriptors.js';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import type { Listener } from '../../src/server/listener.js';
import { createServingState } from '../../src/server/serving-state.js';
import { createTls } from '../../src/server/tls.js';
import { openAdminListener } from '../../src/server/admin/admin.js';
import { openHttpServer } from '../../src/server/http-server.js';
import type { HttpEnv } from '../../src/server/http-server.js';
import { authority } from '../harness/certificates.js';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { idleConnections } from '../harness/idle.js';
import { listenerOptions } from '../harness/chained.js';
import { createRecordedLog } from '../harness/log.js';
import { NO_METRICS } from '../harness/metrics.js';
import { startProgram } from '../harness/program.js';
import type { Addresses, Program } from '../harness/program.js';
import { mongodbUri } from '../harness/service.js';
import { until } from '../harness/until.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-descriptors-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  [Infinity, 124, 4096],
  [20_000, 124, 4096],
  [1024, 124, 418],
  [256, 124, 34],
  [64, 124, 8],
])(
  'a descriptor limit of %d with %d for the database allows %d connections of each listener',
  (of, database, expected) => {
    expect(connectionLimit(of, database)).toBe(expected);
  },
);

test('4,096 descriptors are assumed where the system reports no limit', () => {
  expect(DEFAULT_DESCRIPTORS).toBe(4096);
});

const MAX_CONNECTIONS = 4;

/** Starts each kind of listener with a limit of a few connections. */
const LISTENERS: readonly (readonly [
  string,
  number,
  (log: ReturnType<typeof createRecordedLog>) => Promise<Listener>,
])[] = [
  [
    'gRPC',
    MAX_CONNECTIONS,
    (log) =>
      openGrpcListener({
        ...{ ...listenerOptions(), maxConnections: MAX_CONNECTIONS, log },
        calls: {
          unary: () => Promise.resolve(new Uint8Array()),
          stream: () => {
            throw new Error('gRPC streams nothing');
          },
        },
      }),
  ],
  [
    'HTTP',
    MAX_CONNECTIONS,
    (log) =>
      openHttpServer(new Hono<HttpEnv>(), {
        name: 'HTTP',
        host: '127.0.0.1',
        port: 0,
        maxConnections: MAX_CONNECTIONS,
        log,
      }),
  ],
  [
    'HTTP by TLS',
    MAX_CONNECTIONS,
    async (log) => {
      const { cert, key } = await (await authority('ours')).issue('a1');
      const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: undefined };
      await Promise.all([writeFile(files.cert, cert), writeFile(files.key, key)]);
      const tls = await createTls(files, { report: () => undefined });
      tls.stop();
      const where = {
        name: 'HTTP' as const,
        host: '127.0.0.1',
        port: 0,
        maxConnections: MAX_CONNECTIONS,
        log,
      };
      return openHttpServer(new Hono<HttpEnv>(), { ...where, tls });
    },
  ],
  [
    'admin',
    16,
    (log) =>
      openAdminListener(createServingState(), { host: '127.0.0.1', port: 0, metrics: NO_METRICS, log }),
  ],
];

test.each(LISTENERS)(
  'the %s listener accepts %d connections, rejects more, and logs the start and end of rejecting once',
  async (listener, max, start) => {
    const log = createRecordedLog();
    const [name] = listener.split(' by ');
    const { address, close } = await start(log);
    const warnings = (): readonly unknown[] => log.entries.map(({ level, about }) => ({ level, about }));
    const refusing = { level: 'warn', about: { listener: name, max } };
    const ended = { level: 'info', about: { listener: name, max } };
    {
      using few = await idleConnections([address], max);
      expect(few.refused()).toBe(0);
      using many = await idleConnections([address], 10);
      await until('the others are rejected', () => many.refused() === 10, 5000);
      expect(few.refused()).toBe(0);
      expect(warnings()).toEqual([refusing]);
    }
    await until('the end is logged', () => log.entries.length === 2, 5000);
    {
      using many = await idleConnections([address], max + 3);
      await until('the others are rejected', () => many.refused() === 3, 5000);
    }
    await until('the second end is logged', () => log.entries.length === 4, 5000);
    expect(warnings()).toEqual([refusing, ended, refusing, ended]);
    await close(0);
  },
);

describe('a process with 256 descriptors', () => {
  const FLOOD_CONNECTIONS = 225;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let program: Program;
  let addresses: Addresses;
  let client: JsonClient;

  /** Sends GET on a new connection or one of `of`; returns the status, or the error message. */
  const get = (address: string, path: string, of: Agent | false = false): Promise<number | string> =>
    new Promise((resolve) => {
      const [host, port] = address.split(':');
      request({ host, port, path, agent: of }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      })
        .once('error', ({ message }) => resolve(message))
        .end();
    });
  const probes = () => Promise.all(['/livez', '/readyz'].map((path) => get(addresses.admin, path)));
  const list = () => client.call('list', { domain_id: 'domain-of-nobody' });
  const warnings = () =>
    program.log.filter(({ msg }) => msg === 'connection limit reached: new connections are refused');

  beforeAll(async () => {
    program = startProgram(
      { MONGODB_URI: mongodbUri(), MONGODB_DATABASE: 'descriptors' },
      { descriptors: 256 },
    );
    addresses = await program.addresses();
    client = jsonClient(addresses.grpc);
  }, 30_000);
  afterAll(async () => {
    client.close();
    agent.destroy();
    await program.kill();
  });

  test('logs its connection limit', async () => {
    await until('it is logged', () => program.log.length > 1, 2000);
    expect(program.log).toContainEqual(
      expect.objectContaining({ level: 30, descriptors: 256, connections: 34 }),
    );
  });

  test.each([
    ['gRPC', ['grpc']],
    ['HTTP', ['http']],
    ['both transports', ['grpc', 'http']],
  ] as const)(
    'answers probes and open connections during a flood of idle connections over %s',
    async (_, listeners) => {
      expect(await list()).toHaveProperty('response');
      expect(await get(addresses.http, '/livez', agent)).toBe(200);
      const before = warnings().length;
      {
        using _flood = await idleConnections(
          listeners.map((listener) => addresses[listener]),
          FLOOD_CONNECTIONS,
        );
        await until('it is logged', () => warnings().length === before + listeners.length, 5000);
        expect(await probes()).toEqual([200, 200]);
        // Enough calls to use every connection to the database.
        const lists = await Promise.all(Array.from({ length: 200 }, list));
        expect(lists).toEqual(lists.map(() => ({ response: {} })));
        expect(await get(addresses.http, '/readyz', agent)).toBe(200);
        expect(await probes()).toEqual([200, 200]);
        expect(warnings()).toHaveLength(before + listeners.length);
      }
      await until(
        'new connections are accepted',
        async () => (await get(addresses.http, '/livez')) === 200,
        5000,
      );
      const another = jsonClient(addresses.grpc);
      expect(await another.call('list', { domain_id: 'domain-of-nobody' })).toHaveProperty('response');
      another.close();
      expect(program.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    },
  );
});
