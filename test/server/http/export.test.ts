// Lists exported as NDJSON and CSV: the jobs of the plain list, errors before the first line, and interruption after it.
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { callHttp, post, postUnread, routeOf } from '../../harness/http-client.js';
import { startService } from '../../harness/service.js';
import { useService } from '../../harness/use-service.js';
import { insertSlowJob, noneRunning, openCursors, runningSoon, slowStat } from '../../harness/slow.js';
import { until } from '../../harness/until.js';

const DATABASE = 'rows';
const DOMAIN = 'domain-07d2e9c4a6b1';
const LARGE_DOMAIN = 'domain-3f1c9a7b2e40';
const EDGES_DOMAIN = 'domain-ed6e0000d0d0';
const HOSTILE_DOMAIN = 'domain-0000hostile0';
const FORMULAS_DOMAIN = 'domain-000formulas0';
const LIST = routeOf('list');
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';

const service = useService(DATABASE);

/** Texts evaluated by some spreadsheet, each used as the project of a job and the name of its collector. */
const FORMULA_TEXTS = [
  ...['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1+1', '\r\n=1', '\0=1', '\tx', '\nx', '-5'],
  ...['＝1', '＋1', '－1', '＠1', '﹦1', ' =1', '\u00a0=1', '\u3000=1', '\ufeff=1', '\u200b=1', '\u2028=1'],
  ...[
    '"=1',
    '""=1',
    "'=1",
    ',=1',
    ';=1',
    '|=1',
    '\n\n;"=1',
    '=cmd|"/c calc"!A1',
    '=1+2";=1+2',
    '=1+2\'" ;,=1+2',
  ],
];
/** Texts never evaluated by a spreadsheet. */
const PLAIN_TEXTS = ['x=1', '5', ' x', "'x", '"x"', 'x;=1', 'x\n=1', '1-1', '\ufeffx', 'é', '[]', '{"a":1}'];

/** Inserts a job with `text` in every text cell. */
async function insertCells(text: string, nth: number): Promise<void> {
  const collector = new ObjectId();
  const named = {
    name: text,
    provider: text,
    project_id: text,
    plugin_info: { plugin_id: text, version: text },
  };
  await service.db.collection('collector').insertOne({
    _id: collector,
    domain_id: FORMULAS_DOMAIN,
    collector_id: `collector-cells-${nth}`,
    ...named,
  });
  const job = { job_id: `job-cells-${nth}`, domain_id: FORMULAS_DOMAIN, project_id: text, collector };
  await service.db.collection('job').insertOne({ ...job, total_tasks: -5, created_at: new Date(nth) });
}

beforeAll(async () => {
  await insertSlowJob(service.db);
  await Promise.all([...FORMULA_TEXTS, ...PLAIN_TEXTS].map(insertCells));
  await service.db.collection('job').insertOne({
    job_id: '=job-1',
    domain_id: HOSTILE_DOMAIN,
    status: 'ERROR',
    project_id: 'say "a",\r\nb',
    errors: [{ error_code: '@E', message: '<img src=x onerror=alert(1)>\n"quoted", 🏠' }],
    filters: { a: [1, null] },
  });
});

const send = (request: JsonObject, accept: string, headers: Readonly<Record<string, string>> = {}) =>
  post(service.http, LIST, JSON.stringify(request), { accept, ...headers });

const isList = (value: unknown): value is readonly JsonObject[] => Array.isArray(value);

/** Returns the jobs of the plain list. */
async function plainList(request: JsonObject): Promise<readonly JsonObject[]> {
  const outcome = await callHttp(service.http, 'list', request);
  const jobs = 'response' in outcome ? (outcome.response['results'] ?? []) : undefined;
  if (!isList(jobs)) throw new Error(`no jobs: ${JSON.stringify(outcome)}`);
  return jobs;
}

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));

/** Parses strict RFC 4180 into the cells of each line. */
function parseCsv(text: string): string[][] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(cell)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    rows.push(...(end === '\r\n' ? [[]] : []));
  }
  return rows.slice(0, -1);
}

