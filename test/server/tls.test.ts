// TLS on both transports: client certificates, protocol versions, and certificates replaced under load.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { credentials } from '@grpc/grpc-js';
import { createTls } from '../../src/server/tls.js';
import type { Tls } from '../../src/server/tls.js';
import { authority } from '../harness/certificates.js';
import type { Authority, Pem } from '../harness/certificates.js';
import { hangReads } from '../harness/hanging-file.js';
import { createHealthClient } from '../harness/health-client.js';
import { routeOf } from '../harness/http-client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { dial } from '../harness/tcp.js';
import { until } from '../harness/until.js';

/** Interval between two checks of the files. */
const POLL_INTERVAL_MS = 50;
/** Under the time for running calls to end. */
const MAX_STOP_MS = 10_000;

let ownCa: Authority;
let foreignCa: Authority;
let client: Pem;
let folder: string;
let serverTls: Tls;
let mutualTls: Tls;
let service: Service;
let mutualService: Service;
let serialNumber = 0;
const reports: string[] = [];

const file = (name: string): string => join(folder, name);
const write = (name: string, text: string): Promise<void> => writeFile(file(name), text);

async function writePair({ cert, key }: Pem): Promise<void> {
  await write('tls.key', key);
  await write('tls.crt', cert);
}

beforeAll(async () => {
  [ownCa, foreignCa] = await Promise.all([authority('ours'), authority('others')]);
  client = await ownCa.issue('0c');
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-tls-'));
  await write('ca.crt', ownCa.cert);
  await writePair(await ownCa.issue('a1'));
  const report = (error: unknown): void => {
    reports.push(String(error));
  };
  const files = { cert: file('tls.crt'), key: file('tls.key') };
  serverTls = await createTls(
    { ...files, clientCa: undefined },
    { pollIntervalMs: POLL_INTERVAL_MS, report },
  );
  mutualTls = await createTls(
    { ...files, clientCa: file('ca.crt') },
    { pollIntervalMs: POLL_INTERVAL_MS, report },
  );
  service = await startService('tls', {}, { tls: serverTls });
  mutualService = await startService('tls_clients', {}, { tls: mutualTls });
});
// Each test starts with our authority and a new certificate, independent of the tests before it.
beforeEach(async () => {
  const serial = `a${(serialNumber += 1).toString(16).padStart(3, '0')}`;
  await write('ca.crt', ownCa.cert);
  await writePair(await ownCa.issue(serial));
  const all = [service.address, service.http, mutualService.address, mutualService.http];
  const areServed = async () =>
    (await Promise.all(all.map((each) => servedSerial(each)))).every((each) => each === serial);
  await until(`${serial} is served`, areServed, 5000);
  await until(
    'our clients may connect',
    async () => (await check(mutualService.address, ownCa.cert, client)) === 'OK',
    5000,
  );
  reports.length = 0;
});
afterAll(async () => {
  serverTls.stop();
  mutualTls.stop();
  await Promise.all([service.stop(), mutualService.stop()]);
  await rm(folder, { recursive: true });
});

/** Returns OK or the status of a health check over gRPC, with an optional client certificate. */
async function check(address: string, ca: string, clientPair?: Pem): Promise<string> {
  const pair = clientPair === undefined ? [] : [Buffer.from(clientPair.key), Buffer.from(clientPair.cert)];
  const [key = null, cert = null] = pair;
  const health = createHealthClient(address, credentials.createSsl(Buffer.from(ca), key, cert));
  const status = await health.check('', 5000);
  health.close();
  return status === 'SERVING' ? 'OK' : status;
}

/** Returns OK, another status or the error of `GET /livez`. */
function livez(address: string, options: RequestOptions): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const sent = request({ host, port, path: '/livez', agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'OK' : String(response.statusCode));
    });
    sent.on('error', (error) => {
      resolve(String(error));
    });
    sent.end();
  });
}

