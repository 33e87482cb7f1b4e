// Clients that do not read their responses: their memory is released, and other clients are served.
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GetJobRequest } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';
import type { MeasuredMemoryBudget } from '../../src/limits/memory-budget.js';
import { jsonClient } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import { callHttp, routeOf } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { leaveUnread, openSession, openStream } from '../harness/raw-grpc.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { dial } from '../harness/tcp.js';
import { until } from '../harness/until.js';

const DOMAIN = 'domain-slow-reader';
const JOBS = 2000;
/** Time allowed to read a response. */
const READ_TIMEOUT_MS = 1500;
/** Memory for all responses: room for five finished lists, and none for another under construction. */
const MEMORY_BYTES = 12 * 1024 ** 2;

const memory = createMemoryBudget(MEMORY_BYTES);

let service: Service;

/** Starts the service with long lists; a response is read within `answerTimeoutMs`. */
async function startWithLongLists(
  name: string,
  budget: MeasuredMemoryBudget,
  answerTimeoutMs: number,
): Promise<Service> {
  const started = await startService(name, {}, { memory: budget, answerTimeoutMs });
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-slow-${nth}`,
    domain_id: DOMAIN,
    errors: [{ error_code: 'ERROR_LONG', message: 'x'.repeat(1000) }],
  }));
  await started.db.collection('job').insertMany(jobs);
  return started;
}

beforeAll(async () => {
  service = await startWithLongLists('connections', memory, READ_TIMEOUT_MS);
});
afterAll(async () => {
  await service.stop();
});

const LIST = framed(encodeRequest('list', { domain_id: DOMAIN }));

test('a gRPC client that does not read its response loses its connection, and the memory is released', async () => {
  const { session } = leaveUnread(service.address, pathOf('list'), LIST);
  await until('the response waits for its reader', () => memory.used() > JOBS * 1000, 10_000);
  const startedAt = performance.now();
  await once(session, 'close');
  expect(performance.now() - startedAt).toBeLessThan(READ_TIMEOUT_MS * 4);
  await until('the memory is released', () => memory.used() === 0, 5000);
});

test('the memory of an HTTP client that does not read its responses is released', async () => {
  const socket = dial(service.http);
  const body = JSON.stringify({ domain_id: DOMAIN });
  socket.pause();
  const request = `POST ${routeOf('list')} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  // Several responses exceed the socket buffers of the system.
  socket.write(request.repeat(6));
  await until('the response waits for its reader', () => memory.used() > JOBS * 1000, 10_000);
  await until('the memory is released', () => memory.used() === 0, READ_TIMEOUT_MS * 10);
  socket.destroy();
});

test('while unread responses hold all memory, a large call is told to retry and small ones are answered', async () => {
  const held = createMemoryBudget(MEMORY_BYTES);
  const full = await startWithLongLists('connections-full', held, 60_000);
  const sessions: ClientHttp2Session[] = [];
  for (let nth = 0; nth < 5; nth++) {
    const { session, stream } = leaveUnread(full.address, pathOf('list'), LIST);
    sessions.push(session);
    await once(stream, 'response');
  }
  const client = jsonClient(full.address);
  const large = { domain_id: DOMAIN };
  expect(await client.call('list', large)).toMatchObject({
    error: {
      code: 'ERROR_LIMIT_EXCEEDED',
      text: expect.stringContaining('bytes of all requests and answers at once'),
      details: { details: expect.arrayContaining([expect.objectContaining({ retry_delay: '1s' })]) },
    },
  });
  expect(await client.call('get', { domain_id: DOMAIN, job_id: 'job-slow-1' })).toHaveProperty('response');
  for (const session of sessions) session.destroy();
  await until('the memory is released', () => held.used() === 0, 10_000);
  expect(await client.call('list', large)).toHaveProperty('response.total_count', JOBS);
  expect(await callHttp(full.http, 'list', large)).toHaveProperty('response.total_count', JOBS);
  client.close();
  await full.stop();
});

test('a client that reads its responses keeps its connection', async () => {
  const session = openSession(service.address);
  const get = framed(GetJobRequest.encode({ domain_id: DOMAIN, job_id: 'job-slow-1', only: [] }).finish());
  const callGet = async (): Promise<void> => {
    const stream = openStream(session, pathOf('get'));
    stream.resume();
    stream.end(get);
    await once(stream, 'close');
  };
  const end = performance.now() + READ_TIMEOUT_MS * 2;
  for (let calls = 0; performance.now() < end || calls === 0; calls++) await callGet();
  expect(session.closed).toBe(false);
  session.destroy();
});
