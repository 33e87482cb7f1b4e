// The metrics of tokens, of the identity service, of certificates and of connections: each is moved by what causes it.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { Hono } from 'hono';
import { createMemoryBudget } from '../../../src/limits/memory-budget.js';
import { openHttpServer } from '../../../src/server/http-server.js';
import type { HttpEnv } from '../../../src/server/http-server.js';
import { metricDefinitions } from '../../../src/telemetry/metrics/definitions.js';
import { scrapeText } from '../../../src/telemetry/metrics/exposition.js';
import { createMetrics } from '../../../src/telemetry/metrics/registry.js';
import { authority } from '../../harness/certificates.js';
import { jsonClient } from '../../harness/client.js';
import type { JsonClient } from '../../harness/client.js';
import { encodeRequest } from '../../harness/encoder.js';
import { framed } from '../../harness/frames.js';
import { startStandIn } from '../../harness/identity.js';
import type { StandIn } from '../../harness/identity.js';
import { createRecordedLog } from '../../harness/log.js';
import { KNOWN, moved, scrape, valuesIn } from '../../harness/metrics.js';
import { pathOf } from '../../harness/messages.js';
import { leaveUnread } from '../../harness/raw-grpc.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { dial } from '../../harness/tcp.js';
import { access, pairOf, publicJwk, seconds, signed } from '../../harness/tokens.js';
import type { Pair } from '../../harness/tokens.js';
import { until } from '../../harness/until.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const GET = { domain_id: DOMAIN, job_id: 'job-ebd1af51271a' };

