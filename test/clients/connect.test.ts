// Connect and gRPC-Web beyond the conformance cases: frames, errors, deadlines, cancellation, and buf's client.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { codeToHttpStatus, errorFromJsonBytes } from '@connectrpc/connect/protocol-connect';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { AppError, ERRORS, STATUSES } from '../../src/errors.js';
import type { ErrorName } from '../../src/errors.js';
import { PROTOCOLS } from '../../src/server/http/protocols.js';
import { JOB_SERVICE, messageNamed } from '../../src/wire/descriptors.js';
import { jsonOf } from '../../src/wire/json.js';
import { callConnect, TRANSPORTS } from '../harness/connect-client.js';
import { framed } from '../harness/frames.js';
import { post } from '../harness/http-client.js';
import { useService } from '../harness/use-service.js';
import { insertSlowJob, noneRunning, runningSoon, slowStat } from '../harness/slow.js';

const DATABASE = 'connect';
const DOMAIN = 'domain-07d2e9c4a6b1';
const LIST = `/${JOB_SERVICE.typeName}/list`;
const JOBS_QUERY = messageNamed('spaceone.api.inventory.v1.JobsQuery');
const JOBS_INFO = messageNamed('spaceone.api.inventory.v1.JobsInfo');
const STATUS = messageNamed('google.rpc.Status');

const service = useService(DATABASE, { corsOrigins: ['https://console.example.org'] });

beforeAll(async () => {
  await insertSlowJob(service.db);
});

type Headers = Readonly<Record<string, string>>;

const send = (path: string, body: Uint8Array | string, headers: Headers): Promise<Response> =>
  post(service.http, path, body, headers);

interface Frame {
  readonly flags: number;
  readonly content: Buffer;
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const end = offset + 5 + bytes.readUInt32BE(offset + 1);
    frames.push({ flags: bytes.readUInt8(offset), content: bytes.subarray(offset + 5, end) });
    offset = end;
  }
  return frames;
}

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const jsonBody = async (response: Response): Promise<unknown> => JSON.parse(await response.text());

const COUNT_JSON = JSON.stringify({ domain_id: DOMAIN, query: { count_only: true } });
/** The same request as bytes: domain_id is field 6, query is field 1 with count_only as field 6. */
const COUNT_BYTES = Buffer.concat([
  Buffer.from([0x0a, 0x02, 0x30, 0x01, 0x32, DOMAIN.length]),
  Buffer.from(DOMAIN),
]);
const toBase64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64'));
const fromBase64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1'), 'base64');
const identity = (bytes: Buffer): Buffer => bytes;
const TOTAL = '{"total_count":10}';
const decoded = (bytes: Uint8Array): string => jsonOf(JOBS_INFO, bytes);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('the binary request equals the JSON request', () => {
  expect(JSON.parse(jsonOf(JOBS_QUERY, COUNT_BYTES))).toEqual(JSON.parse(COUNT_JSON));
});

describe('Connect', () => {
  test.each([
    ['application/json', COUNT_JSON, text],
    ['application/json; charset=utf-8', COUNT_JSON, text],
    ['application/proto', COUNT_BYTES, decoded],
  ])('answers %s in the same format', async (type, request, read) => {
    const response = await send(LIST, request, { 'content-type': type, 'connect-protocol-version': '1' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type.split(';', 1).join());
    expect(read(await bytesOf(response))).toBe(TOTAL);
  });

  test.each([
    ['a missing domain', '{}', 400, 'invalid_argument', 'ERROR_REQUIRED_PARAMETER'],
    ['a body of invalid JSON', '{', 400, 'invalid_argument', 'ERROR_INVALID_PARAMETER'],
    [
      'too many conditions',
      JSON.stringify({ domain_id: DOMAIN, query: { filter: Array(1001).fill({}) } }),
      429,
      'resource_exhausted',
      'ERROR_LIMIT_EXCEEDED',
    ],
    ['a body over 4 MiB', ' '.repeat(4 * 1024 ** 2 + 1), 429, 'resource_exhausted', 'ERROR_HTTP_BODY_SIZE'],
  ])('returns a Connect error in JSON for %s', async (_, request, status, code, error) => {
    const response = await send(LIST, request, { 'content-type': 'application/json' });
    expect(response.status).toBe(status);
    expect(await jsonBody(response)).toMatchObject({
      code,
      message: expect.stringMatching(`^${error}: `),
      details: expect.arrayContaining([
        { type: 'google.rpc.ErrorInfo', value: expect.stringMatching(/^[A-Za-z0-9+/]+$/) },
      ]),
    });
  });

  test.each([
    ['a missing job', 'get', { domain_id: DOMAIN, job_id: 'job-none' }, {}, 404, 'not_found'],
    ['a passed deadline', 'stat', {}, { 'connect-timeout-ms': '0' }, 504, 'deadline_exceeded'],
    ['a content coding', 'delete', {}, { 'content-encoding': 'gzip' }, 501, 'unimplemented'],
    ['an unsupported version', 'list', {}, { 'connect-protocol-version': '2' }, 400, 'invalid_argument'],
  ])('returns the HTTP status of the code for %s', async (_, rpc, request, extraHeaders, status, code) => {
    const headers = { 'content-type': 'application/json', ...extraHeaders };
    const response = await send(`/${JOB_SERVICE.typeName}/${rpc}`, JSON.stringify(request), headers);
    expect([response.status, await jsonBody(response)]).toEqual([status, expect.objectContaining({ code })]);
  });

  test('returns errors in JSON for application/proto as well', async () => {
    const response = await send(LIST, '', { 'content-type': 'application/proto' });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await jsonBody(response)).toMatchObject({ code: 'invalid_argument' });
  });

  test('enforces connect-timeout-ms', async () => {
    const headers = { 'content-type': 'application/json', 'connect-timeout-ms': '0' };
    const response = await send(LIST, COUNT_JSON, headers);
    expect(response.status).toBe(504);
    expect(await jsonBody(response)).toMatchObject({ code: 'deadline_exceeded' });
  });
});

