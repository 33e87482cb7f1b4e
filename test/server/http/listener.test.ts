// HTTP/1.0 requests of older clients to the HTTP and admin listeners.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../../src/server/listener.js';
import { createServingState } from '../../../src/server/serving-state.js';
import { openAdminListener } from '../../../src/server/admin/admin.js';
import { createRecordedLog } from '../../harness/log.js';
import { NO_METRICS } from '../../harness/metrics.js';
import { dial } from '../../harness/tcp.js';
import { useService } from '../../harness/use-service.js';

const service = useService('web');
let admin: Listener;

beforeAll(async () => {
  admin = await openAdminListener(createServingState(), {
    host: '127.0.0.1',
    port: 0,
    metrics: NO_METRICS,
    log: createRecordedLog(),
  });
});
afterAll(() => admin.close(0));

/** Sends the header lines and returns the status line of the response. */
async function statusLineOf(address: string, ...lines: readonly string[]): Promise<string> {
  const socket = dial(address);
  await once(socket, 'connect');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [line = ''] = (await text(socket)).split('\r\n');
  return line;
}

describe.each([
  ['the HTTP port', () => service.http],
  ['the admin port', () => admin.address],
])('%s', (_, address) => {
  test('answers an HTTP/1.0 probe without a host', async () => {
    expect(await statusLineOf(address(), 'GET /livez HTTP/1.0')).toBe('HTTP/1.1 200 OK');
  });

  test('answers an HTTP/1.0 probe with a host', async () => {
    expect(await statusLineOf(address(), 'GET /livez HTTP/1.0', 'host: localhost')).toBe('HTTP/1.1 200 OK');
  });

  test('rejects an HTTP/1.1 request without a host, as the protocol demands', async () => {
    expect(await statusLineOf(address(), 'GET /livez HTTP/1.1', 'connection: close')).toBe(
      'HTTP/1.1 400 Bad Request',
    );
  });
});

test('a foreign host is forbidden over HTTP/1.0 as well', async () => {
  const line = await statusLineOf(service.http, 'GET /livez HTTP/1.0', 'host: evil.example.org');
  expect(line).toBe('HTTP/1.1 403 Forbidden');
});
