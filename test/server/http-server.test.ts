// The ends of connections of an HTTP server: with late headers, and with their last answers once it closes.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { openHttpServer } from '../../src/server/http-server.js';
import type { HttpEnv, HttpServerOptions } from '../../src/server/http-server.js';
import { createRecordedLog } from '../harness/log.js';
import { dial } from '../harness/tcp.js';
import { until } from '../harness/until.js';

const GRACE_MS = 30_000;
/** More than the buffers of the system hold. */
const LARGE = Buffer.alloc(16 * 1024 ** 2);
const MARGIN_MS = 3000;

/** Serves `/short`, answered at once, `/whole`, answered on release, and `/begun`, whose last chunk waits for it. */
async function openHeld(given: Partial<HttpServerOptions> = {}) {
  const gate = new AbortController();
  const released = once(gate.signal, 'abort');
  const app = new Hono<HttpEnv>();
  const seen: string[] = [];
  app.use(async ({ req }, next) => {
    seen.push(req.path);
    await next();
  });
  app.get('/whole', async (context) => {
    await released;
    return context.text('done');
  });
  app.get('/short', (context) => context.text('done'));
  app.get('/large', (context) => context.body(LARGE));
  app.get('/streamed', (context) => context.body(ReadableStream.from([LARGE, LARGE])));
  app.get('/open-ended', (context) => {
    context.env.isOpenEnded = true;
    return context.body(ReadableStream.from([LARGE, LARGE]));
  });
  app.get('/made', (context) => {
    context.env.isOpenEnded = true;
    context.env.limitTaking();
    return context.body(LARGE);
  });
  app.get('/begun', (context) =>
    context.body(
      ReadableStream.from(
        (async function* () {
          yield Buffer.from('begun');
          await released;
          yield Buffer.from('done');
        })(),
      ),
    ),
  );
  const options = { name: 'HTTP', host: '127.0.0.1', port: 0, maxConnections: 10 } as const;
  const listener = await openHttpServer(app, {
    ...{ ...options, log: createRecordedLog() },
    ...given,
  });
  return { listener, seen, gate };
}

/** Sends requests for the paths on one connection that is kept alive. */
async function send(address: string, paths: readonly string[]) {
  const socket = dial(address);
  await once(socket, 'connect');
  for (const path of paths) socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return text(socket);
}

test.each([
  ['an answer that has not begun', ['/whole'], ['close']],
  ['an answer that has begun', ['/begun'], ['keep-alive']],
  ['pipelined answers', ['/whole', '/whole'], ['keep-alive', 'close']],
])('a closing server ends with %s', async (_, paths, connections) => {
  const { listener, seen, gate } = await openHeld();
  const received = send(listener.address, paths);
  await until('the requests arrive', () => seen.length === paths.length, 2000);
  const startedAt = performance.now();
  const closed = listener.close(GRACE_MS);
  gate.abort();
  await closed;
  expect(performance.now() - startedAt).toBeLessThan(MARGIN_MS);
  const answers = await received;
  expect(Array.from(answers.matchAll(/^connection: (.*)\r$/gim), ([, value]) => value)).toEqual(connections);
  expect(answers.match(/done/g)).toHaveLength(paths.length);
});

test.each([
  ['has sent nothing', '', 0],
  ['is half through its headers', 'GET /whole HTTP/1.1\r\nhost: local', 0],
  ['is idle', 'GET /short HTTP/1.1\r\nhost: localhost\r\n\r\n', 1],
])('a closing server does not wait for a connection that %s', async (_, sent, requests) => {
  const { listener, seen } = await openHeld();
  const socket = dial(listener.address);
  await once(socket, 'connect');
  socket.write(sent);
  const ended = new Promise((resolve) => socket.resume().once('close', resolve));
  await until('the request arrives', () => seen.length === requests, 2000);
  const startedAt = performance.now();
  await listener.close(GRACE_MS);
  expect(performance.now() - startedAt).toBeLessThan(MARGIN_MS);
  await ended;
});

/** Opens a server whose answers have to be taken soon; it records what it counts. */
async function openImpatient() {
  const counted: string[] = [];
  const metrics = { add: (name: string) => void counted.push(name), observable: () => undefined };
  const { listener } = await openHeld({ metrics, answerTimeoutMs: 100 });
  async function leaveUnread(requests: string) {
    const socket = dial(listener.address);
    await once(socket, 'connect');
    socket.pause().write(requests);
    return socket;
  }
  return { listener, counted, leaveUnread };
}

const get = (path: string, host = 'localhost'): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;

test.each([
  ['an answer', get('/large')],
  ['a streamed answer', get('/streamed')],
  ['an answer behind another', get('/short') + get('/large')],
  ['pipelined answers', get('/large').repeat(3)],
  ['the rest of an answer that was made while it was read', get('/made')],
])('a client that does not take %s in time loses its connection', async (_, requests) => {
  const { listener, counted, leaveUnread } = await openImpatient();
  const socket = await leaveUnread(requests);
  await until('its connection is ended', () => counted.length > 0, 5000);
  expect(counted).toEqual(['inventory_job_slow_clients_ended_total']);
  await listener.close(0);
  socket.destroy();
});

test('an answer that is made while it is read ends with its call alone', async () => {
  const { listener, counted, leaveUnread } = await openImpatient();
  const reader = await leaveUnread(get('/open-ended'));
  await once(reader, 'readable');
  const other = await leaveUnread(get('/large'));
  await until('the other connection is ended', () => counted.length > 0, 5000);
  reader.resume();
  let received = 0;
  reader.on('data', (piece: Buffer) => (received += piece.length));
  await until('it arrives whole', () => received > 2 * LARGE.length, 5000);
  expect(counted).toHaveLength(1);
  await listener.close(0);
  for (const socket of [reader, other]) socket.destroy();
});

test('headers that never end are refused soon after their time, and their connection ends', async () => {
  const { listener } = await openHeld({ headersTimeoutMs: 100 });
  const socket = dial(listener.address);
  const startedAt = performance.now();
  socket.write('GET /whole HTTP/1.1\r\nhost: local');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
  expect(performance.now() - startedAt).toBeLessThan(MARGIN_MS);
  await listener.close(0);
});
