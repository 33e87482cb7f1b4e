// Requests that older clients send to the HTTP listeners.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../../src/server/listener.js';
import { createServingState } from '../../../src/server/serving-state.js';
import { openAdminListener } from '../../../src/server/admin/admin.js';
import { keptLog } from '../../harness/log.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';

let service: Service;
let admin: Listener;

beforeAll(async () => {
  service = await startService('web');
  admin = await openAdminListener(createServingState(), { host: '127.0.0.1', port: 0, log: keptLog() });
});
afterAll(async () => {
  await admin.close(0);
  await service.stop();
});

/** The first line of what is answered to these lines. */
async function answered(address: string, ...lines: readonly string[]): Promise<string> {
  const [host, port] = address.split(':');
  const socket = connect({ host, port: Number(port) });
  await once(socket, 'connect');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [line = ''] = (await text(socket)).split('\r\n');
  return line;
}

describe.each([
  ['the HTTP port', () => service.http],
  ['the admin port', () => admin.address],
])('%s', (_, address) => {
  test('answers a probe by HTTP/1.0 that names no host', async () => {
    expect(await answered(address(), 'GET /livez HTTP/1.0')).toBe('HTTP/1.1 200 OK');
  });

  test('answers one that does', async () => {
    expect(await answered(address(), 'GET /livez HTTP/1.0', 'host: localhost')).toBe('HTTP/1.1 200 OK');
  });

  test('refuses a request by HTTP/1.1 that names no host, as the protocol has it', async () => {
    expect(await answered(address(), 'GET /livez HTTP/1.1', 'connection: close')).toBe(
      'HTTP/1.1 400 Bad Request',
    );
  });
});

test('a page of the open web does not reach the HTTP port by HTTP/1.0 either', async () => {
  const line = await answered(service.http, 'GET /livez HTTP/1.0', 'host: evil.example.org');
  expect(line).toBe('HTTP/1.1 403 Forbidden');
});
