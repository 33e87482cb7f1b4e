// Hand-written headers and bodies, over each protocol of the HTTP port.
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { JOB_SERVICE } from '../../src/wire/descriptors.js';
import { framed } from '../harness/frames.js';
import { rawRequest, sendRaw } from '../harness/raw-http.js';
import type { RawAnswer } from '../harness/raw-http.js';
import { testNoFaults, useService } from '../harness/use-service.js';

const ROUTE = 'POST /inventory/v1/job/list';
const RPC = `POST /${JOB_SERVICE.typeName}/list`;
const HOST = 'host: localhost';
const JSON_TYPE = 'content-type: application/json';
const DOMAIN = 'domain-07d2e9c4a6b1';
const COUNT = JSON.stringify({ domain_id: DOMAIN, query: { count_only: true } });

const service = useService('raw_requests');

const send = (
  target: string,
  lines: readonly string[],
  body: Uint8Array | string = COUNT,
): Promise<RawAnswer> => sendRaw(service.http, rawRequest(target, [HOST, ...lines], body));

/** Returns the status and the error code, empty on success. */
function outcomeOf({ status, body }: RawAnswer): readonly [number, string] {
  return [status, /ERROR_\w+/.exec(body.toString())?.[0] ?? ''];
}

const TARGETS = [
  ['the route', ROUTE],
  ['Connect', RPC],
] as const;

describe.each(TARGETS)('the content type of a body to %s', (_, target) => {
  test.each([
    'application/json',
    'Application/JSON',
    'APPLICATION/JSON;CHARSET=UTF-8',
    'application/json;charset=utf-8',
    'application/json ; charset=UTF-8',
    'application/json; charset="UTF-8"',
    'application/json; charset="utf\\-8"',
    'application/json; charset=utf8',
    'application/json;',
    'application/json; v=1; charset=Utf-8',
    'application/json; profile="a;charset=latin1"',
    '  application/json  ',
  ])('%s is accepted', async (type) => {
    expect(outcomeOf(await send(target, [`content-type: ${type}`]))).toEqual([200, '']);
  });

  test.each([
    '',
    'application/json; charset=iso-8859-1',
    'application/json; charset="UTF-16"',
    'application/json; charset=us-ascii',
    'application/json; Charset=utf-7',
    'application/json; charset=""',
    "application/json; charset='utf-8'",
    'text/json',
    'text/plain; application/json',
    'application/jsonp',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'application/json, text/plain',
    'json',
    '*/*',
  ])('%s is not supported', async (type) => {
    const answer = await send(target, [`content-type: ${type}`]);
    expect(outcomeOf(answer)).toEqual([415, 'ERROR_HTTP_CONTENT_TYPE']);
    expect(answer.headers.get('accept-post')).toContain('application/json');
  });

  test('given twice is not supported', async () => {
    const answer = await send(target, [JSON_TYPE, 'content-type: text/plain']);
    expect(outcomeOf(answer)).toEqual([415, 'ERROR_HTTP_CONTENT_TYPE']);
  });
});

test.each(['Application/Vnd.Spaceone+JSON; charset=utf-8', 'application/problem+json'])(
  'the route accepts any JSON media type: %s',
  async (type) => {
    expect(outcomeOf(await send(ROUTE, [`content-type: ${type}`]))).toEqual([200, '']);
  },
);

test.each(['APPLICATION/GRPC-WEB', 'Application/Grpc-Web+Proto', 'application/grpc-web ; charset=utf-8'])(
  'the content type of gRPC-Web is case-insensitive: %s',
  async (type) => {
    const answer = await send(RPC, [`content-type: ${type}`], Buffer.alloc(5));
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('ERROR_REQUIRED_PARAMETER');
  },
);

