// Protocol and timeout headers of calls: an invalid value is an error naming the header.
import { once } from 'node:events';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { RequestInfo } from '../../src/gen/google/rpc/error_details.js';
import { Status } from '../../src/gen/google/rpc/status.js';
import { JOB_SERVICE, messageNamed } from '../../src/wire/descriptors.js';
import { framed } from '../harness/frames.js';
import { callRaw, openSession, openStream, rawHeaders } from '../harness/raw-grpc.js';
import type { RawOutcome } from '../harness/raw-grpc.js';
import { rawRequest, sendRaw } from '../harness/raw-http.js';
import { testNoFaults, useService } from '../harness/use-service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const PATH = `/${JOB_SERVICE.typeName}/list`;
const REQUEST = { domain_id: DOMAIN, query: { count_only: true } };
const TEXT = JSON.stringify(REQUEST);
const JOBS_QUERY = messageNamed('spaceone.api.inventory.v1.JobsQuery');
const BYTES = Buffer.from(toBinary(JOBS_QUERY, fromJson(JOBS_QUERY, REQUEST)));

/** Truncated protobuf. */
const MALFORMED = framed(Buffer.of(0x0a, 0xff));

const service = useService('call_headers');

const HTTP_REQUESTS = {
  'the route': ['/inventory/v1/job/list', 'application/json', TEXT],
  'Connect with JSON': [PATH, 'application/json', TEXT],
  'Connect with protobuf': [PATH, 'application/proto', BYTES],
  'gRPC-Web': [PATH, 'application/grpc-web', framed(BYTES)],
  'gRPC-Web as base64': [PATH, 'application/grpc-web-text', framed(BYTES).toString('base64')],
} as const;

type HttpKind = keyof typeof HTTP_REQUESTS;

/** Returns the HTTP status for the routes and Connect, and the status in the trailers for gRPC-Web. */
async function post(kind: HttpKind, lines: readonly string[]): Promise<RawOutcome> {
  const [path, type, body] = HTTP_REQUESTS[kind];
  const request = rawRequest(`POST ${path}`, ['host: localhost', `content-type: ${type}`, ...lines], body);
  const answer = await sendRaw(service.http, request);
  const text = type.endsWith('-text') ? Buffer.from(answer.body.toString(), 'base64') : answer.body;
  const decodedText = decodeURIComponent(text.toString('latin1'));
  return { status: /grpc-status: (\d+)/.exec(decodedText)?.[1] ?? String(answer.status), text: decodedText };
}

/** Calls over gRPC itself. */
const callGrpc = (headers: Readonly<Record<string, string>>, message = framed(BYTES)): Promise<RawOutcome> =>
  callRaw(service.address, PATH, message, headers);

const INVALID = [
  '5x',
  'S',
  '5',
  '-5S',
  '5.0S',
  '+5S',
  '1e3S',
  '0x5S',
  '5 S',
  '5s',
  '123456789S',
  '5S5S',
  'S5',
  '',
];
const VALID = ['5S', '99999999n', '1H', '250m', '00000005S', '99999999H'];

describe.each(['the route', 'gRPC-Web', 'gRPC-Web as base64'] satisfies HttpKind[])(
  'grpc-timeout over %s',
  (kind) => {
    const [rejected, accepted] = kind === 'the route' ? ['400', '200'] : ['3', '0'];

    test.each(INVALID)('%j is rejected', async (value) => {
      const { status, text } = await post(kind, [`grpc-timeout: ${value}`]);
      expect([status, text]).toEqual([rejected, expect.stringContaining('ERROR_INVALID_PARAMETER')]);
      expect(text).toContain('(key = grpc-timeout, reason = it must be');
    });

    test('two of them are rejected', async () => {
      expect(await post(kind, ['grpc-timeout: 5S', 'grpc-timeout: 5S'])).toHaveProperty('status', rejected);
    });

    test.each(VALID)('%s is accepted', async (value) => {
      expect(await post(kind, [`Grpc-Timeout: ${value}`])).toHaveProperty('status', accepted);
    });

    test('does not make the headers of Connect be read', async () => {
      const lines = ['connect-timeout-ms: abc', 'connect-protocol-version: 2'];
      expect(await post(kind, lines)).toHaveProperty('status', accepted);
    });
  },
);