let folder: string;
let own: Pair;
let foreign: Pair;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-callers-'));
  [own, foreign] = await Promise.all([pairOf('RS256'), pairOf('RS256')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const keySet = async (): Promise<string> => JSON.stringify({ keys: [await publicJwk(own, { kid: DOMAIN })] });

describe('with keys in a file', () => {
  let service: Service;
  let client: JsonClient;
  let file: string;

  beforeAll(async () => {
    file = join(folder, 'keys.json');
    await writeFile(file, await keySet());
    service = await startService('metrics-tokens', { adminPort: 0, auth: 'jwt', authPublicKeys: file });
    client = jsonClient(service.address);
  });
  afterAll(async () => {
    client.close();
    await service.stop();
  });

  test.each([
    ['missing', () => ''],
    ['malformed', () => 'not a token'],
    ['claims', () => signed(access(DOMAIN, { cat: 'REFRESH_TOKEN' }), own)],
    ['no_key', () => signed(access('domain-without-key'), own)],
    ['signature', () => signed(access(DOMAIN), foreign)],
    ['expired', () => signed(access(DOMAIN, { exp: seconds() - 3600 }), own)],
  ])('a refused token counts as %s', async (why, token) => {
    const expected = { [`inventory_job_tokens_refused_total{why="${why}"}`]: 1 };
    const before = await scrape(service.admin);
    const sent = await token();
    const outcome = await client.call('get', GET, sent === '' ? {} : { headers: { token: sent } });
    expect(outcome).toHaveProperty('error.status', 'UNAUTHENTICATED');
    expect(await moved(service.admin, before, expected)).toEqual(expected);
  });

  test('a changed file that cannot be used is shown until it can', async () => {
    const headers = { token: await signed(access(DOMAIN), own) };
    const shows = (value: number) => async (): Promise<boolean> => {
      await client.call('get', GET, { headers });
      const failed = 'inventory_job_reload_failed{file="AUTH_PUBLIC_KEYS"}';
      return (await scrape(service.admin)).get(failed) === value;
    };
    await writeFile(file, 'no JSON');
    await until('the failure is shown', shows(1), 5000, 200);
    await writeFile(file, await keySet());
    await until('the failure is over', shows(0), 5000, 200);
  });
});

describe('with the identity service', () => {
  let identity: StandIn;
  let service: Service;
  let client: JsonClient;
  let role: 'DOMAIN' | 'refused';

  beforeAll(async () => {
    const jwk = JSON.stringify(await publicJwk(own));
    identity = await startStandIn({
      key: (domain_id) =>
        domain_id === DOMAIN
          ? { domain_id, public_key: jwk }
          : { code: status.INVALID_ARGUMENT, details: 'ERROR_NOT_FOUND' },
      role: () =>
        role === 'DOMAIN'
          ? { role_type: 'DOMAIN', projects: [], project_groups: [] }
          : { code: status.PERMISSION_DENIED, details: 'no' },
    });
    service = await startService('metrics-identity', {
      ...{ adminPort: 0, auth: 'jwt' },
      authIdentityEndpoint: { address: `127.0.0.1:${identity.port}`, secure: false },
    });
    client = jsonClient(service.address);
  });
  afterAll(async () => {
    client.close();
    await service.stop();
    identity.stop();
  });

  const requests = (rpc: string, name: string): string =>
    `inventory_job_identity_requests_total{rpc="${rpc}",status="${name}"}`;

  test('its answers count by their status, until it is away', async () => {
    role = 'DOMAIN';
    const before = await scrape(service.admin);
    const headers = { token: await signed(access(DOMAIN), own) };
    await client.call('get', GET, { headers });
    role = 'refused';
    await client.call('get', GET, { headers });
    await client.call('get', GET, { headers: { token: await signed(access('domain-none'), own) } });
    identity.stop();
    await client.call('get', GET, { headers });
    const expected = {
      [requests('get_public_key', 'OK')]: 1,
      [requests('get_public_key', 'INVALID_ARGUMENT')]: 1,
      [requests('verify', 'OK')]: 1,
      [requests('verify', 'PERMISSION_DENIED')]: 1,
      inventory_job_identity_request_seconds_count: 5,
    };
    expect(await moved(service.admin, before, expected)).toEqual(expected);
    const now = await scrape(service.admin);
    const failed = ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].map(
      (name) => now.get(requests('verify', name)) ?? NaN,
    );
    expect(failed.reduce((sum, value) => sum + value)).toBe(1);
  });
});

describe('with TLS', () => {
  const DAY_MS = 86_400_000;
  const EXPIRY = 'inventory_job_tls_certificate_expiry_timestamp_seconds';
  const FAILED = 'inventory_job_reload_failed{file="TLS_CERT_FILE"}';
  let service: Service;
  let files: { readonly cert: string; readonly key: string };
  let ours: Awaited<ReturnType<typeof authority>>;

  /** Writes a certificate that ends after some days, and answers its end in seconds since 1970. */
  async function issue(days: number): Promise<number> {
    const notAfter = new Date(Math.floor((Date.now() + days * DAY_MS) / 1000) * 1000);
    const validity = { notBefore: new Date(Date.now() - 30 * DAY_MS), notAfter };
    const { cert, key } = await ours.issue('a1', undefined, validity);
    await Promise.all([writeFile(files.cert, cert), writeFile(files.key, key)]);
    return notAfter.getTime() / 1000;
  }

  beforeAll(async () => {
    ours = await authority('ours');
    files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    await issue(10);
    const settings = { adminPort: 0, tlsCertFile: files.cert, tlsKeyFile: files.key };
    service = await startService('metrics-tls', settings);
  });
  afterAll(() => service.stop());

  const shows = (series: string, value: number): Promise<void> =>
    until(
      `${series} is ${value}`,
      async () => (await scrape(service.admin)).get(series) === value,
      5000,
      200,
    );

  test('the end of the certificate in use is shown, also once it has passed', async () => {
    await shows(EXPIRY, await issue(20));
    const expired = await issue(-1);
    expect(expired).toBeLessThan(Date.now() / 1000);
    await shows(EXPIRY, expired);
  });

  test('changed files that cannot be used are shown until they can', async () => {
    const end = await issue(5);
    await shows(EXPIRY, end);
    await writeFile(files.cert, 'no certificate');
    await shows(FAILED, 1);
    await shows(EXPIRY, end);
    await issue(6);
    await shows(FAILED, 0);
  });
});

describe('connections', () => {
  const JOBS = 2000;
  const READ_TIMEOUT_MS = 1000;
  const LARGE = 'domain-slow-reader';
  let service: Service;

  beforeAll(async () => {
    const memory = createMemoryBudget(64 * 1024 ** 2);
    service = await startService(
      'metrics-connections',
      { adminPort: 0 },
      { memory, answerTimeoutMs: READ_TIMEOUT_MS },
    );
    const jobs = Array.from({ length: JOBS }, (_, nth) => ({
      job_id: `job-slow-${nth}`,
      domain_id: LARGE,
      errors: [{ error_code: 'ERROR_LONG', message: 'x'.repeat(1000) }],
    }));
    await service.db.collection('job').insertMany(jobs);
  });
  afterAll(() => service.stop());

  const ofTransport = (name: string): string => `inventory_job_connections{transport="${name}"}`;

  test.each([
    ['grpc', () => service.address],
    ['http', () => service.http],
    ['admin', () => service.admin],
  ])('of %s are shown while they are open', async (name, address) => {
    const before = (await scrape(service.admin)).get(ofTransport(name)) ?? NaN;
    const socket = dial(address());
    await once(socket, 'connect');
    const shows = (more: number) => async (): Promise<boolean> =>
      ((await scrape(service.admin)).get(ofTransport(name)) ?? NaN) >= before + more;
    await until('it is shown', shows(1), 2000);
    socket.destroy();
    await once(socket, 'close');
  });

  test('beyond the most of a listener are refused', async () => {
    const metrics = createMetrics(metricDefinitions(KNOWN));
    const where = { name: 'HTTP', host: '127.0.0.1', port: 0, maxConnections: 1 } as const;
    const listener = await openHttpServer(new Hono<HttpEnv>(), {
      ...where,
      metrics,
      log: createRecordedLog(),
    });
    const sockets = [1, 2].map(() => dial(listener.address));
    await Promise.race(sockets.map((socket) => once(socket, 'close')));
    const now = valuesIn(await scrapeText(metrics));
    expect(now.get('inventory_job_connections_refused_total{transport="http"}')).toBe(1);
    expect(now.get(ofTransport('http'))).toBe(1);
    for (const socket of sockets) socket.destroy();
    await listener.close(0);
  });

  test('of clients that do not take their answers are ended, and their memory is shown until then', async () => {
    const used = async (): Promise<number> =>
      (await scrape(service.admin)).get('inventory_job_answer_memory_bytes') ?? NaN;
    const before = await scrape(service.admin);
    expect(before.get('inventory_job_answer_memory_limit_bytes')).toBe(64 * 1024 ** 2);
    const list = framed(encodeRequest('list', { domain_id: LARGE }));
    const { session } = leaveUnread(service.address, pathOf('list'), list);
    await until('the answer is in memory', async () => (await used()) > JOBS * 1000, 5000);
    const expected = { inventory_job_slow_clients_ended_total: 1 };
    expect(await moved(service.admin, before, expected)).toEqual(expected);
    await until('the memory is released', async () => (await used()) === 0, 5000);
    session.destroy();
  });
});
