// What callers send does not come to the log: values, made-up names, tokens, hosts, paths and headers, by every transport,
// in requests that are answered, refused or broken, and in what MongoDB says of a command that it refuses.
import { fromJson, toBinary } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createJwtAuthenticate } from '../src/auth/jwt.js';
import { keySet } from '../src/auth/keys.js';
import { RPCS } from '../src/server/call-context.js';
import { JOB_SERVICE, messageNamed } from '../src/wire/descriptors.js';
import type { RpcName } from './harness/client.js';
import { random } from './harness/random.js';
import { callRaw, framed } from './harness/raw-grpc.js';
import { rawRequest, sendRaw } from './harness/raw-http.js';
import { startService } from './harness/service.js';
import type { LogLine, Service } from './harness/service.js';
import { access, pairOf, publicJwk, signed } from './harness/tokens.js';
import type { Pair } from './harness/tokens.js';

const DATABASE = 'log_of_calls';
const DOMAIN = 'domain-07d2e9c4a6b1';
const SEED = 20_261_127;
const MUTATIONS = 240;
const AT_ONCE = 24;

let open: Service;
let closed: Service;
/** Its jobs cannot be read. */
let broken: Service;
let known: Pair;
let stranger: Pair;

beforeAll(async () => {
  [known, stranger] = await Promise.all([pairOf('RS256'), pairOf('RS256')]);
  const keys = await keySet(JSON.stringify({ keys: [await publicJwk(known)] }));
  const authenticate = createJwtAuthenticate({
    keysOf: () => Promise.resolve(keys.get('') ?? []),
    now: () => Date.now(),
  });
  [open, closed, broken] = await Promise.all([
    startService(DATABASE),
    startService(`${DATABASE}_jwt`, {}, { authenticate }),
    startService(`${DATABASE}_broken`),
  ]);
  await breakJobs(broken);
});
afterAll(() => Promise.all([open, closed, broken].map(({ stop }) => stop())));

/** What no word of the service has in it. */
const MARK = 'planted';
let marks = 0;
/** A text that was not sent before, and a number. */
const mark = (): string => `${MARK}-${(marks++).toString(36)}`;
const NUMBER = 7_310_425_986;

const filter = (...conditions: JsonValue[]): JsonObject => ({ query: { filter: conditions } });
const condition = (k: string, o: string, v: JsonValue): JsonObject => filter({ k, o, v });
const stat = (...aggregate: JsonValue[]): JsonObject => ({ query: { aggregate } });
const counted = { name: 'n', operator: 'count' };