describe('content codings', () => {
  test.each([
    ['Identity'],
    ['IDENTITY'],
    [' identity '],
    ['identity, identity'],
    ['identity ,Identity'],
    ['identity', 'identity'],
    [''],
    [','],
  ])('a body declared as %j is accepted', async (...codings) => {
    const lines = codings.map((coding) => `content-encoding: ${coding}`);
    const answers = await Promise.all(TARGETS.map(([, target]) => send(target, [JSON_TYPE, ...lines])));
    expect(answers.map(outcomeOf)).toEqual(TARGETS.map(() => [200, '']));
  });

  const ZIPPED = gzipSync(COUNT);
  test.each([
    [['gzip']],
    [['GZIP']],
    [['x-gzip']],
    [['deflate']],
    [['br']],
    [['zstd']],
    [['gzip, identity']],
    [['identity,gzip']],
    [['identity', 'gzip']],
    [['unheard-of']],
    [['identity;q=1']],
    [['chunked']],
  ])('a body declared as %j is rejected with 415 on the route and 501 over Connect', async (codings) => {
    const lines = codings.map((coding) => `content-encoding: ${coding}`);
    const answers = await Promise.all(
      TARGETS.map(([, target]) => send(target, [JSON_TYPE, ...lines], ZIPPED)),
    );
    expect(answers.map(outcomeOf)).toEqual([
      [415, 'ERROR_HTTP_CONTENT_ENCODING'],
      [501, 'ERROR_HTTP_CONTENT_ENCODING'],
    ]);
    const bodies = answers.map(({ body }): unknown => JSON.parse(body.toString()));
    const message: unknown = expect.stringContaining('expected identity');
    expect(bodies).toMatchObject([
      { code: 12, message },
      { code: 'unimplemented', message },
    ]);
  });

  test('a compressed body over gRPC-Web is rejected in the trailers', async () => {
    const lines = ['content-type: application/grpc-web', 'content-encoding: Gzip'];
    const answer = await send(RPC, lines, Buffer.alloc(5));
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('grpc-status: 12\r\n');
  });

  test('a body with a compressed transfer encoding is rejected', async () => {
    const chunk = Buffer.concat([
      Buffer.from(`${ZIPPED.length.toString(16)}\r\n`),
      ZIPPED,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
    const answer = await send(ROUTE, [JSON_TYPE, 'transfer-encoding: gzip, Chunked'], chunk);
    expect(outcomeOf(answer)).toEqual([415, 'ERROR_HTTP_CONTENT_ENCODING']);
  });

  const PAGE = JSON.stringify({ domain_id: 'domain-3f1c9a7b2e40', query: { page: { limit: 20 } } });
  test.each([
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['Deflate', 'deflate'],
    ['br, Gzip;q=0.5', 'gzip'],
    ['*', 'gzip'],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['GZIP;Q=0', undefined],
    ['gzip;q=0, *', 'deflate'],
    ['br', undefined],
    ['', undefined],
  ])('accept-encoding "%s" gets the coding %s', async (accepted, coding) => {
    const answers = await Promise.all(
      TARGETS.map(([, target]) => send(target, [JSON_TYPE, `accept-encoding: ${accepted}`], PAGE)),
    );
    expect(answers.map(({ headers }) => headers.get('content-encoding'))).toEqual([coding, coding]);
  });
});

test.each([
  ['Text/CSV', 'text/csv; charset=utf-8'],
  ['TEXT/CSV;Q=0.9, */*;q=0.1', 'text/csv; charset=utf-8'],
  ['Application/X-NDJSON', 'application/x-ndjson; charset=utf-8'],
  ['APPLICATION/JSON', 'application/json'],
  ['text/csv;q=0', 'application/json'],
  ['*/*, text/csv;q=0.1', 'application/json'],
  ['text/csv;q=0.9, *', 'application/json'],
  ['text/csv, */*', 'text/csv; charset=utf-8'],
  ['*/*, application/json;q=0.1, text/csv;q=0.2', 'text/csv; charset=utf-8'],
])('the accept header %s gets %s', async (accepted, type) => {
  const body = JSON.stringify({ domain_id: DOMAIN });
  const answer = await send(ROUTE, [JSON_TYPE, `accept: ${accepted}`], body);
  expect(answer.headers.get('content-type')).toBe(type);
});

describe('the encoding of JSON', () => {
  const MARKED = `\ufeff${COUNT}`;
  const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
  test.each(TARGETS)('a leading byte-order mark is skipped by %s', async (_, target) => {
    expect(outcomeOf(await send(target, [JSON_TYPE], MARKED))).toEqual([200, '']);
  });

  test('a leading byte-order mark is skipped by gRPC-Web', async () => {
    const answer = await send(RPC, ['content-type: application/grpc-web+json'], framed(MARKED));
    expect(answer.body.toString()).toContain('{"total_count":10}');
  });

  test.each([
    ['a second mark', Buffer.from(`\ufeff${MARKED}`), 'body'],
    ['a mark after a blank', Buffer.from(` ${MARKED}`), 'body'],
    ['only a mark', Buffer.from('\ufeff'), 'body'],
    ['half a mark', Buffer.concat([Buffer.from([0xef, 0xbb]), Buffer.from(COUNT)]), 'body'],
    ['UTF-16 with a mark', Buffer.from(MARKED, 'utf16le'), 'UTF-16'],
    ['UTF-16 without a mark', Buffer.from(COUNT, 'utf16le'), 'UTF-16'],
    ['big-endian UTF-16 with a mark', bigEndian(MARKED), 'UTF-16'],
    ['big-endian UTF-16 without a mark', bigEndian(COUNT), 'UTF-16'],
    ['UTF-32', Buffer.from(Uint32Array.from(Buffer.from(COUNT)).buffer), 'UTF-32'],
    ['Latin-1', Buffer.from('{"domain_id": "é"}', 'latin1'), 'UTF-8'],
  ])('%s is an error', async (_, body, bodies) => {
    const answers = await Promise.all(TARGETS.map(([, target]) => send(target, [JSON_TYPE], body)));
    expect(answers.map(outcomeOf)).toEqual(TARGETS.map(() => [400, 'ERROR_INVALID_PARAMETER']));
    expect(answers.map((answer) => answer.body.toString())).toEqual(
      TARGETS.map(() => expect.stringContaining(bodies)),
    );
  });

  test('a mark within a string is kept', async () => {
    const body = JSON.stringify({ domain_id: '\ufeffx', query: { count_only: true } });
    expect(outcomeOf(await send(ROUTE, [JSON_TYPE], body))).toEqual([200, '']);
  });
});

describe('an unusual HTTP request', () => {
  const inChunks = `${COUNT.length.toString(16)}\r\n${COUNT}\r\n0\r\n\r\n`;
  test.each([
    ['expects 100-continue', ROUTE, ['Expect: 100-continue'], COUNT, 200],
    ['expects 100-CONTINUE', ROUTE, ['expect: 100-CONTINUE'], COUNT, 200],
    ['expects an unknown value', ROUTE, ['expect: cake'], COUNT, 417],
    ['takes trailers', ROUTE, ['TE: trailers'], COUNT, 200],
    ['is chunked', ROUTE, ['Transfer-Encoding: chunked'], inChunks, 200],
    ['is Chunked', ROUTE, ['transfer-encoding: Chunked'], inChunks, 200],
    ['has two lengths', ROUTE, ['content-length: 1', `content-length: ${COUNT.length}`], COUNT, 400],
    ['has a length and chunks', ROUTE, ['content-length: 5', 'transfer-encoding: chunked'], inChunks, 400],
    ['has a length without digits', ROUTE, ['content-length: many'], COUNT, 400],
    ['has a negative length', ROUTE, ['content-length: -1'], COUNT, 400],
    ['has a length below its size', ROUTE, [`content-length: ${COUNT.length - 1}`], COUNT, 400],
    ['has a blank after a header name', ROUTE, ['grpc-timeout : 5S'], COUNT, 400],
    ['has a method in lower case', 'post /inventory/v1/job/list', [], COUNT, 400],
    ['is a GET', 'GET /inventory/v1/job/list', [], '', 405],
    ['is a PUT', 'PUT /inventory/v1/job/list', [], COUNT, 405],
    ['is a DELETE', 'DELETE /inventory/v1/job/delete', [], COUNT, 405],
    ['is a HEAD', 'HEAD /inventory/v1/job/list', [], '', 405],
    ['asks for options', 'OPTIONS /inventory/v1/job/list', [], '', 405],
    [
      'is a GET by Connect',
      `GET /${JOB_SERVICE.typeName}/list?connect=v1&encoding=json&message=%7B%7D`,
      [],
      '',
      405,
    ],
    ['is a HEAD of a probe', 'HEAD /livez', [], '', 200],
    ['has a path in another case', 'POST /Inventory/v1/job/list', [], COUNT, 404],
    ['has a trailing slash', 'POST /inventory/v1/job/list/', [], COUNT, 404],
    ['has a query', 'POST /inventory/v1/job/list?x=1', [], COUNT, 200],
  ])('that %s gets the expected status', async (_, target, lines, body, status) => {
    expect((await send(target, [JSON_TYPE, ...lines], body)).status).toBe(status);
  });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'by %s names the allowed method in the header allow',
    async (method) => {
      const answers = TARGETS.map(([, target]) => send(target.replace('POST', method), [], ''));
      expect((await Promise.all(answers)).map(({ headers }) => headers.get('allow'))).toEqual([
        'POST',
        'POST',
      ]);
    },
  );

  test('rejected for its headers leaves the connection open', async () => {
    const refused = rawRequest(ROUTE, [HOST, JSON_TYPE, 'grpc-timeout: 5x'], COUNT).toString();
    const both = Buffer.from(
      `${refused.replace('connection: close', 'x: y')}${String(rawRequest(ROUTE, [HOST, JSON_TYPE], COUNT))}`,
    );
    const { status, body } = await sendRaw(service.http, both);
    expect(status).toBe(400);
    expect(body.toString()).toMatch(/HTTP\/1\.1 200 OK.*\{"total_count":10\}$/s);
  });
});

testNoFaults(service);