describe.each(['Connect with JSON', 'Connect with protobuf'] satisfies HttpKind[])('over %s', (kind) => {
  test.each([
    'abc',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '5.0',
    '5 0',
    '12345678901',
    '5000ms',
    '5,000',
    'Infinity',
    '',
  ])('connect-timeout-ms: %j is rejected', async (value) => {
    const { status, text } = await post(kind, [`connect-timeout-ms: ${value}`]);
    expect([status, text]).toEqual(['400', expect.stringContaining('"code":"invalid_argument"')]);
    expect(text).toContain(
      'ERROR_INVALID_PARAMETER: Parameter is invalid. (key = connect-timeout-ms, reason = ',
    );
  });

  test.each(['2', '0', '1.0', '01', 'v1', '1;', 'one', ''])(
    'connect-protocol-version: %j is rejected as unsupported',
    async (value) => {
      const { status, text } = await post(kind, [`Connect-Protocol-Version: ${value}`]);
      expect([status, text]).toEqual(['400', expect.stringContaining('"code":"invalid_argument"')]);
      expect(text).toContain('(key = connect-protocol-version, reason = it must be 1)');
    },
  );

  test.each([
    ['two timeouts', ['connect-timeout-ms: 5000', 'connect-timeout-ms: 5000'], '400'],
    ['two versions', ['connect-protocol-version: 1', 'connect-protocol-version: 1'], '400'],
    ['the version and a timeout', ['connect-protocol-version: 1', 'connect-timeout-ms: 5000'], '200'],
    ['neither', [], '200'],
    ['the longest timeout', ['connect-timeout-ms: 9999999999'], '200'],
    ['leading zeros', ['connect-timeout-ms: 0000005000'], '200'],
    ['surrounding blanks', ['connect-timeout-ms:   5000  '], '200'],
    ['an invalid grpc-timeout', ['grpc-timeout: 5x'], '200'],
    ['headers of streams', ['connect-content-encoding: gzip', 'connect-accept-encoding: gzip'], '200'],
  ])('headers with %s get the expected status', async (_, lines, status) => {
    expect(await post(kind, lines)).toHaveProperty('status', status);
  });
});

describe('over gRPC', () => {
  test.each(['5x', 'S', 'abc', '5'])('grpc-timeout: %j is rejected', async (value) => {
    expect(await callGrpc({ 'grpc-timeout': value })).toEqual({
      status: '3',
      text: expect.stringContaining(
        'ERROR_INVALID_PARAMETER: Parameter is invalid. (key = grpc-timeout, reason = ',
      ),
    });
  });

  test.each(['5S', '250m', '1H'])('grpc-timeout: %s is accepted', async (value) => {
    expect(await callGrpc({ 'grpc-timeout': value })).toHaveProperty('status', '0');
  });

  test('a message not compressed by its declared encoding is INVALID_ARGUMENT', async () => {
    expect(await callGrpc({ 'grpc-encoding': 'gzip' }, framed(BYTES, 1))).toEqual({
      status: '3',
      text: expect.stringContaining(
        'ERROR_INVALID_PARAMETER: Parameter is invalid. (key = request, reason = ',
      ),
    });
  });

  test.each([
    '/grpc.health.v1.Health/Check',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    '/spaceone.api.core.v1.ServerInfo/get_version',
    PATH,
  ])('malformed bytes sent to %s are INVALID_ARGUMENT', async (path) => {
    expect(await callRaw(service.address, path, MALFORMED)).toEqual({
      status: '3',
      text: expect.stringContaining('Parameter is invalid. (key = request, reason = '),
    });
  });

  test.each([
    ['no message', Buffer.alloc(0)],
    ['half a prefix', framed(BYTES).subarray(0, 3)],
    ['half a message', framed(BYTES).subarray(0, 9)],
    ['two messages', Buffer.concat([framed(BYTES), framed(BYTES)])],
  ])('%s in a request is INVALID_ARGUMENT', async (_, sent) => {
    expect(await callGrpc({}, sent)).toEqual({
      status: '3',
      text: 'ERROR_INVALID_PARAMETER: Parameter is invalid. (key = request, reason = it must be one whole message)',
    });
  });

  test.each<readonly [string, string, Readonly<Record<string, string>>, Buffer]>([
    ['an unreadable grpc-timeout', PATH, { 'grpc-timeout': '5x' }, framed(BYTES)],
    ['an unreadable compressed message', PATH, { 'grpc-encoding': 'gzip' }, framed(BYTES, 1)],
    ['no message', PATH, {}, Buffer.alloc(0)],
    ['a second message', PATH, {}, Buffer.concat([framed(BYTES), framed(BYTES)])],
    ['malformed bytes for a version', '/spaceone.api.core.v1.ServerInfo/get_version', {}, MALFORMED],
    ['malformed bytes for a check', '/grpc.health.v1.Health/Check', {}, MALFORMED],
  ])('the error of %s has the request id', async (_, path, headers, sent) => {
    const received = await rawHeaders(service.address, path, sent, { ...headers, 'x-request-id': 'own-1' });
    const bytes = Buffer.from(received.get('grpc-status-details-bin') ?? '', 'base64');
    expect(Status.decode(bytes).details).toContainEqual({
      type_url: 'type.googleapis.com/google.rpc.RequestInfo',
      value: RequestInfo.encode({ request_id: 'own-1' }).finish(),
    });
  });

  test('a request whose message never comes fails at its deadline', async () => {
    const session = openSession(service.address);
    const stream = openStream(session, PATH, { 'grpc-timeout': '100m' });
    const received: readonly unknown[] = await once(stream, 'response');
    session.destroy();
    expect(received[0]).toMatchObject({
      'grpc-status': '4',
      'grpc-message': 'ERROR_REQUEST_TIMEOUT:%20Request%20timeout!',
      'grpc-status-details-bin': expect.any(String),
    });
  });

  test('an unknown encoding is UNIMPLEMENTED', async () => {
    const headers = { 'grpc-encoding': 'snappy' };
    expect(await callGrpc(headers, framed(BYTES, 1))).toHaveProperty('status', '12');
    expect(await callGrpc(headers)).toHaveProperty('status', '0');
  });
});

testNoFaults(service);