/** Requests of JobsQuery and of JobStatQuery, answered and refused. */
const LISTS: readonly (() => JsonObject)[] = [
  () => condition('project_id', 'eq', mark()),
  () => condition('project_id', 'in', [mark(), mark()]),
  () => condition('filters.s', 'contain', mark()),
  () => condition('errors', 'match', { message: mark(), [mark()]: mark() }),
  () => condition(`filters.${mark()}`, 'eq', NUMBER),
  () => condition(mark(), 'eq', 1),
  () => condition(`$${mark()}`, 'eq', 1),
  () => condition('status', mark(), 'x'),
  () => condition('status', 'eq', [mark()]),
  () => condition('status', 'in', mark()),
  () => condition('status', 'contain', NUMBER),
  () => condition('status', 'exists', mark()),
  () => condition('status', 'match', mark()),
  () => condition('created_at', 'datetime_gte', mark()),
  () => condition('created_at', 'timediff_gte', `now - ${mark()}`),
  () => condition('created_at', 'eq', mark()),
  () => condition('status', 'regex', `(${mark()}`),
  () => condition('status', 'regex', `(?<n>${mark()})(?<n>a)`),
  () => condition('status', 'regex', `(*${mark()})`),
  () => condition('status', 'regex', `^.*.*.*${mark()}.*.*$`),
  () => condition('status', 'regex_in', [mark(), `[${mark()}`]),
  () => condition('collector.name', 'regex', `(?<n>${mark()})(?<n>a)`),
  () => condition('collector.name', 'eq', mark()),
  () => condition(`collector.${mark()}`, 'eq', mark()),
  () => condition('status', 'eq', { a: { b: { c: [mark()] } } }),
  () => filter({ k: 'status', o: 'eq', v: mark() }, { k: '', o: 'eq', v: mark() }),
  () => ({ query: { keyword: `${mark()} ${mark()}` } }),
  () => ({ query: { only: [mark()] } }),
  () => ({ query: { only: [`job_id.${mark()}`] } }),
  () => ({ query: { sort: { key: `$${mark()}` } } }),
  () => ({ query: { sort: { keys: [{ key: `collector.${mark()}` }] } } }),
  () => ({ query: { page: { start: 4_000_000_000, limit: 4_000_000_000 } }, job_id: mark() }),
  () => ({ job_id: mark(), collector_id: mark(), project_id: mark() }),
  () => ({ domain_id: mark() }),
];
const STATS: readonly (() => JsonObject)[] = [
  () => ({ query: { distinct: mark() } }),
  () => ({ query: { distinct: `$${mark()}` } }),
  () => stat({ unwind: { path: mark() } }, { count: { name: mark() } }),
  () => stat({ group: { keys: [{ key: mark(), name: mark() }], fields: [counted] } }),
  () => stat({ group: { keys: [{ key: 'status', name: `${mark()}.x` }], fields: [counted] } }),
  () => stat({ group: { keys: [{ key: 'created_at', name: 'd', date_format: `%${mark()}` }] } }),
  () => stat({ group: { fields: [{ name: mark(), operator: mark(), key: mark() }] } }),
  () =>
    stat({
      group: { fields: [{ ...counted, conditions: [{ key: mark(), operator: mark(), value: mark() }] }] },
    }),
  () => stat({ project: { fields: [{ key: mark(), name: mark(), operator: mark() }] } }),
  () => stat({ group: { fields: [{ name: 'm', operator: 'merge_objects', key: 'status' }] } }),
  () => stat({ sort: { key: `.${mark()}` } }),
  () => ({ query: { filter: [{ k: mark(), o: 'eq', v: mark() }], distinct: 'status' } }),
  () => ({
    query: { filter: [{ k: 'status', o: 'regex', v: `(?<n>${mark()})(?<n>a)` }], distinct: 'status' },
  }),
];
const NAMED: readonly (() => JsonObject)[] = [
  () => ({ job_id: mark() }),
  () => ({ job_id: mark(), domain_id: mark() }),
  () => ({ domain_id: mark() }),
];
const ASKED: Readonly<Record<RpcName, readonly (() => JsonObject)[]>> = {
  get: [...NAMED, () => ({ job_id: mark(), only: [mark()] })],
  list: LISTS,
  stat: STATS,
  delete: NAMED,
};

/** Bodies that are no request in JSON. */
const BODIES: readonly (() => string)[] = [
  mark,
  () => `"${mark()}"`,
  () => `["${mark()}"]`,
  () => `{"${mark()}": 1}`,
  () => `{"domain_id": "${mark()}"`,
  () => `{"domain_id": "${mark()}", "domainId": "${mark()}"}`,
  () => `{"domain_id": {"${mark()}": 1}}`,
  () => `{"status": "${mark()}"}`,
  () => `{"domain_id": "${DOMAIN}", "query": {"${mark()}": "${mark()}"}}`,
  () => `{"domain_id": "${DOMAIN}", "query": "${mark()}"}`,
  () => `{"domain_id": "${DOMAIN}", "query": {"page": {"limit": "${mark()}"}}}`,
  () => `{"domain_id": "${DOMAIN}", "query": {"filter": [{"k": "${mark()}", "key": "${mark()}"}]}}`,
  () => `{"domain_id": "${DOMAIN}", "query": {"filter": [{"v": "\\ud800${mark()}"}]}}`,
  () => `{"domain_id": "${DOMAIN}", "query": {"filter": [{"v": "${mark()}", "v": ${NUMBER}e400}]}}`,
  () => `{"domain_id": "${mark()}\u0000"}`,
  () => `\ufeff\ufeff{"domain_id": "${mark()}"}`,
];

