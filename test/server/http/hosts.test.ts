// By which hosts a service on a loopback address is called: no page of the open web reaches it through a name of its own.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHostCheck } from '../../../src/server/http/hosts.js';
import { rawRequest, sendRaw } from '../../harness/raw-http.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService('hosts');
});
afterAll(() => service.stop());

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
])('the host %s is answered', async (host) => {
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
])('the host "%s" is refused', async (host) => {
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
])('what is no host is no request: %s', async (host) => {
  expect(await statusOf(`host: ${host}`)).toBe(400);
});

describe('what else names a host', () => {
  const OURS = 'host: localhost';
  const THEIRS = 'host: rebound.example';
  test.each([
    ['x-forwarded-host', [OURS, 'x-forwarded-host: rebound.example'], 200],
    ['x-forwarded-host beside another host', [THEIRS, 'x-forwarded-host: localhost'], 403],
    ['forwarded', [THEIRS, 'forwarded: host=localhost'], 403],
    ['x-host', [THEIRS, 'x-host: localhost', 'x-original-host: localhost'], 403],
    ['a second host', [OURS, THEIRS], 403],
    ['the first of two', [THEIRS, OURS], 403],
  ])('%s does not count, or counts too', async (_, lines, status) => {
    expect(await statusOf(...lines)).toBe(status);
  });

  test.each([
    ['http://localhost:8080', OURS, 200],
    ['HTTP://LOCALHOST', OURS, 400],
    ['http://rebound.example', OURS, 403],
    ['http://localhost', THEIRS, 403],
    ['http://localhost@rebound.example', OURS, 403],
  ])('an absolute target counts: %s, %s', async (origin, line, status) => {
    const answer = await sendRaw(service.http, rawRequest(`GET ${origin}/livez`, [line]));
    expect(answer.status).toBe(status);
  });
});

test('an absolute target counts where HTTP/1.0 names no host', async () => {
  const answers = ['localhost', 'rebound.example'].map((host) =>
    sendRaw(service.http, rawRequest(`GET http://${host}/livez`, [], '', '1.0')),
  );
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 403]);
});

test('pages, probes and calls are refused alike, and told why', async () => {
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
])('a service that listens at %s looks at hosts: %s', (host, looks) => {
  expect(createHostCheck(host)(['rebound.example'])).toBe(looks ? 'rebound.example' : undefined);
});

test('who names no host is no browser', () => {
  expect(createHostCheck('127.0.0.1')([])).toBeUndefined();
});