const QUERIES: readonly (readonly [string, JsonObject])[] = [
  ['all of a domain', { domain_id: LARGE_DOMAIN }],
  ['every odd document', { domain_id: EDGES_DOMAIN }],
  ['by a filter', { domain_id: LARGE_DOMAIN, query: { filter: [{ k: 'status', v: 'ERROR', o: 'eq' }] } }],
  [
    'a page in an order',
    { domain_id: LARGE_DOMAIN, query: { sort: { key: 'job_id' }, page: { start: 5, limit: 7 } } },
  ],
  [
    'some fields',
    { domain_id: LARGE_DOMAIN, query: { only: ['job_id', 'errors.message', 'collector_info'] } },
  ],
  ['the fewest fields', { domain_id: LARGE_DOMAIN, query: { minimal: true } }],
  ['by a status beside the query', { domain_id: LARGE_DOMAIN, status: 'TIMEOUT' }],
  ['nothing', { domain_id: DOMAIN, job_id: 'job-none' }],
];

describe('NDJSON', () => {
  test.each(QUERIES)('has the jobs of the plain list: %s', async (_, request) => {
    const response = await send(request, NDJSON);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(`${NDJSON}; charset=utf-8`);
    expect(lines(await response.text())).toEqual(await plainList(request));
  });

  test('is compressed if the client accepts it', async () => {
    const plain = await (await send({ domain_id: LARGE_DOMAIN }, NDJSON)).text();
    const headers = { accept: NDJSON, 'accept-encoding': 'gzip' };
    const body = JSON.stringify({ domain_id: LARGE_DOMAIN });
    const { response } = await postUnread(service.http, LIST, body, headers);
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(await buffer(response)).toString()).toBe(plain);
  });
});

describe('CSV', () => {
  test.each(QUERIES)('has a line for each job of the plain list: %s', async (_, request) => {
    const response = await send(request, CSV);
    expect(response.headers.get('content-type')).toBe(`${CSV}; charset=utf-8`);
    const [head = [], ...rows] = parseCsv(await response.text());
    const jobs = await plainList(request);
    const at = head.indexOf('job_id');
    expect(rows.map((cells) => cells[at])).toEqual(jobs.map(({ job_id }) => job_id));
    expect(new Set(rows.map((cells) => cells.length))).toEqual(new Set(rows.map(() => head.length)));
  });

  test('shows each field in its own column', async () => {
    const [head = [], cells = []] = parseCsv(
      await (await send({ domain_id: DOMAIN, job_id: 'job-39fc4a58d6de' }, CSV)).text(),
    );
    expect(Object.fromEntries(head.map((name, i) => [name, cells[i]]))).toMatchObject({
      job_id: 'job-39fc4a58d6de',
      status: 'TIMEOUT',
      filter: '{"max_items":100,"note":"a.b*c?"}',
      total_tasks: '40',
      errors: '',
      'collector_info.plugin_info.version': '1.13.7',
      'collector_info.is_public': 'true',
      created_at: '2023-05-15T21:20:57.548Z',
    });
  });

  test.each([
    ['only', { only: ['job_id', 'errors.message', 'filter'] }, 'job_id,filter,errors,created_at\r\n'],
    ['minimal', { minimal: true }, 'job_id,status,created_at,finished_at\r\n'],
    ['only with a field without a column', { only: ['projects'], sort: { key: 'job_id' } }, 'job_id\r\n'],
  ])('leaves columns out for %s', async (_, query, head) => {
    expect(await (await send({ domain_id: DOMAIN, job_id: 'job-none', query }, CSV)).text()).toBe(head);
  });

  test('quotes and escapes any stored text', async () => {
    const query = { only: ['job_id', 'project_id', 'errors', 'filter'], sort: { key: 'job_id' } };
    const [, ...rows] = parseCsv(await (await send({ domain_id: HOSTILE_DOMAIN, query }, CSV)).text());
    const errors = [{ error_code: '@E', message: '<img src=x onerror=alert(1)>\n"quoted", 🏠' }];
    expect(rows).toEqual([["'=job-1", '{"a":[1,null]}', JSON.stringify(errors), 'say "a",\r\nb']]);
  });
});

test('formula-like texts are escaped, and numbers stay numbers', async () => {
  const request = { domain_id: FORMULAS_DOMAIN, query: { sort: { key: 'created_at' } } };
  const [head = [], ...rows] = parseCsv(await (await send(request, CSV)).text());
  const columns = [
    'project_id',
    ...['name', 'provider', 'project_id', 'plugin_info.plugin_id'].map((name) => `collector_info.${name}`),
  ];
  const cells = rows.map((row) => columns.map((name) => row[head.indexOf(name)]));
  const expected = [...FORMULA_TEXTS.map((text) => `'${text}`), ...PLAIN_TEXTS];
  expect(cells).toEqual(expected.map((text) => columns.map(() => text)));
  expect(new Set(rows.map((row) => row[head.indexOf('total_tasks')]))).toEqual(new Set(['-5']));
});