/** Headers of a call, some of which are its transport's. */
const HEADERS: readonly (() => string)[] = [
  ...['cookie', 'user-agent', 'referer', 'origin', 'x-forwarded-for', 'x-forwarded-host', 'forwarded'],
  ...['grpc-timeout', 'connect-timeout-ms', 'connect-protocol-version', 'content-encoding', 'accept', 'te'],
  ...['accept-encoding', 'grpc-encoding', 'traceparent', 'if-none-match', 'x-custom', 'token'],
].map((name) => () => `${name}: ${mark()}`);
const ODD_HEADERS: readonly (() => string)[] = [
  () => `x-request-id: a ${mark()}`,
  () => `authorization: Bearer ${mark()}`,
  () => `authorization: Basic ${mark()}`,
  () => `${mark()}: x`,
  () => `grpc-timeout: 5${mark()}`,
  () => `content-type: application/json; charset=${mark()}`,
  () => `content-type: ${mark()}`,
];
const TARGETS: readonly (() => string)[] = [
  () => `GET /${mark()}`,
  () => `POST /inventory/v1/job/${mark()}`,
  () => `POST /inventory/v1/job/list/${mark()}?${mark()}=${mark()}`,
  () => `POST /${JOB_SERVICE.typeName}/${mark()}`,
  () => `GET /${JOB_SERVICE.typeName}/list?message=${mark()}`,
  () => `DELETE /inventory/v1/job/list?${mark()}`,
  () => `GET /livez?${mark()}`,
  () => `POST /livez?${mark()}`,
  () => `GET /explorer/${mark()}.js`,
  () => `GET http://${mark()}.example/livez`,
  () => `GET /..%2f${mark()}`,
  () => `${mark().replace('-', '')} /livez`,
];

const ROUTE = (rpc: RpcName): string => `/inventory/v1/job/${rpc}`;
const PATH = (rpc: RpcName): string => `/${JOB_SERVICE.typeName}/${rpc}`;

function bytesOf(rpc: RpcName, request: JsonObject): Uint8Array {
  const input =
    JOB_SERVICE.methods.find(({ name }) => name === rpc)?.input ?? messageNamed('google.protobuf.Empty');
  return toBinary(input, fromJson(input, request));
}

type Headers = readonly string[];

const post = (
  service: Service,
  path: string,
  type: string,
  body: Uint8Array | string,
  headers: Headers = [],
) =>
  sendRaw(
    service.http,
    rawRequest(`POST ${path}`, ['host: localhost', `content-type: ${type}`, ...headers], body),
  );

/** A call by gRPC, of any path and headers; what is refused before it is a call may have no answer. */
const callGrpc = (service: Service, path: string, message: Uint8Array, headers: Headers = []) =>
  callRaw(
    service.address,
    path,
    framed(message),
    Object.fromEntries(headers.map((line) => [line.replace(/:.*/, ''), line.replace(/^[^:]*: /, '')])),
  ).catch(() => undefined);

type Send = (service: Service, rpc: RpcName, request: JsonObject, headers?: Headers) => Promise<unknown>;

const TRANSPORTS: readonly Send[] = [
  (service, rpc, request, headers) =>
    post(service, ROUTE(rpc), 'application/json', JSON.stringify(request), headers),
  (service, rpc, request, headers) =>
    post(service, PATH(rpc), 'application/json', JSON.stringify(request), headers),
  (service, rpc, request, headers) =>
    post(service, PATH(rpc), 'application/proto', bytesOf(rpc, request), headers),
  (service, rpc, request, headers) =>
    post(service, PATH(rpc), 'application/grpc-web', framed(bytesOf(rpc, request)), headers),
  (service, rpc, request, headers) => callGrpc(service, PATH(rpc), bytesOf(rpc, request), headers),
];

