// The HTTP door: what it answers beside the conformance cases, errors as google.rpc.Status, and what it refuses.
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callHttp, post } from '../../harness/http-client.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const LIST = '/inventory/v1/job/list';

let service: Service;

beforeAll(async () => {
  service = await startService('http_door', { corsOrigins: ['https://console.example.org'] });
});

afterAll(() => service.stop());

/** The JSON of a message without a field that JSON leaves out. */
const body = async (response: Response): Promise<unknown> => JSON.parse(await response.text());

describe('a request', () => {
  test.each([
    ['the names of the .proto files', { job_id: 'job-c8217c800e0a', domain_id: DOMAIN, only: ['status'] }],
    ['camelCase names', { jobId: 'job-c8217c800e0a', domainId: DOMAIN, only: ['status'] }],
  ])('may have %s', async (_, request) => {
    expect(await callHttp(service.http, 'get', request)).toEqual({ response: { status: 'SUCCESS' } });
  });

  test.each([
    ['a name', 'SUCCESS', 7],
    ['a number', 4, 7],
  ])('names a status by %s', async (_, status, total_count) => {
    const request = { domain_id: DOMAIN, status, query: { count_only: true } };
    expect(await callHttp(service.http, 'list', request)).toEqual({ response: { total_count } });
  });

  test('has null as a value', async () => {
    const query = { filter: [{ k: 'project_id', o: 'eq', v: null }], count_only: true };
    const outcome = await callHttp(service.http, 'list', { domain_id: DOMAIN, query });
    expect(outcome).toEqual({ response: { total_count: 8 } });
  });

  test('keeps a key __proto__ of a value', async () => {
    const text = `{"domain_id": "${DOMAIN}", "query": {"filter": [{"k": "errors", "o": "match", "v": {"__proto__": []}}]}}`;
    expect(await body(await post(service.http, LIST, text))).toMatchObject({
      message: expect.stringContaining('ERROR_OPERATOR_VALUE_TYPE'),
    });
  });
});

describe('a refused body', () => {
  const deep = `${'['.repeat(60)}${']'.repeat(60)}`;
  test.each([
    ['no JSON', '{"domain_id"', 400, 'ERROR_INVALID_PARAMETER', 'body'],
    ['no object', '[]', 400, 'ERROR_INVALID_PARAMETER', 'body'],
    ['an unknown field', '{"domain": "x"}', 400, 'ERROR_INVALID_PARAMETER', 'domain'],
    [
      'an unknown field of a condition',
      '{"query": {"filter": [{"kk": 1}]}}',
      400,
      'ERROR_INVALID_PARAMETER',
      'query.filter[0].kk',
    ],
    ['a wrong type', '{"domain_id": 5}', 400, 'ERROR_INVALID_PARAMETER', 'domain_id'],
    ['an unknown status', '{"status": "LOST"}', 400, 'ERROR_INVALID_PARAMETER', 'status'],
    [
      'a field given twice',
      '{"domain_id": "a", "domainId": "b"}',
      400,
      'ERROR_INVALID_PARAMETER',
      'domain_id',
    ],
    ['no domain', '{}', 400, 'ERROR_REQUIRED_PARAMETER', 'domain_id'],
    ['a value too deep', `{"query": {"filter": [{"v": ${deep}}]}}`, 429, 'ERROR_LIMIT_EXCEEDED', 'body'],
    [
      'too many values',
      `{"query": {"only": [${'"",'.repeat(100_000)}""]}}`,
      429,
      'ERROR_LIMIT_EXCEEDED',
      'body',
    ],
    ['nesting without end', '['.repeat(1_000_000), 429, 'ERROR_LIMIT_EXCEEDED', 'body'],
  ])('with %s', async (_, text, status, code, field) => {
    const response = await post(service.http, LIST, text);
    const violation: unknown = expect.objectContaining({
      field_violations: [expect.objectContaining({ field })],
    });
    expect(response.status).toBe(status);
    expect(await body(response)).toMatchObject({
      code: expect.any(Number),
      message: expect.stringMatching(`^${code}: `),
      details: expect.arrayContaining([expect.objectContaining({ reason: code }), violation]),
    });
  });
});

/** A body without a length, in chunks. */
function* inChunks(text: string): Generator<Uint8Array> {
  for (let at = 0; at < text.length; at += 65_536) yield Buffer.from(text.slice(at, at + 65_536));
}

