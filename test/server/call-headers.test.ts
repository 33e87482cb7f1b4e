// What a call says of its protocol and its time in headers: what cannot be read is an error that names the header.
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JOB_SERVICE, messageNamed } from '../../src/wire/descriptors.js';
import { framed } from '../harness/frames.js';
import { callRaw } from '../harness/raw-grpc.js';
import type { RawOutcome } from '../harness/raw-grpc.js';
import { rawRequest, sendRaw } from '../harness/raw-http.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const PATH = `/${JOB_SERVICE.typeName}/list`;
const REQUEST = { domain_id: DOMAIN, query: { count_only: true } };
const TEXT = JSON.stringify(REQUEST);
const JOBS_QUERY = messageNamed('spaceone.api.inventory.v1.JobsQuery');
const BYTES = Buffer.from(toBinary(JOBS_QUERY, fromJson(JOBS_QUERY, REQUEST)));

let service: Service;

beforeAll(async () => {
  service = await startService('call_headers');
});
afterAll(() => service.stop());

const POSTED = {
  'the route': ['/inventory/v1/job/list', 'application/json', TEXT],
  'Connect with JSON': [PATH, 'application/json', TEXT],
  'Connect with protobuf': [PATH, 'application/proto', BYTES],
  'gRPC-Web': [PATH, 'application/grpc-web', framed(BYTES)],
  'gRPC-Web as base64': [PATH, 'application/grpc-web-text', framed(BYTES).toString('base64')],
} as const;

type Posted = keyof typeof POSTED;

/** By the routes and Connect the HTTP status, by gRPC-Web the status in the trailers. */
async function post(by: Posted, lines: readonly string[]): Promise<RawOutcome> {
  const [path, type, body] = POSTED[by];
  const request = rawRequest(`POST ${path}`, ['host: localhost', `content-type: ${type}`, ...lines], body);
  const answer = await sendRaw(service.http, request);
  const text = type.endsWith('-text') ? Buffer.from(answer.body.toString(), 'base64') : answer.body;
  const said = decodeURIComponent(text.toString('latin1'));
  return { status: /grpc-status: (\d+)/.exec(said)?.[1] ?? String(answer.status), text: said };
}

/** By gRPC itself. */
const callGrpc = (headers: Readonly<Record<string, string>>, message = framed(BYTES)): Promise<RawOutcome> =>
  callRaw(service.address, PATH, message, headers);

const WRONG = [
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
const RIGHT = ['5S', '99999999n', '1H', '250m', '00000005S', '99999999H'];

describe.each(['the route', 'gRPC-Web', 'gRPC-Web as base64'] satisfies Posted[])(
  'grpc-timeout by %s',
  (by) => {
    const [due, ok] = by === 'the route' ? ['400', '200'] : ['3', '0'];

    test.each(WRONG)('%j cannot be read', async (sent) => {
      const { status, text } = await post(by, [`grpc-timeout: ${sent}`]);
      expect([status, text]).toEqual([due, expect.stringContaining('ERROR_INVALID_PARAMETER')]);
      expect(text).toContain('(key = grpc-timeout, reason = it must be');
    });

    test('two cannot be read', async () => {
      expect(await post(by, ['grpc-timeout: 5S', 'grpc-timeout: 5S'])).toHaveProperty('status', due);
    });

    test.each(RIGHT)('%s can', async (sent) => {
      expect(await post(by, [`Grpc-Timeout: ${sent}`])).toHaveProperty('status', ok);
    });

    test('none of it is for Connect', async () => {
      const lines = ['connect-timeout-ms: abc', 'connect-protocol-version: 2'];
      expect(await post(by, lines)).toHaveProperty('status', ok);
    });
  },
);

describe.each(['Connect with JSON', 'Connect with protobuf'] satisfies Posted[])('by %s', (by) => {
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
  ])('connect-timeout-ms: %j cannot be read', async (sent) => {
    const { status, text } = await post(by, [`connect-timeout-ms: ${sent}`]);
    expect([status, text]).toEqual(['400', expect.stringContaining('"code":"invalid_argument"')]);
    expect(text).toContain(
      'ERROR_INVALID_PARAMETER: Parameter is invalid. (key = connect-timeout-ms, reason = ',
    );
  });

  test.each(['2', '0', '1.0', '01', 'v1', '1;', 'one', ''])(
    'connect-protocol-version: %j is none that is spoken',
    async (sent) => {
      const { status, text } = await post(by, [`Connect-Protocol-Version: ${sent}`]);
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
    ['zeros before', ['connect-timeout-ms: 0000005000'], '200'],
    ['blanks around', ['connect-timeout-ms:   5000  '], '200'],
    ["gRPC's timeout, which is none of its own", ['grpc-timeout: 5x'], '200'],
    ['headers of streams', ['connect-content-encoding: gzip', 'connect-accept-encoding: gzip'], '200'],
  ])('%s', async (_, lines, status) => {
    expect(await post(by, lines)).toHaveProperty('status', status);
  });
});

describe('by gRPC', () => {
  test.each(['5x', 'S', 'abc', '5'])('grpc-timeout: %j cannot be read', async (sent) => {
    expect(await callGrpc({ 'grpc-timeout': sent })).toEqual({
      status: '3',
      text: expect.stringContaining(
        'ERROR_INVALID_PARAMETER: Parameter is invalid. (key = grpc-timeout, reason = ',
      ),
    });
  });

  test.each(['5S', '250m', '1H'])('grpc-timeout: %s can', async (sent) => {
    expect(await callGrpc({ 'grpc-timeout': sent })).toHaveProperty('status', '0');
  });

  test('what is not compressed as it says is an error of the request', async () => {
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
  ])('bytes that are no message of %s are an error of the request', async (path) => {
    expect(await callRaw(service.address, path, framed(Buffer.of(0x0a, 0xff)))).toEqual({
      status: '3',
      text: expect.stringContaining('Parameter is invalid. (key = request, reason = '),
    });
  });

  test('an encoding that is unknown is not implemented', async () => {
    const headers = { 'grpc-encoding': 'snappy' };
    expect(await callGrpc(headers, framed(BYTES, 1))).toHaveProperty('status', '12');
    expect(await callGrpc(headers)).toHaveProperty('status', '0');
  });
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
