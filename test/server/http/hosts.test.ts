// The Host header of a service on a loopback address: no web page reaches it through DNS rebinding.
import { describe, expect, test } from '@jest/globals';
import { createHostCheck } from '../../../src/server/http/hosts.js';
import { pathOf } from '../../harness/messages.js';
import { rawRequest, sendRaw } from '../../harness/raw-http.js';
import { testNoFaults, useService } from '../../harness/use-service.js';

const service = useService('hosts');

const statusOf = async (...lines: readonly string[]): Promise<number> =>
  (await sendRaw(service.http, rawRequest('GET /livez', lines))).status;

test.each([
  'localhost',
  'LocalHost:8080',
  'LOCALHOST',
  'localhost.',
  'LocalHost.:8080',
  'localhost:',
  '127.0.0.1',
  '127.0.0.1:8080',
  '127.255.0.3:1',
  '[::1]',
  '[::1]:8080',
  '[0:0:0:0:0:0:0:1]:8080',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::FFFF:127.0.0.1]:8080',
])('the host %s is accepted', async (host) => {
  expect(await statusOf(`host: ${host}`)).toBe(200);
});

test.each([
  '',
  ':8080',
  '.',
  '.localhost',
  'localhost..',
  'localhost.evil.example',
  'localhost.localdomain',
  'evil.localhost',
  'evil-localhost',
  'localhost-evil.example',
  '127.0.0.1.nip.io',
  '127.0.0.1.',
  '127-0-0-1.nip.io:8080',
  '0.0.0.0',
  '128.0.0.1',
  '127.0.0.256',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '10.0.0.1',
  '[::]',
  '[::2]',
  '[::ffff:128.0.0.1]',
  'rebound.example',
])('the host "%s" is forbidden', async (host) => {
  expect(await statusOf(`host: ${host}`)).toBe(403);
});

test.each([
  'evil@localhost',
  'localhost/evil',
  'localhost?evil',
  'local host',
  '[::1',
  '::1',
  'localhost:a',
  'a:1:2',
])('the malformed host %s is a bad request', async (host) => {
  expect(await statusOf(`host: ${host}`)).toBe(400);
});

test.each([
  ['a malformed host', 'GET /livez', 'host: local host'],
  ['a malformed target', 'GET http://[::1/livez', 'host: localhost'],
  ['a user in the target', 'GET http://localhost@rebound.example/livez', 'host: localhost'],
])('%s gets an error with its request id, and a line in the log', async (name, target, host) => {
  const id = name.replaceAll(' ', '-');
  const answer = await sendRaw(service.http, rawRequest(target, [host, `x-request-id: ${id}`]));
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([400, id]);
  expect(JSON.parse(answer.body.toString())).toMatchObject({
    code: 3,
    message: expect.stringContaining('ERROR_INVALID_PARAMETER: Parameter is invalid. (key = request, '),
  });
  expect(service.log.filter(({ request_id }) => request_id === id)).toMatchObject([
    { msg: 'refused', method: 'GET', status: 400, error: 'ERROR_INVALID_PARAMETER', field: 'request' },
  ]);
});

describe.each([
  ['the route', '/inventory/v1/job/list', 'application/json'],
  ['Connect', pathOf('list'), 'application/json'],
  ['gRPC-Web', pathOf('list'), 'application/grpc-web'],
])('a call of %s', (_, path, type) => {
  const headers = ['host: localhost', `content-type: ${type}`];

  test.each(['user', 'user:secret', ':secret', '/user', 'a@b'])(
    'with the user %s in its target is a bad request',
    async (user) => {
      const answer = await sendRaw(
        service.http,
        rawRequest(`POST http://${user}@localhost${path}`, headers, '{}'),
      );
      expect(answer.status).toBe(400);
      expect(answer.body.toString()).toContain('its target and its host do not make a URL');
    },
  );

  test('with a user in a host that is as long as the address behind it is a bad request', async () => {
    const lines = ['host: aaaaa@1', `content-type: ${type}`];
    const answer = await sendRaw(service.http, rawRequest(`POST ${path}`, lines, '{}'));
    expect(answer.status).toBe(400);
  });
});

test.each([
  ['Connect', 'application/json', 403, '"code":"permission_denied"'],
  ['gRPC-Web', 'application/grpc-web', 200, 'grpc-status: 7\r\n'],
])('a foreign host is refused in the form of %s', async (_, type, status, failure) => {
  const lines = ['host: rebound.example', `content-type: ${type}`];
  const answer = await sendRaw(service.http, rawRequest(`POST ${pathOf('list')}`, lines));
  expect(answer.status).toBe(status);
  expect(answer.body.toString()).toContain(failure);
});

describe('another header naming a host', () => {
  const OWN_HOST = 'host: localhost';
  const FOREIGN_HOST = 'host: rebound.example';
  test.each([
    ['x-forwarded-host', [OWN_HOST, 'x-forwarded-host: rebound.example'], 200],
    ['x-forwarded-host beside a foreign host', [FOREIGN_HOST, 'x-forwarded-host: localhost'], 403],
    ['forwarded', [FOREIGN_HOST, 'forwarded: host=localhost'], 403],
    ['x-host', [FOREIGN_HOST, 'x-host: localhost', 'x-original-host: localhost'], 403],
    ['a second host', [OWN_HOST, FOREIGN_HOST], 403],
    ['the first of two', [FOREIGN_HOST, OWN_HOST], 403],
  ])('is ignored or checked as well: %s', async (_, lines, status) => {
    expect(await statusOf(...lines)).toBe(status);
  });

  test.each([
    ['http://localhost:8080', OWN_HOST, 200],
    ['HTTP://LOCALHOST', OWN_HOST, 200],
    ['HTTP://REBOUND.EXAMPLE', OWN_HOST, 403],
    ['http://rebound.example', OWN_HOST, 403],
    ['http://localhost', FOREIGN_HOST, 403],
  ])('and an absolute target are both checked: %s, %s', async (origin, line, status) => {
    const answer = await sendRaw(service.http, rawRequest(`GET ${origin}/livez`, [line]));
    expect(answer.status).toBe(status);
  });
});

test('an absolute target is checked for HTTP/1.0 without a host', async () => {
  const answers = ['localhost', 'rebound.example'].map((host) =>
    sendRaw(service.http, rawRequest(`GET http://${host}/livez`, [], '', '1.0')),
  );
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 403]);
});

test('pages, probes and calls get the same error for a foreign host', async () => {
  const paths = ['/', '/docs', '/openapi.json', '/readyz', '/none', '/inventory/v1/job/list'];
  const answers = await Promise.all(
    paths.map((path) => sendRaw(service.http, rawRequest(`POST ${path}`, ['host: rebound.example']))),
  );
  expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 403));
  expect(answers.map(({ body }) => body.toString())).toEqual(
    paths.map(() => expect.stringContaining('"message":"ERROR_HTTP_HOST: ')),
  );
});

test.each([
  ['127.0.0.1', true],
  ['127.0.1.1', true],
  ['::1', true],
  ['LocalHost', true],
  ['localhost.', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['inventory.example', false],
])('a service listening on %s checks hosts: %s', (host, checks) => {
  expect(createHostCheck(host)(['rebound.example'])).toBe(checks ? 'rebound.example' : undefined);
});

test('a request without a host is accepted, since browsers always send one', () => {
  expect(createHostCheck('127.0.0.1')([])).toBeUndefined();
});

testNoFaults(service);
