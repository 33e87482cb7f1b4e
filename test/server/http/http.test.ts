// The HTTP transport beyond the conformance cases: JSON bodies, errors as google.rpc.Status, rejected requests and headers.
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { callHttp, post, postUnread, routeOf } from '../../harness/http-client.js';
import { useService } from '../../harness/use-service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const LIST = routeOf('list');

const service = useService('http_door', { corsOrigins: ['https://console.example.org'] });

/** Parses the body as JSON. */
const jsonBody = async (response: Response): Promise<unknown> => JSON.parse(await response.text());

describe('a request', () => {
  test.each([
    ['the names of the .proto files', { job_id: 'job-c8217c800e0a', domain_id: DOMAIN, only: ['status'] }],
    ['camelCase names', { jobId: 'job-c8217c800e0a', domainId: DOMAIN, only: ['status'] }],
  ])('may use %s', async (_, request) => {
    expect(await callHttp(service.http, 'get', request)).toEqual({ response: { status: 'SUCCESS' } });
  });

  test.each([
    ['a name', 'SUCCESS', 7],
    ['a number', 4, 7],
  ])('may give a status as %s', async (_, status, total_count) => {
    const request = { domain_id: DOMAIN, status, query: { count_only: true } };
    expect(await callHttp(service.http, 'list', request)).toEqual({ response: { total_count } });
  });

  test('may have null as a value', async () => {
    const query = { filter: [{ k: 'project_id', o: 'eq', v: null }], count_only: true };
    const outcome = await callHttp(service.http, 'list', { domain_id: DOMAIN, query });
    expect(outcome).toEqual({ response: { total_count: 8 } });
  });

  test('keeps the key __proto__ within a value', async () => {
    const text = `{"domain_id": "${DOMAIN}", "query": {"filter": [{"k": "errors", "o": "match", "v": {"__proto__": []}}]}}`;
    expect(await jsonBody(await post(service.http, LIST, text))).toMatchObject({
      message: expect.stringContaining('ERROR_OPERATOR_VALUE_TYPE'),
    });
  });
});

describe('a body is rejected', () => {
  const deep = `${'['.repeat(60)}${']'.repeat(60)}`;
  test.each([
    ['invalid JSON', '{"domain_id"', 400, 'ERROR_INVALID_PARAMETER', 'body'],
    ['a list in place of an object', '[]', 400, 'ERROR_INVALID_PARAMETER', 'body'],
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
    [
      'a value nested too deeply',
      `{"query": {"filter": [{"v": ${deep}}]}}`,
      429,
      'ERROR_LIMIT_EXCEEDED',
      'body',
    ],
    [
      'too many values',
      `{"query": {"only": [${'"",'.repeat(100_000)}""]}}`,
      429,
      'ERROR_LIMIT_EXCEEDED',
      'body',
    ],
    ['unterminated nesting', '['.repeat(1_000_000), 429, 'ERROR_LIMIT_EXCEEDED', 'body'],
  ])('with %s', async (_, text, status, code, field) => {
    const response = await post(service.http, LIST, text);
    const violation: unknown = expect.objectContaining({
      field_violations: [expect.objectContaining({ field })],
    });
    expect(response.status).toBe(status);
    expect(await jsonBody(response)).toMatchObject({
      code: expect.any(Number),
      message: expect.stringMatching(`^${code}: `),
      details: expect.arrayContaining([expect.objectContaining({ reason: code }), violation]),
    });
  });
});

/** Yields a body in chunks, without a length. */
function* inChunks(text: string): Generator<Uint8Array> {
  for (let at = 0; at < text.length; at += 65_536) yield Buffer.from(text.slice(at, at + 65_536));
}

test.each([
  ['is read', JSON.stringify({ domain_id: DOMAIN, query: { count_only: true } }), 200],
  ['without content is invalid JSON', '', 400],
  ['over 4 MiB is rejected', ' '.repeat(4 * 1024 ** 2 + 1), 413],
])('a chunked body %s', async (_, text, status) => {
  const response = await post(service.http, LIST, Readable.from(inChunks(text)));
  expect(response.status).toBe(status);
  expect(await jsonBody(response)).toBeDefined();
});

test('a body that is not UTF-8 is rejected', async () => {
  const response = await post(service.http, LIST, Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]));
  expect(response.status).toBe(400);
  expect(await jsonBody(response)).toMatchObject({ message: expect.stringContaining('it is not UTF-8') });
});

