// Clients that do not take their answers: what they hold is given back, and nobody else goes without.
import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as dial } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GetJobRequest, JobsQuery } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';
import { jsonClient } from '../harness/client.js';
import { framed } from '../harness/frames.js';
import { callHttp } from '../harness/http-client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const DOMAIN = 'domain-slow-reader';
const MANY = 2000;
/** Milliseconds to take an answer. */
const PATIENCE = 1500;
/** Bytes for all answers: five lists, and no room for one in the making. */
const ROOM = 12 * 1024 ** 2;

const bound = createMemoryBudget(ROOM);

let service: Service;

beforeAll(async () => {
  service = await startService('connections', {}, { memory: bound, patience: PATIENCE });
  const jobs = Array.from({ length: MANY }, (_, nth) => ({
    job_id: `job-slow-${nth}`,
    domain_id: DOMAIN,
    errors: [{ error_code: 'ERROR_LONG', message: 'x'.repeat(1000) }],
  }));
  await service.db.collection('job').insertMany(jobs);
});
afterAll(async () => {
  await service.stop();
});

const LIST = framed(JobsQuery.encode({ ...JobsQuery.decode(new Uint8Array()), domain_id: DOMAIN }).finish());

/** Asks for all jobs over a window that takes a little of them, and takes no more. */
function slowReader(session: ClientHttp2Session): void {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/spaceone.api.inventory.v1.Job/list',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  stream.end(LIST);
}

test('a gRPC client that does not take its answer loses its connection, and the memory is free again', async () => {
  const session = connect(`http://${service.address}`);
  session.on('error', () => undefined);
  slowReader(session);
  await until('the answer waits', () => bound.used() > MANY * 1000, 10_000);
  const begun = performance.now();
  await once(session, 'close');
  expect(performance.now() - begun).toBeLessThan(PATIENCE * 4);
  await until('the memory is free', () => bound.used() === 0, 5000);
});

test('an HTTP client likewise', async () => {
  const [host, port] = service.http.split(':');
  const socket: Socket = dial({ host, port: Number(port) });
  const body = JSON.stringify({ domain_id: DOMAIN });
  socket.pause();
  socket.on('error', () => undefined);
  const one = `POST /inventory/v1/job/list HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  // More than fits into what the system keeps of a connection.
  socket.write(one.repeat(6));
  await until('the answer waits', () => bound.used() > MANY * 1000, 10_000);
  await until('the memory is free', () => bound.used() === 0, PATIENCE * 10);
  socket.destroy();
});

test('while answers wait that take all the memory, another large one is told to come again, and small ones go on', async () => {
  const sessions = Array.from({ length: 5 }, () => connect(`http://${service.address}`));
  for (const [nth, session] of sessions.entries()) {
    session.on('error', () => undefined);
    slowReader(session);
    await until('the answer waits', () => bound.used() > (nth + 1) * MANY * 1000, 10_000);
  }
  const client = jsonClient(service.address);
  const large = { domain_id: DOMAIN };
  expect(await client.call('list', large)).toMatchObject({
    error: {
      code: 'ERROR_LIMIT_EXCEEDED',
      text: expect.stringContaining('bytes of all requests and answers at once'),
      details: { details: expect.arrayContaining([expect.objectContaining({ retry_delay: '1s' })]) },
    },
  });
  expect(await client.call('get', { domain_id: DOMAIN, job_id: 'job-slow-1' })).toHaveProperty('response');
  await until('they are gone', () => bound.used() === 0, 10_000);
  expect(await client.call('list', large)).toHaveProperty('response.total_count', MANY);
  expect(await callHttp(service.http, 'list', large)).toHaveProperty('response.total_count', MANY);
  client.close();
});

test('an answer that is taken costs its connection nothing', async () => {
  const session = connect(`http://${service.address}`);
  const get = framed(GetJobRequest.encode({ domain_id: DOMAIN, job_id: 'job-slow-1', only: [] }).finish());
  const ask = async (): Promise<void> => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/spaceone.api.inventory.v1.Job/get',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.resume();
    stream.end(get);
    await once(stream, 'close');
  };
  const end = performance.now() + PATIENCE * 2;
  for (let calls = 0; performance.now() < end || calls === 0; calls++) await ask();
  expect(session.closed).toBe(false);
  session.destroy();
});
