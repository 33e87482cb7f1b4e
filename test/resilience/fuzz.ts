// Random requests, valid and malformed, through both listeners, by a caller with access to one domain of two: none crashes
// the service, causes an internal error or reveals data of the other domain (docs/resilience.md «Scenarios»).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { JobsInfo } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { anyRequest } from './generator.js';
import type { RequestData } from './generator.js';
import { junk, mutated } from './mutations.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import type { Answer, GrpcClient, RpcName } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { createHttpClient, routeOf } from '../harness/http-client.js';
import type { HttpClient } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { scrape } from '../harness/metrics.js';
import { startDatabase } from '../harness/mongod.js';
import { drawn, pick } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { dial } from '../harness/tcp.js';
import { atMost, exactly, none, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem, Vitals } from './system-under-test.js';

const MINE = 'domain-mine';
const THEIRS = 'domain-theirs';
/** Part of every document of the other domain. */
const MARK = 'what-is-theirs-only';
const JOBS = 40;
const TIMEOUT_MS = 20_000;
const CONCURRENCY = 24;
/** The share of requests before the memory of the warm service is measured. */
const WARM_UP_SHARE = 0.1;
/** Requests between two refills of the domain. */
const REQUESTS_PER_REFILL = 2000;
const MAX_GROWTH = 1.5;
/** The same after few requests, before all lasting buffers exist. */
const MAX_GROWTH_SHORT = 3;
const MAX_SERIES = 1999;

/** Secrets that must never reach the log. */
const SECRETS = Array.from({ length: 20 }, (_, nth) => `secret-${(0xabc000 + nth).toString(16)}planted`);

/** The same, in the shape of ordinary text. */
const VALUES = Array.from({ length: 20 }, (_, nth) => `value-${(0xdef000 + nth).toString(16)}planted`);

const jobIds = Array.from({ length: JOBS }, (_, nth) => `job-${nth}`);
const collectors = { [MINE]: new ObjectId(), [THEIRS]: new ObjectId() } as const;

const jobsOf = (domain: string, own: ObjectId, other: ObjectId, whose: string): Document[] =>
  jobIds.map((job_id, nth) => ({
    job_id,
    domain_id: domain,
    status: pick(() => nth / JOBS, ['SUCCESS', 'ERROR', 'IN_PROGRESS']),
    filters: { whose, n: nth, tags: [whose, nth], o: { [whose]: nth } },
    errors: [{ error_code: 'E', message: whose, additional: { whose } }],
    collector: nth % 2 === 0 ? own : other,
    projects: [`project-${nth % 3}`, whose],
    created_at: new Date(Date.UTC(2024, 2, 1 + nth)),
  }));

async function fill(db: Db): Promise<void> {
  const [mine, theirs] = [collectors[MINE], collectors[THEIRS]];
  const job = db.collection('job');
  await job.deleteMany({ domain_id: MINE });
  await job.insertMany(jobsOf(MINE, mine, theirs, 'mine'));
}

async function fillAll(db: Db): Promise<void> {
  const of = (domain: typeof MINE | typeof THEIRS, whose: string): Document => ({
    _id: collectors[domain],
    collector_id: `collector-${whose}`,
    domain_id: domain,
    name: whose,
    provider: whose,
    plugin_info: { plugin_id: whose },
  });
  await db.collection('collector').insertMany([of(MINE, 'mine'), of(THEIRS, MARK)]);
  await db.collection('job').insertMany(jobsOf(THEIRS, collectors[THEIRS], collectors[MINE], MARK));
  await fill(db);
}

const DATA: RequestData = {
  domains: [MINE, THEIRS],
  jobs: jobIds,
  collectors: Object.values(collectors).map((id) => id.toHexString()),
  projects: ['project-0', 'project-1', 'mine'],
  texts: [...SECRETS, ...VALUES, THEIRS, 'mongodb://me:planted@host/', `token=${SECRETS[0] ?? ''}`],
};

