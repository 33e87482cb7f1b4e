// Faults caused for real, each with the scrapes before and after it, for the alerts that are due (docs/alerts.md).
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.js';
import type { Replaced } from '../../src/start/context.js';
import { authority } from '../harness/certificates.js';
import { jsonClient } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import { callHttp } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { fetchScrape, scrape } from '../harness/metrics.js';
import { startMongod } from '../harness/mongod.js';
import { leaveUnread } from '../harness/raw-grpc.js';
import { mongodbUri, startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { insertSlowJob, slowStat, startOrphan } from '../harness/slow.js';
import { access, pairOf, signed } from '../harness/tokens.js';
import { until } from '../harness/until.js';

/** The orphans are counted every ten seconds, and a count on a busy machine may fail. */
const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;

/** Undoes a fault. */
type Heal = () => unknown;

interface Cause {
  readonly name: string;
  /** The names of the alerts that are due. */
  readonly alerts: readonly string[];
  readonly settings?: Partial<Config>;
  readonly replaced?: Replaced;
  /** Resolves once the fault shows in the metrics. */
  begin(service: Service): Promise<Heal>;
}

export interface Fault extends Pick<Cause, 'name' | 'alerts'> {
  /** The texts of two scrapes. */
  readonly before: string;
  readonly after: string;
}

const nothing: Heal = () => undefined;

const shows = (service: Service, series: string, is: (value: number) => boolean): Promise<void> =>
  until(
    `${series} shows the fault`,
    async () => is((await scrape(service.admin)).get(series) ?? NaN),
    TIMEOUT_MS,
    100,
  );

/** More stats of a domain than may run and wait. */
const STATS = 230;

async function fillQueue({ address, db }: Service): Promise<Heal> {
  await insertSlowJob(db);
  const client = jsonClient(address);
  const leave = new AbortController();
  const stats = Array.from({ length: STATS }, (_, nth) =>
    client.call('stat', slowStat(4, `queued${nth}`), { signal: AbortSignal.any([leave.signal]) }),
  );
  // The refused ones end at once.
  await Promise.any(stats);
  leave.abort();
  await Promise.all(stats);
  client.close();
  return nothing;
}

const LARGE = 'domain-large-answers';
const LIST = framed(encodeRequest('list', { domain_id: LARGE }));

/** Readers that stop, of answers that are 15.4 MB together. */
async function fillMemory(service: Service): Promise<Heal> {
  const errors = [{ error_code: 'E', message: 'x'.repeat(770_000) }];
  await service.insert([{ job_id: 'job-large', domain_id: LARGE, errors }]);
  const sessions: ClientHttp2Session[] = [];
  for (let nth = 0; nth < 20; nth++) {
    const { session, stream } = leaveUnread(service.address, pathOf('list'), LIST);
    sessions.push(session);
    await once(stream, 'response');
  }
  return () => {
    for (const session of sessions) session.destroy();
  };
}

/** Holds the event loop for 0.4 s, three times. */
async function holdEventLoop(): Promise<Heal> {
  for (let nth = 0; nth < 3; nth++) {
    const end = performance.now() + 400;
    while (performance.now() < end);
    await new Promise(setImmediate);
  }
  return nothing;
}

async function askWithoutIdentity({ http }: Service): Promise<Heal> {
  const token = await signed(access('domain-any'), await pairOf('RS256'));
  await callHttp(http, 'list', {}, { token });
  return nothing;
}

const CAUSES: readonly Cause[] = [
  {
    name: 'calls that end at their deadline',
    alerts: ['InventoryJobErrorRatio', 'InventoryJobSlowCalls'],
    async begin({ db, http }) {
      await insertSlowJob(db);
      await callHttp(http, 'stat', slowStat(4), { 'grpc-timeout': '3S' });
      return nothing;
    },
  },
  { name: 'a full queue', alerts: ['InventoryJobCallsRefused'], begin: fillQueue },
  {
    name: 'an operation without a call',
    alerts: ['InventoryJobOrphanOperations'],
    settings: { defaultTimeoutMs: 300, maxTimeoutMs: 300 },
    async begin(service) {
      await insertSlowJob(service.db);
      const { end } = await startOrphan(mongodbUri(), service.db.databaseName);
      await shows(service, 'inventory_job_orphan_operations', (value) => value > 0);
      return end;
    },
  },
  {
    name: 'a missing index',
    alerts: ['InventoryJobIndexMissing'],
    async begin({ db, lookAtIndexes }) {
      await db.collection('job').dropIndex('domain_id_1_status_1_created_at_-1_job_id_-1');
      await lookAtIndexes();
      return nothing;
    },
  },
  {
    name: 'too few connections to the database',
    alerts: ['InventoryJobPoolWait'],
    replaced: { mongo: { maxPoolSize: 1 } },
    async begin({ db, http }) {
      await insertSlowJob(db);
      const timeout = { 'grpc-timeout': '2S' };
      await Promise.all(
        ['first', 'second'].map((name) => callHttp(http, 'stat', slowStat(4, name), timeout)),
      );
      return nothing;
    },
  },
  { name: 'a blocked event loop', alerts: ['InventoryJobEventLoopLag'], begin: holdEventLoop },
  {
    name: 'answers that nobody reads',
    alerts: ['InventoryJobAnswerMemory'],
    settings: { responseMemoryBytes: 2 ** 24, maxResponseBytes: 2 ** 24 },
    begin: fillMemory,
  },
  {
    name: 'an identity service that is away',
    alerts: ['InventoryJobIdentityFails'],
    settings: { auth: 'jwt', authIdentityEndpoint: { address: '127.0.0.1:9', secure: false } },
    begin: askWithoutIdentity,
  },
];

async function caused({ name, alerts, settings, replaced, begin }: Cause, nth: number): Promise<Fault> {
  const service = await startService(`fault_${nth}`, { adminPort: 0, ...settings }, replaced);
  try {
    const before = await fetchScrape(service.admin);
    const heal = await begin(service);
    const after = await fetchScrape(service.admin);
    await heal();
    return { name, alerts, before, after };
  } finally {
    await service.stop();
  }
}

/** A database that goes away. */
async function withoutDatabase(): Promise<Cause> {
  const mongod = await startMongod([]);
  return {
    name: 'a database that is away',
    alerts: ['InventoryJobNotServing', 'InventoryJobErrorRatio'],
    settings: { mongodbUri: `mongodb://${mongod.host}` },
    async begin(service) {
      await mongod.stop();
      await shows(service, 'inventory_job_serving', (value) => value === 0);
      await callHttp(service.http, 'list', { domain_id: 'domain-any' });
      return nothing;
    },
  };
}

/** A certificate that ends in a week, in `folder`. */
async function withOldCertificate(folder: string): Promise<Cause> {
  const [tlsCertFile, tlsKeyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 7 * DAY_MS) };
  const { cert, key } = await (await authority('ours')).issue('a1', undefined, validity);
  await Promise.all([writeFile(tlsCertFile, cert), writeFile(tlsKeyFile, key)]);
  return {
    name: 'a certificate that ends in a week',
    alerts: ['InventoryJobCertificateExpires'],
    settings: { tlsCertFile, tlsKeyFile },
    begin: () => Promise.resolve(nothing),
  };
}

/** Causes each fault in turn, on the mongod of TEST_MONGODB_URI. Errors: a fault does not show. */
export async function causeFaults(): Promise<readonly Fault[]> {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  const faults: Fault[] = [];
  try {
    const causes = [...CAUSES, await withoutDatabase(), await withOldCertificate(folder)];
    for (const [nth, cause] of causes.entries()) faults.push(await caused(cause, nth));
  } finally {
    await rm(folder, { recursive: true });
  }
  return faults;
}
