// TLS on both transports: who may connect, and certificates that change under load.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client, credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { tlsFiles } from '../../src/server/tls.js';
import type { Tls } from '../../src/server/tls.js';
import { authority } from '../harness/certificates.js';
import type { Authority, Pem } from '../harness/certificates.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

/** Milliseconds between two looks at the files. */
const PAUSE = 50;
const HEALTH = '/grpc.health.v1.Health/Check';

let ours: Authority;
let others: Authority;
let client: Pem;
let folder: string;
let open: Tls;
let closed: Tls;
let service: Service;
let guarded: Service;
let number = 0;
const reports: string[] = [];

const file = (name: string): string => join(folder, name);
const write = (name: string, text: string): Promise<void> => writeFile(file(name), text);

async function put({ cert, key }: Pem): Promise<void> {
  await write('tls.key', key);
  await write('tls.crt', cert);
}

beforeAll(async () => {
  [ours, others] = await Promise.all([authority('ours'), authority('others')]);
  client = await ours.issue('0c');
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-tls-'));
  await write('ca.crt', ours.cert);
  await put(await ours.issue('a1'));
  const report = (error: unknown): void => {
    reports.push(String(error));
  };
  const files = { cert: file('tls.crt'), key: file('tls.key') };
  open = await tlsFiles({ ...files, clientCa: undefined }, { pause: PAUSE, report });
  closed = await tlsFiles({ ...files, clientCa: file('ca.crt') }, { pause: PAUSE, report });
  service = await startService('tls', {}, { tls: open });
  guarded = await startService('tls_clients', {}, { tls: closed });
});
/** Each test finds our authority, and a certificate of its own, whatever those before it have left. */
beforeEach(async () => {
  const serial = `a${(number += 1).toString(16).padStart(3, '0')}`;
  await write('ca.crt', ours.cert);
  await put(await ours.issue(serial));
  const all = [service.address, service.http, guarded.address, guarded.http];
  const areServed = async () =>
    (await Promise.all(all.map((each) => served(each)))).every((each) => each === serial);
  await until(`${serial} is served`, areServed, 5000);
  await until(
    'our clients are let in',
    async () => (await check(guarded.address, ours.cert, client)) === 'OK',
    5000,
  );
  reports.length = 0;
});
afterAll(async () => {
  open.stop();
  closed.stop();
  await Promise.all([service.stop(), guarded.stop()]);
  await rm(folder, { recursive: true });
});

/** How a health check by gRPC ends; `of` is the client's certificate. */
function check(address: string, ca: string, of?: Pem): Promise<string> {
  const own = of === undefined ? [] : [Buffer.from(of.key), Buffer.from(of.cert)];
  const [key = null, cert = null] = own;
  const channel = new Client(address, credentials.createSsl(Buffer.from(ca), key, cert));
  return new Promise((resolve) => {
    const bytes = (value: Buffer): Buffer => value;
    const answered = (error: ServiceError | null): void => {
      channel.close();
      resolve(error === null ? 'OK' : error.details);
    };
    channel.makeUnaryRequest(
      HEALTH,
      bytes,
      bytes,
      Buffer.alloc(0),
      { deadline: Date.now() + 5000 },
      answered,
    );
  });
}

/** How `GET /livez` ends. */
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

/** The serial number of the certificate that is served. */
function served(address: string, options: ConnectionOptions = {}): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: ours.cert, ...options }, () => {
      resolve(socket.getPeerCertificate().serialNumber.toLowerCase());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('both transports are served by TLS, to who trusts the authority', async () => {
  expect(await check(service.address, ours.cert)).toBe('OK');
  expect(await check(service.address, others.cert)).not.toBe('OK');
  expect(await livez(service.http, { ca: ours.cert })).toBe('OK');
  expect(await livez(service.http, { ca: others.cert })).toMatch(/certificate/);
});

test('where clients need certificates, only those of the authority are let in', async () => {
  const [foreign, own] = [await others.issue('0f'), { ca: ours.cert }];
  expect(await check(guarded.address, ours.cert, client)).toBe('OK');
  expect(await check(guarded.address, ours.cert)).not.toBe('OK');
  expect(await check(guarded.address, ours.cert, foreign)).not.toBe('OK');
  expect(await livez(guarded.http, { ...own, ...client })).toBe('OK');
  expect(await livez(guarded.http, own)).not.toBe('OK');
  expect(await livez(guarded.http, { ...own, ...foreign })).not.toBe('OK');
});

test.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused by both transports', async (maxVersion) => {
  const old = { maxVersion, minVersion: maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' };
  await expect(served(service.address, old)).rejects.toThrow();
  await expect(served(service.http, old)).rejects.toThrow();
});

test('a certificate that changes is served to new connections, and no call fails', async () => {
  const over = new AbortController();
  const ended: string[] = [];
  const calling = async (call: () => Promise<string>): Promise<void> => {
    while (!over.signal.aborted) ended.push(await call());
  };
  const calls = [
    calling(() => check(service.address, ours.cert)),
    calling(() => livez(service.http, { ca: ours.cert })),
  ];
  try {
    for (const serial of ['b1', 'b2', 'b3']) {
      await put(await ours.issue(serial));
      for (const address of [service.address, service.http])
        await until(`${serial} is served`, async () => (await served(address)) === serial, 5000);
    }
  } finally {
    over.abort();
  }
  await Promise.all(calls);
  expect(new Set(ended)).toEqual(new Set(['OK']));
  expect(ended.length).toBeGreaterThan(10);
});

test('files that do not fit each other change nothing, until they do', async () => {
  const before = await served(service.http);
  const next = await ours.issue('c2');
  await write('tls.crt', next.cert);
  await until('it is reported', () => reports.length > 0, 5000);
  expect([await served(service.address), await served(service.http)]).toEqual([before, before]);
  await write('tls.key', next.key);
  await until('c2 is served', async () => (await served(service.http)) === 'c2', 5000);
  expect(await served(service.address)).toBe('c2');
});

test('the authority of clients can change too', async () => {
  const foreign = await others.issue('0f');
  await write('ca.crt', others.cert);
  await until('it counts', async () => (await check(guarded.address, ours.cert, foreign)) === 'OK', 5000);
  expect(await livez(guarded.http, { ca: ours.cert, ...foreign })).toBe('OK');
  expect(await check(guarded.address, ours.cert, client)).not.toBe('OK');
});

test.each([
  ['no file', { cert: 'missing', key: 'tls.key' }],
  ['a key as certificate', { cert: 'tls.key', key: 'tls.key' }],
  ['a certificate as key', { cert: 'tls.crt', key: 'tls.crt' }],
  ['a client CA that is none', { cert: 'tls.crt', key: 'tls.key', clientCa: 'tls.key' }],
])(
  '%s is refused at the start',
  async (_, { cert, key, clientCa }: { cert: string; key: string; clientCa?: string }) => {
    const files = { cert: file(cert), key: file(key), clientCa: clientCa && file(clientCa) };
    await expect(tlsFiles(files, { report: () => undefined })).rejects.toThrow();
  },
);