/** Returns the serial number of the served certificate. */
function servedSerial(address: string, options: ConnectionOptions = {}): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: ownCa.cert, ...options }, () => {
      resolve(socket.getPeerCertificate().serialNumber.toLowerCase());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('both transports serve TLS to clients trusting the authority', async () => {
  expect(await check(service.address, ownCa.cert)).toBe('OK');
  expect(await check(service.address, foreignCa.cert)).not.toBe('OK');
  expect(await livez(service.http, { ca: ownCa.cert })).toBe('OK');
  expect(await livez(service.http, { ca: foreignCa.cert })).toMatch(/certificate/);
});

test('with a client CA, only clients with its certificates may connect', async () => {
  const [foreign, trust] = [await foreignCa.issue('0f'), { ca: ownCa.cert }];
  expect(await check(mutualService.address, ownCa.cert, client)).toBe('OK');
  expect(await check(mutualService.address, ownCa.cert)).not.toBe('OK');
  expect(await check(mutualService.address, ownCa.cert, foreign)).not.toBe('OK');
  expect(await livez(mutualService.http, { ...trust, ...client })).toBe('OK');
  expect(await livez(mutualService.http, trust)).not.toBe('OK');
  expect(await livez(mutualService.http, { ...trust, ...foreign })).not.toBe('OK');
});

test.each(['TLSv1', 'TLSv1.1'] as const)('%s is rejected by both transports', async (maxVersion) => {
  const old = { maxVersion, minVersion: maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' };
  await expect(servedSerial(service.address, old)).rejects.toThrow();
  await expect(servedSerial(service.http, old)).rejects.toThrow();
});

test.each([
  ['has not begun TLS', Buffer.alloc(0)],
  ['stalls at the beginning of TLS', Buffer.from('160301020001', 'hex')],
])('a closing server does not wait for a connection that %s', async (_, sent) => {
  const closing = await startService('tls_closing', {}, { tls: serverTls });
  const sockets = [closing.address, closing.http].map(dial);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(sent);
  // Both servers have accepted them once they serve a later connection.
  expect(await check(closing.address, ownCa.cert)).toBe('OK');
  expect(await livez(closing.http, { ca: ownCa.cert })).toBe('OK');
  const startedAt = performance.now();
  await closing.stop();
  expect(performance.now() - startedAt).toBeLessThan(MAX_STOP_MS);
  for (const socket of sockets) socket.destroy();
});

test('an export over HTTP/1.0 and TLS that fails half-way ends its connection alone', async () => {
  const errors = [{ error_code: 'E', message: 'x'.repeat(5000) }];
  const domain_id = 'domain-exported';
  await service.insert(
    Array.from({ length: 3000 }, (_, nth) => ({ job_id: `job-${nth}`, domain_id, errors })),
  );
  const [host, port] = service.http.split(':');
  const socket = connect({ host, port: Number(port), ca: ownCa.cert });
  await once(socket, 'secureConnect');
  const body = JSON.stringify({ domain_id, query: { sort: { key: 'job_id' } } });
  const lines = [
    ...['content-type: application/json', 'accept: text/csv', 'grpc-timeout: 700m'],
    `content-length: ${body.length}`,
  ];
  socket.write(`POST ${routeOf('list')} HTTP/1.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  await once(socket, 'readable');
  await until(
    'its time is over',
    () => service.log.some(({ status }) => status === 'DEADLINE_EXCEEDED'),
    5000,
  );
  const ended = new Promise((resolve) => socket.resume().once('close', resolve));
  await ended;
  expect(service.faults).toEqual([]);
  expect(await livez(service.http, { ca: ownCa.cert })).toBe('OK');
});

test('a replaced certificate is served to new connections, and no call fails', async () => {
  const stop = new AbortController();
  const results: string[] = [];
  const callUntilStopped = async (call: () => Promise<string>): Promise<void> => {
    while (!stop.signal.aborted) results.push(await call());
  };
  const calls = [
    callUntilStopped(() => check(service.address, ownCa.cert)),
    callUntilStopped(() => livez(service.http, { ca: ownCa.cert })),
  ];
  try {
    for (const serial of ['b1', 'b2', 'b3']) {
      await writePair(await ownCa.issue(serial));
      for (const address of [service.address, service.http])
        await until(`${serial} is served`, async () => (await servedSerial(address)) === serial, 5000);
    }
  } finally {
    stop.abort();
  }
  await Promise.all(calls);
  expect(new Set(results)).toEqual(new Set(['OK']));
  expect(results.length).toBeGreaterThan(10);
});

test('a certificate without its key is reported and takes effect once the key follows', async () => {
  const before = await servedSerial(service.http);
  const next = await ownCa.issue('c2');
  await write('tls.crt', next.cert);
  await until('the mismatch is reported', () => reports.length > 0, 5000);
  expect([await servedSerial(service.address), await servedSerial(service.http)]).toEqual([before, before]);
  await write('tls.key', next.key);
  await until('c2 is served', async () => (await servedSerial(service.http)) === 'c2', 5000);
  expect(await servedSerial(service.address)).toBe('c2');
});

test('a replaced client CA takes effect', async () => {
  const foreign = await foreignCa.issue('0f');
  await write('ca.crt', foreignCa.cert);
  await until(
    'the new CA takes effect',
    async () => (await check(mutualService.address, ownCa.cert, foreign)) === 'OK',
    5000,
  );
  expect(await livez(mutualService.http, { ca: ownCa.cert, ...foreign })).toBe('OK');
  expect(await check(mutualService.address, ownCa.cert, client)).not.toBe('OK');
});

test.each([
  ['a missing file', { cert: 'missing', key: 'tls.key' }],
  ['a key as certificate', { cert: 'tls.key', key: 'tls.key' }],
  ['a certificate as key', { cert: 'tls.crt', key: 'tls.crt' }],
  ['a client CA without a certificate', { cert: 'tls.crt', key: 'tls.key', clientCa: 'tls.key' }],
])(
  '%s is rejected at the start',
  async (_, { cert, key, clientCa }: { cert: string; key: string; clientCa?: string }) => {
    const files = { cert: file(cert), key: file(key), clientCa: clientCa && file(clientCa) };
    await expect(createTls(files, { report: () => undefined })).rejects.toThrow();
  },
);

test('a read of files that hangs is the only one and reported once, and they are read again after it', async () => {
  const [first, second] = [await ownCa.issue('b1'), await ownCa.issue('b2')];
  const files = { cert: file('own.crt'), key: file('own.key'), clientCa: undefined };
  const writeOwn = ({ cert, key }: Pem) => Promise.all([write('own.crt', cert), write('own.key', key)]);
  await writeOwn(first);
  const faults: string[] = [];
  const report = (error: unknown): void => void faults.push(String(error));
  const tls = await createTls(files, { pollIntervalMs: POLL_INTERVAL_MS, report });
  const hanging = await hangReads(files.key);
  await until('the read is reported', () => faults.length > 0, 10_000);
  expect(faults).toEqual(['Error: no end of reading within 2 s']);
  expect([tls.hasFailed(), String(tls.latest().cert)]).toEqual([true, first.cert]);
  await hanging.release();
  await writeOwn(second);
  await until('the files are read again', () => String(tls.latest().cert) === second.cert, 10_000);
  expect(tls.hasFailed()).toBe(false);
  tls.stop();
});