describe('the plain list', () => {
  test.each(['*/*', 'application/json', `application/json, ${CSV};q=0.5`, 'text/html', ''])(
    'is returned for accept "%s"',
    async (accept) => {
      const response = await send({ domain_id: DOMAIN, query: { count_only: true } }, accept);
      expect(await response.json()).toEqual({ total_count: 10 });
    },
  );
});

describe('an error before the first line', () => {
  const refused = { k: 'job_id', o: 'regex', v: '(?<n>a)(?<n>b)' };
  test.each([
    ['no domain', {}, {}, 400, 'ERROR_REQUIRED_PARAMETER'],
    ['an unknown field', { domain: 'a' }, {}, 400, 'ERROR_INVALID_PARAMETER'],
    [
      'an unknown key',
      { domain_id: DOMAIN, query: { only: ['nothing'] } },
      {},
      400,
      'ERROR_INVALID_PARAMETER',
    ],
    ['a count', { domain_id: DOMAIN, query: { count_only: true } }, {}, 400, 'ERROR_INVALID_PARAMETER'],
    [
      'a condition rejected by MongoDB',
      { domain_id: DOMAIN, query: { filter: [refused] } },
      {},
      400,
      'ERROR_INVALID_PARAMETER',
    ],
    ['a passed deadline', { domain_id: DOMAIN }, { 'grpc-timeout': '0S' }, 504, 'ERROR_REQUEST_TIMEOUT'],
  ])('is answered as by the plain list: %s', async (_, request, headers, status, code) => {
    for (const accept of [NDJSON, CSV]) {
      const response = await send(request, accept, headers);
      expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json']);
      expect(await response.json()).toMatchObject({ message: expect.stringMatching(`^${code}: `) });
    }
  });

  test('enforces MAX_PAGE_SIZE unless a page within it is requested', async () => {
    const small = await startService('rows-small', { maxPageSize: 100, maxResponseBytes: 2000 });
    const answers = [{}, { page: { limit: 100 } }].map(async (query) => {
      const request = JSON.stringify({ domain_id: LARGE_DOMAIN, query });
      const response = await post(small.http, LIST, request, { accept: NDJSON });
      return [response.status, (await response.text()).split('\n').length];
    });
    expect(await Promise.all(answers)).toEqual([
      [429, 1],
      [200, 101],
    ]);
    await small.stop();
  });
});

describe('a started export', () => {
  const MANY_JOBS_DOMAIN = 'domain-0000000many0';
  /** Enough jobs to exceed all buffers between the database and the client. */
  const JOBS = 60_000;

  beforeAll(async () => {
    const jobs = Array.from({ length: JOBS }, (_, i) => ({
      job_id: `job-${i}`,
      domain_id: MANY_JOBS_DOMAIN,
      created_at: new Date(i),
      errors: [{ error_code: 'E', message: 'x'.repeat(500) }],
    }));
    await service.insert(jobs);
  });

  /** Starts an export whose client does not read. */
  async function startExport(headers: Readonly<Record<string, string>> = {}) {
    const body = JSON.stringify({ domain_id: MANY_JOBS_DOMAIN });
    const started = await postUnread(service.http, LIST, body, { accept: NDJSON, ...headers });
    await once(started.response, 'readable');
    return started;
  }

  const cursors = (count: number): Promise<void> =>
    until(
      `${count} cursors are open`,
      async () => (await openCursors(service.client, DATABASE)).length === count,
      5000,
    );

  test('keeps only an idle cursor while its client does not read, and none after the client leaves', async () => {
    const { sent, response } = await startExport();
    await cursors(1);
    response.on('error', () => undefined);
    sent.destroy();
    await cursors(0);
    expect(service.faults).toEqual([]);
  });

  test('is broken off at its deadline, whether or not the client reads', async () => {
    const { response } = await startExport({ 'grpc-timeout': '500m' });
    await cursors(0);
    const failed = once(response, 'error');
    response.resume();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(response.complete).toBe(false);
  });
});

test('closing the connection ends the database operation of its call', async () => {
  const controller = new AbortController();
  const stat = JSON.stringify(slowStat(4));
  const call = post(service.http, routeOf('stat'), stat, {}, controller.signal);
  await runningSoon(service.client, DATABASE, 1);
  controller.abort();
  await expect(call).rejects.toThrow('aborted');
  await noneRunning(service.client, DATABASE, 1000);
});
