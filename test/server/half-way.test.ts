// Interrupted exports: no client can take a partial export for a complete one.
import { once } from 'node:events';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { callHttp, postUnread, routeOf } from '../harness/http-client.js';
import { dial } from '../harness/tcp.js';
import { useService } from '../harness/use-service.js';
import { openCursors } from '../harness/slow.js';
import { until } from '../harness/until.js';

const DATABASE = 'half_way';
const DOMAIN = 'domain-half-way0000';
/** Enough jobs to exceed all buffers between the database and the client. */
const JOBS = 12_000;
const TIMEOUT_MS = 10_000;
/** In this order an export begins at once: MongoDB need not sort all jobs. */
const IN_ORDER_OF_INDEX = { sort: { key: 'job_id' } };

const service = useService(DATABASE);

beforeAll(() => {
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-half-way-${nth}`,
    domain_id: DOMAIN,
    errors: [{ error_code: 'E', message: 'x'.repeat(2500) }],
  }));
  return service.insert(jobs);
});

type Headers = Readonly<Record<string, string>>;

/** Starts an export and reads its beginning; the client then reads no further. */
async function startExport(headers: Headers) {
  const body = JSON.stringify({ domain_id: DOMAIN, query: IN_ORDER_OF_INDEX });
  const started = await postUnread(service.http, routeOf('list'), body, headers);
  await once(started.response, 'readable');
  return started;
}

const cursors = (): Promise<Document[]> => openCursors(service.client, DATABASE);

const cursorsClosed = (): Promise<void> =>
  until('no cursor is open', async () => (await cursors()).length === 0, TIMEOUT_MS);

/** Kills the cursor of the export. */
async function killCursors(): Promise<void> {
  await until('the cursor is idle', async () => (await cursors()).length > 0, TIMEOUT_MS);
  const ids = (await cursors()).map(({ id }): unknown => id);
  await service.db.command({ killCursors: 'job', cursors: ids });
}

const FORMATS: readonly (readonly [string, Headers])[] = [
  ['NDJSON', { accept: 'application/x-ndjson' }],
  ['CSV', { accept: 'text/csv' }],
  ['compressed NDJSON', { accept: 'application/x-ndjson', 'accept-encoding': 'gzip' }],
];

/** Returns the logged statuses of calls finished since log line `since`. */
const loggedStatuses = (since: number): readonly unknown[] =>
  service.log.slice(since).flatMap(({ msg, status }) => (msg === 'call' ? [status] : []));

describe.each(FORMATS)('an export as %s', (_, headers) => {
  test('that fails half-way breaks its connection and is logged as failed', async () => {
    const lines = service.log.length;
    const { response } = await startExport(headers);
    await killCursors();
    const failed = once(response, 'error');
    response.resume();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(response.complete).toBe(false);
    await until('the call is finished', () => loggedStatuses(lines).length === 1, TIMEOUT_MS);
    expect(loggedStatuses(lines)).not.toContain('OK');
  });

  test('ends at its deadline while nobody reads it', async () => {
    const lines = service.log.length;
    const { response } = await startExport({ ...headers, 'grpc-timeout': '700m' });
    response.on('error', () => undefined);
    await until('the call is finished', () => loggedStatuses(lines).length === 1, TIMEOUT_MS);
    expect(loggedStatuses(lines)).not.toContain('OK');
    await cursorsClosed();
    response.destroy();
  });
});

test('an export over HTTP/1.0, where the end of the connection ends an answer, fails by a reset', async () => {
  const socket = dial(service.http);
  const body = JSON.stringify({ domain_id: DOMAIN, query: IN_ORDER_OF_INDEX });
  const lines = ['content-type: application/json', 'accept: text/csv', `content-length: ${body.length}`];
  socket.write(`POST ${routeOf('list')} HTTP/1.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  await once(socket, 'readable');
  await killCursors();
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  expect(await ended).toBe(true);
});

test('exports end when their clients leave, for more clients than may export at once', async () => {
  const lines = service.log.length;
  const clients = 24;
  for (let client = 1; client <= clients; client++) {
    const { sent } = await startExport({ accept: 'application/x-ndjson' });
    sent.destroy();
    await until('the call is finished', () => loggedStatuses(lines).length === client, TIMEOUT_MS);
  }
  expect(loggedStatuses(lines)).toEqual(Array.from({ length: clients }, () => 'CANCELLED'));
  await cursorsClosed();
});

test('interrupted exports leave the service usable for later calls', async () => {
  const query = { count_only: true };
  expect(await callHttp(service.http, 'list', { domain_id: DOMAIN, query })).toEqual({
    response: { total_count: JOBS },
  });
});
