// Requests that do not end, come in tiny pieces or too many at once: they take no more than their share, and no other call waits.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { AppError, appError } from '../../src/errors.js';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';
import { createCallContext } from '../../src/server/call-context.js';
import { boundArrival } from '../../src/server/grpc/unfinished-requests.js';
import { createRequestMemory } from '../../src/server/request-memory.js';
import { decoder } from '../../src/server/interceptors/decoder.js';
import { createTimeSlicer } from '../../src/limits/yield.js';
import { incoming, monotonicNow } from '../harness/chained.js';
import { routeOf } from '../harness/http-client.js';
import { framed } from '../harness/frames.js';
import { pathOf } from '../harness/messages.js';
import { openSession, openStream } from '../harness/raw-grpc.js';
import { dial } from '../harness/tcp.js';
import { until } from '../harness/until.js';
import { useService } from '../harness/use-service.js';

const DOMAIN = 'domain-none';
const TIMEOUT_MS = 10_000;
const BUDGET_BYTES = 2_000_000;
/** The prefix of a gRPC message of 4 MiB. */
const ANNOUNCED = Buffer.from([0, 0, 0x3f, 0xff, 0xff]);

const memory = createMemoryBudget(BUDGET_BYTES);
const service = useService('unfinished', {}, { memory });

const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await until('everything is given back', () => memory.used() === 0, TIMEOUT_MS);
});

const answersOthers = async (): Promise<void> => {
  expect(await service.list(DOMAIN, { page: { limit: 1 } })).toHaveProperty('response');
};

