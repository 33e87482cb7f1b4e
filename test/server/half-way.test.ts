// Exports that end before their jobs do: nobody takes what they have for the whole.
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { callHttp } from '../harness/http-client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const DATABASE = 'half_way';
const DOMAIN = 'domain-half-way0000';
/** More than all buffers between the database and the client hold. */
const JOBS = 60_000;
const WITHIN = 10_000;

let service: Service;

beforeAll(async () => {
  service = await startService(DATABASE);
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-half-way-${nth}`,
    domain_id: DOMAIN,
    errors: [{ error_code: 'E', message: 'x'.repeat(500) }],
  }));
  await service.db.collection('job').insertMany(jobs);
});
afterAll(() => service.stop());

type Headers = Readonly<Record<string, string>>;

/** An export of which the client has taken the beginning, and takes no more until it is told to. */
async function begun(headers: Headers) {
  const sent = httpRequest(`http://${service.http}/inventory/v1/job/list`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  }).end(JSON.stringify({ domain_id: DOMAIN }));
  sent.on('error', () => undefined);
  const response = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
  await once(response, 'readable');
  return { sent, response };
}

/** The ids of the cursors on jobs that wait to be read on. */
const openCursors = (): Promise<Document[]> =>
  service.client
    .db('admin')
    .aggregate([
      { $currentOp: { idleCursors: true } },
      { $match: { ns: `${DATABASE}.job` } },
      { $project: { id: '$cursor.cursorId' } },
    ])
    .toArray();

const noCursor = (): Promise<void> =>
  until('no cursor is open', async () => (await openCursors()).length === 0, WITHIN);

/** Takes the export's cursor away from it. */
async function killCursors(): Promise<void> {
  await until('the reading waits', async () => (await openCursors()).length > 0, WITHIN);
  const cursors = (await openCursors()).map(({ id }): unknown => id);
  await service.db.command({ killCursors: 'job', cursors });
}

const FORMATS: readonly (readonly [string, Headers])[] = [
  ['NDJSON', { accept: 'application/x-ndjson' }],
  ['CSV', { accept: 'text/csv' }],
  ['compressed NDJSON', { accept: 'application/x-ndjson', 'accept-encoding': 'gzip' }],
];

/** How the calls that ended since then ended, by the log. */
const endings = (since: number): readonly unknown[] =>
  service.log.slice(since).flatMap(({ msg, status }) => (msg === 'call' ? [status] : []));

describe.each(FORMATS)('an export as %s', (_, headers) => {
  test('that fails half-way breaks its connection, and its line in the log says so', async () => {
    const lines = service.log.length;
    const { response } = await begun(headers);
    await killCursors();
    const failed = once(response, 'error');
    response.resume();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(response.complete).toBe(false);
    await until('the call is over', () => endings(lines).length === 1, WITHIN);
    expect(endings(lines)).not.toContain('OK');
  });

  test('is over with its deadline while nobody reads it', async () => {
    const lines = service.log.length;
    const { response } = await begun({ ...headers, 'grpc-timeout': '700m' });
    response.on('error', () => undefined);
    await until('the call is over', () => endings(lines).length === 1, WITHIN);
    expect(endings(lines)).not.toContain('OK');
    await noCursor();
    response.destroy();
  });
});

test('exports whose clients have gone are over, more of them than may run at once', async () => {
  const lines = service.log.length;
  const clients = 24;
  for (let client = 1; client <= clients; client++) {
    const { sent } = await begun({ accept: 'application/x-ndjson' });
    sent.destroy();
    await until('the call is over', () => endings(lines).length === client, WITHIN);
  }
  expect(endings(lines)).toEqual(Array.from({ length: clients }, () => 'CANCELLED'));
  await noCursor();
});

test('what ended half-way has taken nothing from calls that come after it', async () => {
  const query = { count_only: true };
  expect(await callHttp(service.http, 'list', { domain_id: DOMAIN, query })).toEqual({
    response: { total_count: JOBS },
  });
});