/** Writes a key file, and signs a token for it. */
async function credentials(folder: string) {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const file = join(folder, 'keys.json');
  await writeFile(file, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  const payload = { cat: 'API_KEY', did: MINE };
  return { file, token: await new SignJWT(payload).setProtectedHeader({ alg: 'RS256' }).sign(privateKey) };
}

interface Clients {
  readonly grpc: GrpcClient;
  readonly http: HttpClient;
  readonly system: ProbedSystem;
  readonly token: string;
}

interface Sent extends Answer {
  readonly method: string;
  readonly rpc: RpcName;
}

type Method = (next: Random, clients: Clients) => Promise<Sent | undefined>;

const byGrpc =
  (change: (next: Random, bytes: Uint8Array) => Uint8Array, method: string): Method =>
  async (next, { grpc, token }) => {
    const { rpc, request } = anyRequest(next, DATA);
    const bytes = change(next, encodeRequest(rpc, request));
    return { method, rpc, ...(await grpc.send(rpc, bytes, { timeoutMs: TIMEOUT_MS, headers: { token } })) };
  };

const byHttp =
  (change: (next: Random, body: Buffer) => Buffer, method: string): Method =>
  async (next, { http, token }) => {
    const { rpc, request } = anyRequest(next, DATA);
    const body = change(next, Buffer.from(JSON.stringify(request)));
    const path = routeOf(rpc);
    return { method, rpc, ...(await http.post(path, body, { timeoutMs: TIMEOUT_MS, headers: { token } })) };
  };

const TYPES = [
  'application/proto',
  'application/grpc-web+proto',
  'application/grpc-web-text',
  'text/plain',
  '',
];

const otherType: Method = async (next, { http, token }) => {
  const { rpc, request } = anyRequest(next, DATA);
  const headers = { token, 'content-type': pick(next, TYPES), 'connect-protocol-version': '1' };
  const answer = await http.post(pathOf(rpc), mutated(next, encodeRequest(rpc, request)), {
    timeoutMs: TIMEOUT_MS,
    headers,
  });
  return { method: 'other content types', rpc, ...answer };
};

/** Sends an invalid token with a secret in it. */
const badToken: Method = async (next, { grpc }) => {
  const headers = { token: `${pick(next, ['', 'eyJhbGciOiJub25lIn0.'])}${pick(next, SECRETS)}.x` };
  return {
    method: 'bad tokens',
    rpc: 'get',
    ...(await grpc.send('get', Buffer.alloc(0), { timeoutMs: TIMEOUT_MS, headers })),
  };
};

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const BEGINNINGS = [
  '',
  PREFACE,
  `POST ${routeOf('list')} HTTP/1.1\r\nhost: localhost\r\n`,
  'GET / HTTP/9\r\n\r\n',
];

/** Writes bytes to a socket that form no request. */
const onSocket: Method = async (next, { system: { addresses } }) => {
  const socket = dial(pick(next, [addresses.grpc, addresses.http]));
  socket.resume();
  socket.end(Buffer.concat([Buffer.from(pick(next, BEGINNINGS)), junk(next)]));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([closed, pause(50)]);
  socket.destroy();
  return undefined;
};

const METHODS: readonly (readonly [number, Method])[] = [
  [45, byGrpc((_, bytes) => bytes, 'gRPC')],
  [20, byGrpc(mutated, 'mutated gRPC')],
  [20, byHttp((_, body) => body, 'HTTP')],
  [8, byHttp(mutated, 'mutated HTTP')],
  [4, otherType],
  [2, badToken],
  [1, onSocket],
];
const ALL = METHODS.flatMap(([share, method]) => Array.from({ length: share }, () => method));

/** The statuses allowed for any request. */
const ALLOWED = [
  'OK',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'RESOURCE_EXHAUSTED',
  'UNAUTHENTICATED',
  'UNIMPLEMENTED',
  'PERMISSION_DENIED',
];

const isForeign = ({ method, rpc, status, text, bytes }: Sent): boolean =>
  text.includes(MARK) ||
  bytes.includes(MARK) ||
  (method === 'gRPC' && rpc === 'list' && status === 'OK' && JobsInfo.decode(bytes).total_count > JOBS);

const isJson = (line: string): boolean => {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
};

/** Removes unknown sort keys from a log line: the log names them as sent (docs/query.md «list»). */
const withoutSortKeys = (line: string): string => line.replace(/"sort_keys_passed_over":\[.*?\],/, '');

interface Run {
  readonly unexpected: Sent[];
  readonly foreign: Sent[];
  readonly ends: string[];
  warm: Vitals | undefined;
}

async function requests(count: number, seed: number, clients: Clients, db: Db): Promise<Run> {
  const run: Run = { unexpected: [], foreign: [], ends: [], warm: undefined };
  let nth = 0;
  async function worker(): Promise<void> {
    while (nth < count) {
      const mine = nth++;
      if (mine % REQUESTS_PER_REFILL === 0) await fill(db);
      if (mine === Math.floor(count * WARM_UP_SHARE)) run.warm = await clients.system.vitals('collected');
      const next = drawn(seed, mine);
      const sent = await pick(next, ALL)(next, clients);
      if (sent === undefined) continue;
      run.ends.push(`${sent.method}: ${sent.status}`);
      if (!ALLOWED.includes(sent.status)) run.unexpected.push(sent);
      if (isForeign(sent)) run.foreign.push(sent);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return run;
}

export async function fuzz({ seed, short, note }: ScenarioOptions): Promise<readonly Assertion[]> {
  const count = short ? 4000 : 200_000;
  const folder = await mkdtemp(join(tmpdir(), 'resilience-fuzz-'));
  const { file, token } = await credentials(folder);
  await using database = await startDatabase();
  await fillAll(database.db);
  await using system = await startProbedSystem(database.uri, { AUTH: 'jwt', AUTH_PUBLIC_KEYS: file });
  const grpc = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const http = createHttpClient(system.addresses.http, CONCURRENCY);
  const before = await scrape(system.addresses.admin);
  const { unexpected, foreign, ends, warm } = await requests(
    count,
    seed,
    { grpc, http, system, token },
    database.db,
  );
  grpc.close();
  http.close();
  const after = await system.vitals('collected');
  for (const end of tally(ends.toSorted()).split(', ')) note(end);
  for (const { method, rpc, status, text } of unexpected.slice(0, 5))
    note(`unexpected: ${method} ${rpc} ${status} ${text.slice(0, 200)}`);
  const series = [...(await scrape(system.addresses.admin)).keys()];
  const log = system.program.lines();
  const checked = log.map(withoutSortKeys);
  const found = (planted: readonly string[]) =>
    planted.filter((text) => checked.some((line) => line.includes(text)));
  await rm(folder, { recursive: true });
  return [
    sameProcess(system.program),
    exactly('internal errors, and missing answers', unexpected.length, 0),
    exactly('answers with results or counts of another domain', foreign.length, 0),
    atMost(
      'heap, in multiples of the warm one',
      after.heapUsedBytes / (warm?.heapUsedBytes ?? NaN),
      MAX_GROWTH,
      'times',
    ),
    atMost(
      'memory, in multiples of the warm one',
      after.rssBytes / (warm?.rssBytes ?? NaN),
      short ? MAX_GROWTH_SHORT : MAX_GROWTH,
      'times',
    ),
    none('log lines other than JSON objects', log, (line) => !isJson(line)),
    exactly('planted secrets in the log', found(SECRETS).length, 0),
    exactly('planted values in the log', found(VALUES).length, 0),
    atMost('series of a scrape', series.length, MAX_SERIES, 'series'),
    none('series that were not there before the first request', series, (each) => !before.has(each)),
    exactly('bytes on stderr', system.program.stderr().length, 0),
  ];
}