/** The words of the log that callers made up, each with the line it stands in. */
const saidBy = ({ log }: Service): readonly LogLine[] =>
  log.filter((line) => {
    const text = JSON.stringify(line).toLowerCase();
    return text.includes(MARK) || text.includes(String(NUMBER));
  });

const STATUSES = (service: Service): ReadonlySet<unknown> => new Set(service.log.map(({ status }) => status));

test('requests of every kind, by every transport', async () => {
  const before = open.log.length;
  for (const send of TRANSPORTS)
    for (const rpc of RPCS)
      await Promise.all(ASKED[rpc].map((asked) => send(open, rpc, { domain_id: DOMAIN, ...asked() })));
  const sent = TRANSPORTS.length * RPCS.reduce((sum, rpc) => sum + ASKED[rpc].length, 0);
  expect(open.log.slice(before).filter(({ msg }) => msg === 'call')).toHaveLength(sent);
  expect([...STATUSES(open)]).toEqual(expect.arrayContaining(['OK', 'INVALID_ARGUMENT', 'NOT_FOUND']));
  expect(saidBy(open)).toEqual([]);
});

test('exports', async () => {
  const types = ['application/x-ndjson', 'text/csv'];
  await Promise.all(
    types.flatMap((type) =>
      LISTS.map((asked) =>
        post(open, ROUTE('list'), 'application/json', JSON.stringify({ domain_id: DOMAIN, ...asked() }), [
          `accept: ${type}`,
        ]),
      ),
    ),
  );
  expect(saidBy(open)).toEqual([]);
});

test('bodies that are no request', async () => {
  const types = [
    [ROUTE, 'application/json', Buffer.from],
    [PATH, 'application/json', Buffer.from],
    [PATH, 'application/proto', Buffer.from],
    [PATH, 'application/grpc-web', Buffer.from],
    [PATH, 'application/grpc-web+json', (text: string) => framed(Buffer.from(text))],
    [PATH, 'application/grpc-web-text', Buffer.from],
  ] as const;
  for (const [path, type, of] of types)
    await Promise.all(BODIES.map((body) => post(open, path('list'), type, of(body()))));
  await Promise.all(BODIES.map((body) => callGrpc(open, PATH('list'), Buffer.from(body()))));
  expect(saidBy(open)).toEqual([]);
});

test('headers, hosts and paths', async () => {
  const request = { domain_id: DOMAIN, query: { count_only: true } };
  for (const send of TRANSPORTS)
    await Promise.all([...HEADERS, ...ODD_HEADERS].map((header) => send(open, 'list', request, [header()])));
  const raw = (target: string, host: string) => sendRaw(open.http, rawRequest(target, [`host: ${host}`]));
  await Promise.all(TARGETS.map((target) => raw(target(), 'localhost')));
  await Promise.all(
    [mark(), `${mark()}.example:80`, `${mark()}@localhost`].map((host) => raw('GET /', host)),
  );
  await Promise.all(
    [mark(), `${JOB_SERVICE.typeName}/${mark()}`].map((path) => callGrpc(open, `/${path}`, Buffer.of())),
  );
  expect(open.log.filter(({ msg }) => msg === 'refused').length).toBeGreaterThan(20);
  expect(saidBy(open)).toEqual([]);
});