describe("Connect's table of codes", () => {
  const isName = (name: string): name is ErrorName => Object.hasOwn(ERRORS, name);
  const failures = Object.keys(ERRORS).filter(isName);
  const protocols = [...PROTOCOLS.values()].filter(({ type }) =>
    ['application/json', 'application/proto'].includes(type),
  );

  test.each(failures)('agrees with the HTTP status of ERROR_%s', (name) => {
    const error = new AppError(name, '');
    for (const protocol of protocols) {
      const { status, body } = protocol.failure(error, 'a-request');
      const { code } = errorFromJsonBytes(body, undefined, new ConnectError('it is no error'));
      expect([code, status]).toEqual([STATUSES[error.status].grpc, codeToHttpStatus(code)]);
    }
  });
});

describe('gRPC-Web', () => {
  test.each([
    ['application/grpc-web', framed(COUNT_BYTES), identity, decoded],
    ['application/grpc-web+proto', framed(COUNT_BYTES), identity, decoded],
    ['application/grpc-web+json', framed(COUNT_JSON), identity, text],
    ['application/grpc-web-text', toBase64(framed(COUNT_BYTES)), fromBase64, decoded],
    ['application/grpc-web-text+proto', toBase64(framed(COUNT_BYTES)), fromBase64, decoded],
  ])('answers %s with a message and trailers', async (type, request, decodeBody, read) => {
    const response = await send(LIST, request, { 'content-type': type, 'x-request-id': 'a-call' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-request-id')).toBe('a-call');
    const frames = framesOf(decodeBody(await bytesOf(response)));
    expect(frames.map(({ flags }) => flags)).toEqual([0x00, 0x80]);
    expect(frames.map(({ content }, i) => [read, text][i]?.(content))).toEqual([TOTAL, 'grpc-status: 0\r\n']);
  });

  /** Parses the trailers of a failed call; its response has nothing else. */
  async function trailersOf(response: Response): Promise<ReadonlyMap<string, string>> {
    expect(response.status).toBe(200);
    const frames = framesOf(await bytesOf(response));
    expect(frames.map(({ flags }) => flags)).toEqual([0x80]);
    const lines = frames.flatMap(({ content }) => content.toString().trimEnd().split('\r\n'));
    return new Map(lines.map((line) => [line.replace(/: .*/, ''), line.replace(/^[^:]*: /, '')]));
  }

  test.each([
    ['no frame', Buffer.alloc(0), '3', 'ERROR_INVALID_PARAMETER'],
    ['a truncated frame', framed(COUNT_BYTES).subarray(0, 12), '3', 'ERROR_INVALID_PARAMETER'],
    ['a compressed frame', framed(COUNT_BYTES, 1), '3', 'ERROR_INVALID_PARAMETER'],
    ['two frames', Buffer.concat([framed(COUNT_BYTES), framed(COUNT_BYTES)]), '3', 'ERROR_INVALID_PARAMETER'],
    ['a missing domain', framed(''), '3', 'ERROR_REQUIRED_PARAMETER'],
    ['a body over 4 MiB', Buffer.alloc(4 * 1024 ** 2 + 1), '8', 'ERROR_HTTP_BODY_SIZE'],
  ])('returns the error in the trailers for %s', async (_, request, code, error) => {
    const trailers = await trailersOf(await send(LIST, request, { 'content-type': 'application/grpc-web' }));
    expect(trailers.get('grpc-status')).toBe(code);
    const message = decodeURIComponent(trailers.get('grpc-message') ?? '');
    expect(message).toMatch(`${error}: `);
    const details = fromBinary(STATUS, Buffer.from(trailers.get('grpc-status-details-bin') ?? '', 'base64'));
    expect(details).toMatchObject({ code: Number(code), message });
  });

  test('enforces grpc-timeout', async () => {
    const headers = { 'content-type': 'application/grpc-web', 'grpc-timeout': '0m' };
    const trailers = await trailersOf(await send(LIST, framed(COUNT_BYTES), headers));
    expect(trailers.get('grpc-status')).toBe('4');
  });
});

describe('on the rpc paths', () => {
  test('an unsupported content type is answered with the supported ones', async () => {
    const response = await send(LIST, COUNT_BYTES, { 'content-type': 'application/grpc' });
    expect(response.status).toBe(415);
    expect(response.headers.get('accept-post')).toBe([...PROTOCOLS.keys()].join(', '));
  });

  test('another method is answered with the allowed one', async () => {
    const response = await fetch(`http://${service.http}${LIST}`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('an unknown rpc is not found', async () => {
    const response = await send(`/${JOB_SERVICE.typeName}/lists`, '{}', {
      'content-type': 'application/json',
    });
    expect(response.status).toBe(404);
  });

  test('pages of configured origins may read the error', async () => {
    const headers = { 'content-type': 'application/grpc-web', origin: 'https://console.example.org' };
    const response = await send(LIST, framed(''), headers);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://console.example.org');
    expect(response.headers.get('access-control-expose-headers')).toContain('grpc-status');
  });
});

describe.each(Object.entries(TRANSPORTS))('the published client over %s', (_, transport) => {
  test('reads code, text and details of an error', async () => {
    const query = { filter: [{ k: 'status', o: 'eq', v: ['ERROR'] }] };
    expect(await callConnect(transport(service.http), 'list', { domain_id: DOMAIN, query })).toEqual({
      error: {
        status: 'INVALID_ARGUMENT',
        code: 'ERROR_OPERATOR_VALUE_TYPE',
        text: expect.stringContaining('condition = query.filter[0]'),
        details: ['google.rpc.ErrorInfo', 'google.rpc.BadRequest', 'google.rpc.RequestInfo'],
      },
    });
  });

  test('gets DEADLINE_EXCEEDED at its deadline', async () => {
    // Long enough for the response to arrive well before: Node's fetch may hang if aborted while reading one.
    const outcome = await callConnect(transport(service.http), 'stat', slowStat(4), { timeoutMs: 2000 });
    expect(outcome).toHaveProperty('error.status', 'DEADLINE_EXCEEDED');
    await noneRunning(service.client, DATABASE, 2000);
  });

  test('ends the database operation when it cancels', async () => {
    const controller = new AbortController();
    const call = callConnect(transport(service.http), 'stat', slowStat(4), { signal: controller.signal });
    await runningSoon(service.client, DATABASE, 1);
    controller.abort();
    expect(await call).toHaveProperty('error.status', 'CANCELLED');
    await noneRunning(service.client, DATABASE, 2000);
  });
});

describe('buf curl', () => {
  const BUF = join(process.cwd(), 'node_modules/@bufbuild/buf/bin/buf');

  /** Runs buf curl and returns its output on both streams. */
  const curl = (protocol: string, request: string): Promise<string> =>
    new Promise((resolve) => {
      const url = `http://${service.http}${LIST}`;
      const args = [BUF, 'curl', '--schema', process.cwd(), '--protocol', protocol, '-d', request, url];
      execFile(process.execPath, args, { timeout: 15_000 }, (_, stdout, stderr) => {
        resolve(`${stdout}${stderr}`);
      });
    });

  test.each(['connect', 'grpcweb'])('lists over %s', async (protocol) => {
    expect(JSON.parse(await curl(protocol, COUNT_JSON))).toEqual({ totalCount: 10 });
  });

  test.each(['connect', 'grpcweb'])('shows the error over %s', async (protocol) => {
    expect(JSON.parse(await curl(protocol, '{}'))).toMatchObject({
      code: 'invalid_argument',
      message: 'ERROR_REQUIRED_PARAMETER: Required parameter. (key = domain_id)',
    });
  });
});
