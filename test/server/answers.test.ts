// HTTP responses apart from their bodies: headers for browsers and caches, and the fate of the connection.
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { routeOf } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { dial } from '../harness/tcp.js';
import { useService } from '../harness/use-service.js';
import type { Service } from '../harness/service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const LIST = routeOf('list');
const RPC_LIST = pathOf('list');
const OTHER_ORIGIN = 'https://elsewhere.example.org';
const CONFIGURED_ORIGIN = 'https://console.example.org';

const withoutOrigins = useService('answers_without_origins');
const withOrigins = useService('answers_with_origins', { corsOrigins: [CONFIGURED_ORIGIN] });

const DOMAIN_REQUEST = JSON.stringify({ domain_id: DOMAIN });
const JSON_BODY = { 'content-type': 'application/json' };

interface RequestParts {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Requests with a response of each kind, including rejections. */
const REQUESTS: readonly (readonly [string, string, RequestParts])[] = [
  ['a list', LIST, { body: DOMAIN_REQUEST, headers: JSON_BODY }],
  [
    'a list as NDJSON',
    LIST,
    { body: DOMAIN_REQUEST, headers: { ...JSON_BODY, accept: 'application/x-ndjson' } },
  ],
  ['a list as CSV', LIST, { body: DOMAIN_REQUEST, headers: { ...JSON_BODY, accept: 'text/csv' } }],
  ['a list by Connect', RPC_LIST, { body: DOMAIN_REQUEST, headers: JSON_BODY }],
  ['a list by gRPC-Web', RPC_LIST, { body: '', headers: { 'content-type': 'application/grpc-web' } }],
  ['a request without a domain', LIST, { body: '{}', headers: JSON_BODY }],
  ['a body of invalid JSON', LIST, { body: '{', headers: JSON_BODY }],
  ['another content type', LIST, { body: DOMAIN_REQUEST, headers: { 'content-type': 'text/plain' } }],
  [
    'a compressed body',
    LIST,
    { body: DOMAIN_REQUEST, headers: { ...JSON_BODY, 'content-encoding': 'gzip' } },
  ],
  ['another route', '/inventory/v1/job/lists', { body: DOMAIN_REQUEST, headers: JSON_BODY }],
];

const send = ({ http }: Service, path: string, request: RequestInit): Promise<Response> =>
  fetch(`http://${http}${path}`, { method: 'POST', ...request });

const corsHeaders = ({ headers }: Response): readonly (readonly [string, string])[] =>
  [...headers].filter(([name]) => name.startsWith('access-control-'));

describe('the response', () => {
  test.each(REQUESTS)('to %s may not be cached, run scripts or be framed', async (_, path, request) => {
    const { headers } = await send(withoutOrigins, path, request);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
    });
  });

  test.each(REQUESTS)('to %s has no CORS headers if no origin is configured', async (_, path, request) => {
    const exchange = { ...request, headers: { ...request.headers, origin: OTHER_ORIGIN } };
    expect(corsHeaders(await send(withoutOrigins, path, exchange))).toEqual([]);
  });

  test.each(REQUESTS)(
    'to %s exposes the headers of clients to a configured origin',
    async (_, path, request) => {
      const exchange = { ...request, headers: { ...request.headers, origin: CONFIGURED_ORIGIN } };
      expect(Object.fromEntries(corsHeaders(await send(withOrigins, path, exchange)))).toEqual({
        'access-control-allow-origin': CONFIGURED_ORIGIN,
        'access-control-expose-headers': 'x-request-id,grpc-status,grpc-message,grpc-status-details-bin',
      });
    },
  );
});

describe('a preflight', () => {
  const preflight = (service: Service, origin: string): Promise<Response> =>
    send(service, LIST, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,token',
      },
    });

  test('from a configured origin is allowed for ten minutes', async () => {
    const response = await preflight(withOrigins, CONFIGURED_ORIGIN);
    expect(response.status).toBe(204);
    expect(Object.fromEntries(corsHeaders(response))).toMatchObject({
      'access-control-allow-origin': CONFIGURED_ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,token',
      'access-control-max-age': '600',
    });
  });

  test.each([
    ['if no origin is configured', () => withoutOrigins],
    ['from another origin', () => withOrigins],
  ])('is denied %s', async (_, service) => {
    const response = await preflight(service(), OTHER_ORIGIN);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('OPTIONS that is no preflight', () => {
  const ORIGIN = { origin: CONFIGURED_ORIGIN };
  test.each<readonly [string, string, Readonly<Record<string, string>>, number, string | null]>([
    ['without an origin', LIST, { 'access-control-request-method': 'POST' }, 405, 'POST'],
    ['without a method to ask for', LIST, ORIGIN, 405, 'POST'],
    ['of no route', '/inventory/v1/job/lists', ORIGIN, 404, null],
  ])('%s is refused like any other method', async (_, path, headers, status, allowed) => {
    const response = await send(withOrigins, path, { method: 'OPTIONS', headers });
    expect([response.status, response.headers.get('allow')]).toEqual([status, allowed]);
  });
});

describe('a connection', () => {
  /** Sends `request` and returns everything received until the service closes the connection. */
  function exchange(request: string): Promise<string> {
    const socket = dial(withoutOrigins.http);
    socket.write(request);
    return text(socket);
  }

  const headOf = (...lines: readonly string[]): string =>
    [`POST ${LIST} HTTP/1.1`, 'host: localhost', 'content-type: application/json', ...lines, '', ''].join(
      '\r\n',
    );
  const TOO_LARGE = 4 * 1024 ** 2 + 1;

  test.each([
    ['with a length', headOf(`content-length: ${TOO_LARGE}`)],
    [
      'in chunks',
      `${headOf('transfer-encoding: chunked')}${TOO_LARGE.toString(16)}\r\n${' '.repeat(TOO_LARGE)}\r\n`,
    ],
  ])('is closed with the response to an oversized body %s', async (_, request) => {
    const answer = await exchange(request);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
  });

  test('stays open after a request rejected for its content', async () => {
    const request = `${headOf('content-length: 2')}{}`;
    const last = `${headOf('content-length: 2', 'connection: close')}{}`;
    expect((await exchange(request + last)).match(/HTTP\/1\.1 400 /g)).toHaveLength(2);
  });
});