test('tokens', async () => {
  const claims = [
    {},
    { permissions: [mark()] },
    { cat: mark() },
    { user_type: mark(), aud: mark() },
    { exp: 1, [mark()]: mark() },
    { did: mark() },
    { did: NUMBER },
  ];
  const tokens = [
    mark(),
    `eyJ${mark()}.${mark()}.x`,
    ...(await Promise.all(claims.map((more) => signed({ ...access(DOMAIN), ...more }, known)))),
    ...(await Promise.all(claims.map((more) => signed({ ...access(mark()), ...more }, stranger)))),
    await signed(access(DOMAIN), known, { kid: mark(), jku: `https://${mark()}.example` }),
  ];
  for (const send of TRANSPORTS)
    await Promise.all(
      tokens.map((token) =>
        send(closed, 'list', { domain_id: mark(), project_id: mark() }, [`token: ${token}`]),
      ),
    );
  expect([...STATUSES(closed)]).toEqual(
    expect.arrayContaining(['OK', 'UNAUTHENTICATED', 'PERMISSION_DENIED']),
  );
  expect(saidBy(closed)).toEqual([]);
  const text = JSON.stringify(closed.log);
  expect(tokens.filter((token) => text.includes(token.slice(0, 40)))).toEqual([]);
});

/** `body` with some bytes that are others, are gone or come twice. */
function mutated(body: Uint8Array, next: () => number): Buffer {
  let bytes = Buffer.from(body);
  for (let nth = 0; nth < 3; nth++) {
    const at = Math.floor(next() * bytes.length);
    const inserted = Buffer.of(...[Math.floor(next() * 256)].slice(next() < 0.3 ? 1 : 0));
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + (next() < 0.5 ? 1 : 0))]);
  }
  return bytes;
}

test(`${MUTATIONS} requests that broke on their way (seed ${SEED})`, async () => {
  const next = random(SEED);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(next() * from.length)];
  for (let nth = 0; nth < MUTATIONS; nth += AT_ONCE) {
    const sent = Array.from({ length: AT_ONCE / 2 }, () => {
      const rpc = pick(RPCS) ?? 'list';
      const request = { domain_id: DOMAIN, ...pick(ASKED[rpc])?.() };
      const json = mutated(Buffer.from(JSON.stringify(request)), next);
      const bytes = mutated(bytesOf(rpc, request), next);
      return [
        post(open, ROUTE(rpc), 'application/json', json),
        post(open, PATH(rpc), 'application/proto', bytes),
      ];
    });
    await Promise.all(sent.flat());
  }
  expect(saidBy(open)).toEqual([]);
});

test('none of it was a fault of the service', () => {
  expect([...open.faults, ...closed.faults]).toEqual([]);
});

/** Makes `job` a view that MongoDB can begin to read, so that the service is ready, and cannot read to its end. */
async function breakJobs({ db }: Service): Promise<void> {
  await db.collection('job').rename('jobs');
  const rest = { $unionWith: { coll: 'jobs', pipeline: [{ $match: { $text: { $search: 'x' } } }] } };
  await db.createCollection('job', { viewOn: 'jobs', pipeline: [rest] });
}

test('what MongoDB says of a command that it refuses is its code and its name', async () => {
  const asked: readonly (readonly [RpcName, JsonObject])[] = [
    ['list', condition('project_id', 'eq', mark())],
    ['stat', { query: { filter: [{ k: 'project_id', o: 'eq', v: mark() }], distinct: 'status' } }],
    ['delete', { job_id: mark() }],
  ];
  for (const send of TRANSPORTS)
    for (const [rpc, request] of asked) await send(broken, rpc, { domain_id: DOMAIN, ...request });
  const { faults } = broken;
  expect(faults.length).toBeGreaterThanOrEqual(TRANSPORTS.length * asked.length);
  expect(new Set(faults.map(({ msg }) => msg))).toEqual(new Set(['the database could not run a query']));
  for (const { err } of faults) {
    expect(err).toMatchObject({ type: 'MongoServerError', code: expect.any(Number), at: expect.any(Array) });
    expect(err).not.toHaveProperty('message');
  }
  expect(saidBy(broken)).toEqual([]);
});