test('a missing job is 404 with a google.rpc.Status', async () => {
  const text = JSON.stringify({ domain_id: DOMAIN, job_id: 'job-none' });
  const response = await post(service.http, routeOf('get'), text);
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await jsonBody(response)).toMatchObject({
    code: 5,
    message: 'ERROR_NOT_FOUND: Resource cannot be found or access is denied. (job_id = job-none)',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo' },
      { '@type': 'type.googleapis.com/google.rpc.BadRequest' },
      { '@type': 'type.googleapis.com/google.rpc.RequestInfo' },
    ],
  });
});

describe('a request rejected before the interceptors', () => {
  const domainRequest = JSON.stringify({ domain_id: DOMAIN });
  test.each([
    [
      'another content type',
      LIST,
      { method: 'POST', body: domainRequest, headers: { 'content-type': 'text/plain' } },
      415,
    ],
    ['no content type', LIST, { method: 'POST', body: new Uint8Array(Buffer.from(domainRequest)) }, 415],
    [
      'a compressed body',
      LIST,
      {
        method: 'POST',
        body: domainRequest,
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      },
      415,
    ],
    ['another method', LIST, { method: 'GET' }, 405],
    ['another route', '/inventory/v1/job/lists', { method: 'POST', body: domainRequest }, 404],
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
  ])('has the status and request id of its error: %s', async (_, path, request, status) => {
    const response = await fetch(`http://${service.http}${path}`, request);
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await jsonBody(response)).toMatchObject({
      code: expect.any(Number),
      message: expect.stringMatching(/^ERROR_HTTP_\w+: /),
      details: [
        expect.objectContaining({ domain: 'inventory.spaceone' }),
        expect.objectContaining({ request_id: response.headers.get('x-request-id') }),
      ],
    });
  });

  test('names the allowed method in the header allow', async () => {
    expect((await fetch(`http://${service.http}${LIST}`)).headers.get('allow')).toBe('POST');
  });

  /** Sends a Host header by node:http: fetch would set its own. */
  async function statusWithHost(host: string): Promise<number | undefined> {
    const { response } = await postUnread(service.http, LIST, domainRequest, { host });
    return response.resume().statusCode;
  }

  test.each([
    ['localhost', 200],
    ['127.0.0.1:8080', 200],
    ['[::1]:8080', 200],
    ['rebound.example.org', 403],
    ['localhost.example.org', 403],
  ])('depends on the host: on loopback %s answers %d', async (host, status) => {
    expect(await statusWithHost(host)).toBe(status);
  });
});

describe('headers', () => {
  const domainRequest = JSON.stringify({ domain_id: DOMAIN, query: { only: ['job_id'] } });

  test.each([
    ['a request id is echoed', { 'x-request-id': 'abc-1' }, 'x-request-id', /^abc-1$/],
    ['an invalid request id is replaced', { 'x-request-id': 'a b' }, 'x-request-id', /^[0-9a-f-]{36}$/],
    [
      'a configured origin is allowed',
      { origin: 'https://console.example.org' },
      'access-control-allow-origin',
      /^https:\/\/console/,
    ],
    ['content sniffing is disabled', {}, 'x-content-type-options', /^nosniff$/],
  ])('%s', async (_, sent, name, expected) => {
    expect((await post(service.http, LIST, domainRequest, sent)).headers.get(name)).toMatch(expected);
  });

  test('another origin is not allowed', async () => {
    const response = await post(service.http, LIST, domainRequest, {
      origin: 'https://elsewhere.example.org',
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a large response is compressed if the client accepts it', async () => {
    const all = JSON.stringify({ domain_id: 'domain-3f1c9a7b2e40', query: { page: { limit: 100 } } });
    const response = await post(service.http, LIST, all, { 'accept-encoding': 'gzip' });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await jsonBody(response)).toMatchObject({ total_count: 2201 });
  });

  test.each([
    [
      'an answer',
      LIST,
      { method: 'POST', body: domainRequest, headers: { 'content-type': 'application/json' } },
    ],
    ['a refusal', LIST, { method: 'GET' }],
    ['a probe', '/livez', {}],
  ])('%s of less than 1 KiB is not compressed', async (_, path, request: RequestInit) => {
    const response = await fetch(`http://${service.http}${path}`, request);
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-length')).toBe(String((await response.arrayBuffer()).byteLength));
  });

  test('a passed deadline is 504', async () => {
    const response = await post(service.http, LIST, domainRequest, { 'grpc-timeout': '0S' });
    expect(response.status).toBe(504);
    expect(await jsonBody(response)).toMatchObject({
      code: 4,
      message: expect.stringContaining('ERROR_REQUEST_TIMEOUT'),
    });
  });
});