test.each([
  ['is read', JSON.stringify({ domain_id: DOMAIN, query: { count_only: true } }), 200],
  ['of nothing is no JSON', '', 400],
  ['over 4 MiB is refused', ' '.repeat(4 * 1024 ** 2 + 1), 413],
])('a body in chunks %s', async (_, text, status) => {
  const response = await fetch(`http://${service.http}${LIST}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Readable.toWeb(Readable.from(inChunks(text))),
    duplex: 'half',
  });
  expect(response.status).toBe(status);
  expect(await body(response)).toBeDefined();
});

test('text that is not UTF-8 is refused', async () => {
  const response = await fetch(`http://${service.http}${LIST}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
  });
  expect(response.status).toBe(400);
  expect(await body(response)).toMatchObject({ message: expect.stringContaining('it is not UTF-8') });
});

test('a job that is not there is 404, as google.rpc.Status', async () => {
  const text = JSON.stringify({ domain_id: DOMAIN, job_id: 'job-none' });
  const response = await post(service.http, '/inventory/v1/job/get', text);
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await body(response)).toMatchObject({
    code: 5,
    message: 'ERROR_NOT_FOUND: Resource cannot be found or access is denied. (job_id = job-none)',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo' },
      { '@type': 'type.googleapis.com/google.rpc.BadRequest' },
    ],
  });
});

describe('before the chain', () => {
  const whole = JSON.stringify({ domain_id: DOMAIN });
  test.each([
    [
      'another content type',
      LIST,
      { method: 'POST', body: whole, headers: { 'content-type': 'text/plain' } },
      415,
    ],
    ['no content type', LIST, { method: 'POST', body: new Uint8Array(Buffer.from(whole)) }, 415],
    [
      'a compressed body',
      LIST,
      {
        method: 'POST',
        body: whole,
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      },
      415,
    ],
    ['another method', LIST, { method: 'GET' }, 405],
    ['another route', '/inventory/v1/job/lists', { method: 'POST', body: whole }, 404],
    [
      'a body over 4 MiB',
      LIST,
      {
        method: 'POST',
        body: ' '.repeat(4 * 1024 ** 2 + 1),
        headers: { 'content-type': 'application/json' },
      },
      413,
    ],
  ])('%s is refused', async (_, path, request, status) => {
    const response = await fetch(`http://${service.http}${path}`, request);
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await body(response)).toMatchObject({
      code: expect.any(Number),
      message: expect.stringMatching(/^ERROR_HTTP_\w+: /),
      details: [expect.objectContaining({ domain: 'inventory.spaceone' })],
    });
  });

  test('another method is told what is allowed', async () => {
    expect((await fetch(`http://${service.http}${LIST}`)).headers.get('allow')).toBe('POST');
  });

  /** fetch sets the Host header by itself. */
  const statusWithHost = (host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { host, 'content-type': 'application/json' };
      const sent = httpRequest(`http://${service.http}${LIST}`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end(whole);
    });

  test.each([
    ['localhost', 200],
    ['127.0.0.1:8080', 200],
    ['[::1]:8080', 200],
    ['rebound.example.org', 403],
    ['localhost.example.org', 403],
  ])('on loopback the host %s is %d', async (host, status) => {
    expect(await statusWithHost(host)).toBe(status);
  });
});

describe('headers', () => {
  const whole = JSON.stringify({ domain_id: DOMAIN, query: { only: ['job_id'] } });

  test.each([
    ['a request id is echoed', { 'x-request-id': 'abc-1' }, 'x-request-id', /^abc-1$/],
    ['one that cannot be used is replaced', { 'x-request-id': 'a b' }, 'x-request-id', /^[0-9a-f-]{36}$/],
    [
      'a listed origin may call',
      { origin: 'https://console.example.org' },
      'access-control-allow-origin',
      /^https:\/\/console/,
    ],
    ['types are not guessed', {}, 'x-content-type-options', /^nosniff$/],
  ])('%s', async (_, sent, name, due) => {
    expect((await post(service.http, LIST, whole, sent)).headers.get(name)).toMatch(due);
  });

  test('another origin may not call', async () => {
    const response = await post(service.http, LIST, whole, { origin: 'https://elsewhere.example.org' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a large answer is compressed for who takes it', async () => {
    const all = JSON.stringify({ domain_id: 'domain-3f1c9a7b2e40', query: { page: { limit: 100 } } });
    const response = await post(service.http, LIST, all, { 'accept-encoding': 'gzip' });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await body(response)).toMatchObject({ total_count: 2201 });
  });

  test('a deadline that is over is 504', async () => {
    const response = await post(service.http, LIST, whole, { 'grpc-timeout': '0S' });
    expect(response.status).toBe(504);
    expect(await body(response)).toMatchObject({
      code: 4,
      message: expect.stringContaining('ERROR_REQUEST_TIMEOUT'),
    });
  });
});
