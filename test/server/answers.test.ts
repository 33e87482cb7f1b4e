// What every answer of the HTTP door says beside its body, to browsers and to caches, and what becomes of its connection.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const LIST = '/inventory/v1/job/list';
const RPC_LIST = '/spaceone.api.inventory.v1.Job/list';
const ORIGIN = 'https://elsewhere.example.org';
const LISTED = 'https://console.example.org';

let closed: Service;
let open: Service;

beforeAll(async () => {
  closed = await startService('answers_without_origins');
  open = await startService('answers_with_origins', { corsOrigins: [LISTED] });
});
afterAll(async () => {
  await closed.stop();
  await open.stop();
});

const WHOLE = JSON.stringify({ domain_id: DOMAIN });
const JSON_BODY = { 'content-type': 'application/json' };

interface Sent {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Requests with an answer of each kind, the refused ones too. */
const REQUESTS: readonly (readonly [string, string, Sent])[] = [
  ['a list', LIST, { body: WHOLE, headers: JSON_BODY }],
  ['a list as NDJSON', LIST, { body: WHOLE, headers: { ...JSON_BODY, accept: 'application/x-ndjson' } }],
  ['a list as CSV', LIST, { body: WHOLE, headers: { ...JSON_BODY, accept: 'text/csv' } }],
  ['a list by Connect', RPC_LIST, { body: WHOLE, headers: JSON_BODY }],
  ['a list by gRPC-Web', RPC_LIST, { body: '', headers: { 'content-type': 'application/grpc-web' } }],
  ['a request without a domain', LIST, { body: '{}', headers: JSON_BODY }],
  ['a body that is no JSON', LIST, { body: '{', headers: JSON_BODY }],
  ['another content type', LIST, { body: WHOLE, headers: { 'content-type': 'text/plain' } }],
  ['a compressed body', LIST, { body: WHOLE, headers: { ...JSON_BODY, 'content-encoding': 'gzip' } }],
  ['another route', '/inventory/v1/job/lists', { body: WHOLE, headers: JSON_BODY }],
];

const ask = ({ http }: Service, path: string, request: RequestInit): Promise<Response> =>
  fetch(`http://${http}${path}`, { method: 'POST', ...request });

const corsHeaders = ({ headers }: Response): readonly (readonly [string, string])[] =>
  [...headers].filter(([name]) => name.startsWith('access-control-'));

describe('an answer', () => {
  test.each(REQUESTS)(
    'to %s is kept by nobody, runs nothing and stands in no frame',
    async (_, path, request) => {
      const { headers } = await ask(closed, path, request);
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
      });
    },
  );

  test.each(REQUESTS)('to %s names no origin where none is set', async (_, path, request) => {
    const sent = { ...request, headers: { ...request.headers, origin: ORIGIN } };
    expect(corsHeaders(await ask(closed, path, sent))).toEqual([]);
  });

  test.each(REQUESTS)('to %s lets a listed origin read what clients read', async (_, path, request) => {
    const sent = { ...request, headers: { ...request.headers, origin: LISTED } };
    expect(Object.fromEntries(corsHeaders(await ask(open, path, sent)))).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-expose-headers': 'x-request-id,grpc-status,grpc-message,grpc-status-details-bin',
    });
  });
});

describe('a preflight', () => {
  const preflight = (service: Service, origin: string): Promise<Response> =>
    ask(service, LIST, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,token',
      },
    });

  test('of a listed origin is told what it may send, for ten minutes', async () => {
    const response = await preflight(open, LISTED);
    expect(response.status).toBe(204);
    expect(Object.fromEntries(corsHeaders(response))).toMatchObject({
      'access-control-allow-origin': LISTED,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,token',
      'access-control-max-age': '600',
    });
  });

  test.each([
    ['where none is set', () => closed],
    ['of another', () => open],
  ])('is refused %s', async (_, service) => {
    const response = await preflight(service(), ORIGIN);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a connection', () => {
  /** All that comes back until the service ends the connection. */
  function sent(request: string): Promise<string> {
    const [host, port] = closed.http.split(':');
    const socket = connect({ host, port: Number(port) });
    socket.write(request);
    return text(socket);
  }

  const head = (...lines: readonly string[]): string =>
    [`POST ${LIST} HTTP/1.1`, 'host: localhost', 'content-type: application/json', ...lines, '', ''].join(
      '\r\n',
    );
  const TOO_LARGE = 4 * 1024 ** 2 + 1;

  test.each([
    ['whose length is told', head(`content-length: ${TOO_LARGE}`)],
    [
      'in chunks',
      `${head('transfer-encoding: chunked')}${TOO_LARGE.toString(16)}\r\n${' '.repeat(TOO_LARGE)}\r\n`,
    ],
  ])('ends with the answer to a body that is too large, %s', async (_, request) => {
    const answer = await sent(request);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
  });

  test('stays open after a request that is refused for what it says', async () => {
    const request = `${head('content-length: 2')}{}`;
    const last = `${head('content-length: 2', 'connection: close')}{}`;
    expect((await sent(request + last)).match(/HTTP\/1\.1 400 /g)).toHaveLength(2);
  });
});