describe('over gRPC', () => {
  function opened() {
    const session = openSession(service.address);
    closing.push(() => session.destroy());
    const stream = openStream(session, pathOf('list'));
    stream.write(ANNOUNCED);
    return stream;
  }

  test('unfinished messages are refused beyond the memory budget, and then take nothing', async () => {
    const stream = opened();
    stream.write(Buffer.alloc(2 * BUDGET_BYTES));
    const headers: unknown = (await once(stream, 'response')).at(0);
    expect(headers).toMatchObject({ 'grpc-status': '8' });
    await until('its memory is free', () => memory.used() === 0, TIMEOUT_MS);
    await answersOthers();
  });

  test('unfinished messages leave half of the memory to answers', async () => {
    const streams = Array.from({ length: 8 }, opened);
    for (const stream of streams) stream.write(Buffer.alloc(BUDGET_BYTES / 4));
    await Promise.race(streams.map((stream) => once(stream, 'response')));
    expect(memory.used()).toBeGreaterThan(0);
    expect(memory.used()).toBeLessThanOrEqual(BUDGET_BYTES / 2);
    await answersOthers();
  });

  test('a stream holds the memory of the message on its way alone', async () => {
    const session = openSession(service.address);
    closing.push(() => session.destroy());
    const stream = openStream(session, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
    const answers = stream[Symbol.asyncIterator]();
    // The name of a host, field 1, of three bytes of length.
    const host = Buffer.concat([Buffer.from([0x0a, 0x80, 0xf0, 0x04]), Buffer.alloc(79_872, 'h')]);
    const messages = Math.ceil((2 * BUDGET_BYTES) / host.length);
    for (let nth = 0; nth < messages; nth++) {
      stream.write(framed(host));
      await answers.next();
    }
    expect(memory.used()).toBeLessThan(2 * host.length);
    await answersOthers();
  });

  test('each piece of a message counts with what it takes beside its bytes', async () => {
    const stream = opened();
    const pieces = 2000;
    for (let nth = 0; nth < pieces; nth++) {
      stream.write(Buffer.alloc(1));
      await turn();
    }
    await until('they have come', () => memory.used() > 50 * pieces, TIMEOUT_MS);
    await answersOthers();
  });
});

test('what is refused for want of memory is counted, by the limit', () => {
  const whole = createMemoryBudget(BUDGET_BYTES);
  const counted: unknown[] = [];
  const requests = createRequestMemory(whole, { add: (name, labels) => counted.push([name, labels]) });
  const grow = (bytes: number) => (): void => {
    using request = requests.reserve();
    request.grow(bytes);
  };
  expect(grow(BUDGET_BYTES)).toThrow('bytes of all requests on their way at once, max = 1000000');
  whole.reserve().grow(BUDGET_BYTES - 1000);
  expect(grow(65_536)).not.toThrow();
  expect(grow(100_000)).toThrow('bytes of all requests and answers at once, max = 2000000');
  expect(counted).toEqual(
    ['request_memory', 'memory'].map((limit) => ['inventory_job_limits_hit_total', { limit }]),
  );
});

describe('the time to arrive', () => {
  const WHOLE = framed(Buffer.alloc(1000));
  const HALF = WHOLE.subarray(0, 500);

  /** Bounds a request of these pieces. */
  function arriving(isStream: boolean, pieces: readonly Buffer[], timeoutMs = 20) {
    const stream = new PassThrough();
    const refusals: unknown[] = [];
    const taken = boundArrival(stream, {
      ...{ memory, isStream, timeoutMs },
      refuse: (error) => refusals.push(error),
    });
    // A PassThrough passes no empty piece on.
    for (const piece of pieces) stream.emit('data', piece);
    closing.push(() => stream.destroy());
    return { stream, refusals, taken };
  }

  const bytesOf = (message: Buffer): readonly Buffer[] => Array.from(message, (byte) => Buffer.of(byte));

  test.each([
    ['a request without a message', false, []],
    ['a request without its end', false, [WHOLE]],
    ['a large request', false, [ANNOUNCED, Buffer.alloc(100_000)]],
    ['a message of a stream', true, [HALF]],
    ['the head of a message', true, [WHOLE.subarray(0, 4)]],
    ['a message after another one', true, [WHOLE, HALF]],
    ['a message behind another one in the same piece', true, [Buffer.concat([WHOLE, HALF])]],
    ['a message in tiny pieces', true, bytesOf(Buffer.concat([WHOLE, HALF]))],
  ] as const)('ends %s: it is answered, and its stream is closed', async (_, isStream, pieces) => {
    const { stream, refusals } = arriving(isStream, pieces);
    await once(stream, 'close');
    expect(refusals).toEqual([expect.objectContaining({ status: 'DEADLINE_EXCEEDED' })]);
  });

  test.each([
    ['has sent nothing', []],
    ['has sent an empty piece', [Buffer.alloc(0)]],
    ['has sent a whole message', [WHOLE]],
    ['has sent a message in two pieces', [HALF, WHOLE.subarray(500)]],
    ['has sent two messages in one piece', [Buffer.concat([WHOLE, WHOLE])]],
    ['has sent an empty message', [framed(Buffer.alloc(0))]],
    ['has sent messages in tiny pieces', bytesOf(Buffer.concat([WHOLE, WHOLE]))],
  ])('does not run on a stream that %s', async (_, pieces) => {
    const quiet = arriving(true, pieces, 10);
    const late = arriving(true, [HALF], 50);
    await once(late.stream, 'close');
    expect(quiet.refusals).toEqual([]);
  });

  test('of a message begins once the one before it is taken', async () => {
    const followed = arriving(true, [Buffer.concat([WHOLE, HALF])], 50);
    const late = arriving(true, [HALF], 50);
    const closed = once(late.stream, 'close').then(() => true);
    while (!(await Promise.race([closed, turn(false)]))) followed.taken();
    expect(followed.refusals).toEqual([]);
    await once(followed.stream, 'close');
    expect(followed.refusals).toHaveLength(1);
  });
});

describe('over HTTP', () => {
  function post(lines: readonly string[]) {
    const socket = dial(service.http);
    closing.push(() => socket.destroy());
    const head = [
      `POST ${routeOf('list')} HTTP/1.1`,
      'host: 127.0.0.1',
      'content-type: application/json',
      ...lines,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    return socket;
  }

  test('a body in many pieces is read as one', async () => {
    const socket = post(['transfer-encoding: chunked']);
    const body = JSON.stringify({ domain_id: DOMAIN, query: { page: { limit: 1 } } }).padEnd(20_000);
    socket.write(`${Array.from(body, (piece) => `1\r\n${piece}\r\n`).join('')}0\r\n\r\n`);
    expect(String(await once(socket, 'data'))).toContain(' 200 ');
  });

  test('a body is refused beyond the memory budget, and its connection ends', async () => {
    const socket = post([`content-length: ${2 * BUDGET_BYTES}`]);
    socket.write(Buffer.alloc(BUDGET_BYTES + 100_000));
    const answer = await text(socket);
    expect(answer).toContain(' 429 ');
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  test('requests sent ahead of their answers are as many as streams of a connection', async () => {
    const body = JSON.stringify({ domain_id: DOMAIN, query: { page: { limit: 1 } } });
    const socket = post(['content-length: 2']);
    socket.resume();
    const request = `POST ${routeOf('list')} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(`{}${request.repeat(5000)}`);
    await new Promise((resolve) => socket.once('close', resolve));
    const begun = service.log.filter(({ msg, peer }) => msg === 'call' && peer !== undefined).length;
    expect(begun).toBeLessThan(600);
    await answersOthers();
  });
});

test('a request is not decoded once its caller has left', async () => {
  const call = createCallContext({ ...incoming('list', Infinity), request: Uint8Array.of(0xff) });
  const left = appError('REQUEST_CANCELLED', {});
  const decode = decoder({ timeSlicer: createTimeSlicer(monotonicNow) })(() =>
    Promise.resolve(new Uint8Array()),
  );
  const decoded = decode({ ...call, signal: AbortSignal.abort(left) });
  expect(await decoded.catch((error: unknown) => error instanceof AppError && error.status)).toBe(
    'CANCELLED',
  );
});
