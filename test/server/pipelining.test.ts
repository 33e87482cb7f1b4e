// Calls sharing a connection, pipelined over HTTP/1.1: all of them end when the connection breaks or nobody reads.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { JsonObject } from '@bufbuild/protobuf';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import { routeOf } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { openSession, openStream } from '../harness/raw-grpc.js';
import { useService } from '../harness/use-service.js';
import { insertSlowJob, noneRunning, openCursors, slowStat } from '../harness/slow.js';
import { dial } from '../harness/tcp.js';
import { until } from '../harness/until.js';

const DATABASE = 'pipelining';
const EXPORT_DOMAIN = 'domain-0000000many0';
const SMALL_DOMAIN = 'domain-3f1c9a7b2e40';
/** Enough jobs to exceed all buffers between the database and the client. */
const JOBS = 30_000;

const service = useService(DATABASE);

beforeAll(async () => {
  await insertSlowJob(service.db);
  const jobs = Array.from({ length: JOBS }, (_, i) => ({
    job_id: `job-${i}`,
    domain_id: EXPORT_DOMAIN,
    created_at: new Date(i),
    errors: [{ error_code: 'E', message: 'x'.repeat(500) }],
  }));
  await service.insert(jobs);
});

const memoryReleased = (): Promise<void> =>
  until('all memory is released', () => service.taken() === 0, 10_000);

describe('exports', () => {
  /** Builds the text of `count` export requests. */
  function exportsOf(
    count: number,
    headers: Readonly<Record<string, string>> = {},
    request: JsonObject = { domain_id: EXPORT_DOMAIN },
  ): string {
    const body = JSON.stringify(request);
    const all = {
      host: service.http,
      'content-type': 'application/json',
      accept: 'application/x-ndjson',
      ...headers,
    };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const text = `POST ${routeOf('list')} HTTP/1.1\r\n${head.join('')}content-length: ${body.length}\r\n\r\n${body}`;
    return text.repeat(count);
  }

  /** Opens a connection and pipelines exports on it; only the first can be answered before the others. */
  async function pipelined(...exports: Parameters<typeof exportsOf>): Promise<Socket> {
    const socket = dial(service.http);
    sockets.push(socket);
    socket.pause();
    await once(socket, 'connect');
    socket.write(exportsOf(...exports));
    return socket;
  }
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  const runningExports = (): number => service.usage().schedulers.exports.running;
  const waitingExports = (): number => service.usage().schedulers.exports.waiting;

  const WAYS_TO_LEAVE: readonly (readonly [
    string,
    (socket: Socket) => unknown,
    Readonly<Record<string, string>>,
  ])[] = [
    ['breaks', (socket) => socket.destroy(), {}],
    ['is reset', (socket) => socket.resetAndDestroy(), {}],
    ['is half closed', (socket) => socket.end(), {}],
    ['breaks while its answers are compressed', (socket) => socket.destroy(), { 'accept-encoding': 'gzip' }],
  ];

  test.each(WAYS_TO_LEAVE)(
    'queued behind each other end when their connection %s',
    async (_, leave, headers) => {
      const sockets = await Promise.all(Array.from({ length: 3 }, () => pipelined(2, headers)));
      await until('the exports run', () => runningExports() === 6, 10_000);
      sockets.forEach(leave);
      await memoryReleased();
      expect(await openCursors(service.client, DATABASE)).toEqual([]);
      sockets.forEach((socket) => socket.destroy());
    },
  );

  test('end with their connections, running and waiting ones alike', async () => {
    const sockets = await Promise.all(Array.from({ length: 16 }, () => pipelined(2)));
    await until('some run and some wait', () => runningExports() === 15 && waitingExports() > 0, 10_000);
    sockets.forEach((socket) => socket.destroy());
    await memoryReleased();
  });

  test('queued behind an unread export end at their deadlines', async () => {
    const socket = await pipelined(1);
    socket.write(exportsOf(2, { 'grpc-timeout': '700m' }));
    await until('the exports run', () => runningExports() === 3, 10_000);
    await until('only the first runs', () => runningExports() === 1, 10_000);
    socket.destroy();
    await memoryReleased();
  });

  test('following each other on a connection are complete', async () => {
    const socket = await pipelined(2, {}, { domain_id: SMALL_DOMAIN });
    const chunks: Buffer[] = [];
    const ends = (): number => Buffer.concat(chunks).toString('latin1').split('\r\n0\r\n\r\n').length - 1;
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
    await until('both have ended', () => ends() === 2, 10_000);
    const jobs = await service.db.collection('job').countDocuments({ domain_id: SMALL_DOMAIN });
    expect(
      Buffer.concat(chunks)
        .toString('latin1')
        .match(/\n\{"job_id":/g),
    ).toHaveLength(2 * jobs);
  });
});

// Each stat would run for minutes.
describe('stats', () => {
  const STATS = 6;
  const stats = Array.from({ length: STATS }, (_, nth) => slowStat(4, `rows${nth}`));

  async function byHttp(): Promise<() => void> {
    const requests = stats.map((stat) => {
      const body = JSON.stringify(stat);
      const head = `host: ${service.http}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
      return `POST ${routeOf('stat')} HTTP/1.1\r\n${head}\r\n\r\n${body}`;
    });
    const socket = dial(service.http);
    await once(socket, 'connect');
    socket.write(requests.join(''));
    return () => socket.destroy();
  }

  function byGrpc(): Promise<() => void> {
    const session = openSession(service.address);
    for (const stat of stats) {
      openStream(session, pathOf('stat')).end(framed(encodeRequest('stat', stat)));
    }
    return Promise.resolve(() => session.destroy());
  }

  test.each([
    ['HTTP', byHttp],
    ['gRPC', byGrpc],
  ] as const)('on one connection all end with it, over %s', async (_, startStats) => {
    const leave = await startStats();
    await until('all are running', () => service.usage().schedulers.stats.running === STATS, 10_000);
    leave();
    await memoryReleased();
    await noneRunning(service.client, DATABASE, 1000);
  });
});
