// Connections at once: as many as the descriptors of the process allow, and none of one listener at the cost of another.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { connectionLimit, descriptorLimit } from '../../src/server/descriptors.js';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import type { Listener } from '../../src/server/listener.js';
import { createServingState } from '../../src/server/serving-state.js';
import { tlsFiles } from '../../src/server/tls.js';
import { openAdminListener } from '../../src/server/admin/admin.js';
import { openHttpServer } from '../../src/server/http-server.js';
import type { HttpEnv } from '../../src/server/http-server.js';
import { authority } from '../harness/certificates.js';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { idleConnections } from '../harness/idle.js';
import { monotonicNow, now } from '../harness/chained.js';
import { keptLog } from '../harness/log.js';
import { startProgram } from '../harness/program.js';
import type { Addresses, Program } from '../harness/program.js';
import { mongodbUri } from '../harness/service.js';
import { until } from '../harness/until.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-descriptors-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the limit of descriptors', () => {
  test.each([
    ['Max open files            1024                 4096                 files     \n', 1024],
    ['Max processes             7                    7\nMax open files            256   256   files\n', 256],
    ['Max open files            unlimited            unlimited            files     \n', Infinity],
    ['nothing of the kind\n', 4096],
  ])('is read from %j', async (text, expected) => {
    const file = join(folder, 'limits');
    await writeFile(file, text);
    expect(await descriptorLimit(file)).toBe(expected);
  });

  test('is taken for 4,096 where the system does not say', async () => {
    expect(await descriptorLimit(join(folder, 'missing'))).toBe(4096);
  });

  test.each([
    [Infinity, 124, 4096],
    [20_000, 124, 4096],
    [1024, 124, 418],
    [256, 124, 34],
    [64, 124, 8],
  ])('%d, of which %d are for the database, allows %d connections a transport', (of, database, expected) => {
    expect(connectionLimit(of, database)).toBe(expected);
  });
});

const MAX = 4;

/** Starts each kind of listener with room for a few connections. */
const LISTENERS: readonly (readonly [
  string,
  number,
  (log: ReturnType<typeof keptLog>) => Promise<Listener>,
])[] = [
  [
    'gRPC',
    MAX,
    (log) =>
      openGrpcListener({
        ...{ host: '127.0.0.1', port: 0, maxConnections: MAX, log },
        ...{ state: createServingState(), now, monotonicNow, version: 'test' },
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
    MAX,
    (log) =>
      openHttpServer(new Hono<HttpEnv>(), {
        name: 'HTTP',
        host: '127.0.0.1',
        port: 0,
        maxConnections: MAX,
        log,
      }),
  ],
  [
    'HTTP by TLS',
    MAX,
    async (log) => {
      const { cert, key } = await (await authority('ours')).issue('a1');
      const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: undefined };
      await Promise.all([writeFile(files.cert, cert), writeFile(files.key, key)]);
      const tls = await tlsFiles(files, { report: () => undefined });
      tls.stop();
      const where = { name: 'HTTP by TLS', host: '127.0.0.1', port: 0, maxConnections: MAX, log };
      return openHttpServer(new Hono<HttpEnv>(), { ...where, tls });
    },
  ],
  ['admin', 16, (log) => openAdminListener(createServingState(), { host: '127.0.0.1', port: 0, log })],
];

test.each(LISTENERS)(
  '%s takes %d connections, refuses more, and says so once until it is over',
  async (listener, max, start) => {
    const log = keptLog();
    const { address, close } = await start(log);
    const told = (): readonly unknown[] => log.told.map(({ level, about }) => ({ level, about }));
    const refusing = { level: 'warn', about: { listener, max } };
    const over = { level: 'info', about: { listener, max } };
    {
      using few = await idleConnections([address], max);
      expect(few.refused()).toBe(0);
      using many = await idleConnections([address], 10);
      await until('the others are refused', () => many.refused() === 10, 5000);
      expect(few.refused()).toBe(0);
      expect(told()).toEqual([refusing]);
    }
    await until('it is over', () => log.told.length === 2, 5000);
    {
      using many = await idleConnections([address], max + 3);
      await until('the others are refused', () => many.refused() === 3, 5000);
    }
    await until('it is over again', () => log.told.length === 4, 5000);
    expect(told()).toEqual([refusing, over, refusing, over]);
    await close(0);
  },
);

describe('a process with 256 descriptors', () => {
  const FLOOD = 225;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let program: Program;
  let addresses: Addresses;
  let client: JsonClient;

  /** The status of a GET on a connection of its own, or of `of`; why there is none. */
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
  const warnings = () => program.log.filter(({ msg }) => msg === 'too many connections: more are refused');

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

  test('says how many connections that allows', async () => {
    await until('it is said', () => program.log.length > 1, 2000);
    expect(program.log).toContainEqual(
      expect.objectContaining({ level: 30, descriptors: 256, connections: 34 }),
    );
  });

  test.each([
    ['gRPC', ['grpc']],
    ['HTTP', ['http']],
    ['both transports', ['grpc', 'http']],
  ] as const)(
    'answers probes and what is connected under a flood of idle connections by %s',
    async (_, listeners) => {
      expect(await list()).toHaveProperty('response');
      expect(await get(addresses.http, '/livez', agent)).toBe(200);
      const before = warnings().length;
      {
        using _flood = await idleConnections(
          listeners.map((listener) => addresses[listener]),
          FLOOD,
        );
        await until('it is said', () => warnings().length === before + listeners.length, 5000);
        expect(await probes()).toEqual([200, 200]);
        // So many that each connection to the database is needed.
        const lists = await Promise.all(Array.from({ length: 200 }, list));
        expect(lists).toEqual(lists.map(() => ({ response: {} })));
        expect(await get(addresses.http, '/readyz', agent)).toBe(200);
        expect(await probes()).toEqual([200, 200]);
        expect(warnings()).toHaveLength(before + listeners.length);
      }
      await until(
        'new connections are taken',
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
