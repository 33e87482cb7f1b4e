// The log holds nothing that callers send: no values, unknown names, tokens, hosts, paths or headers, over any transport,
// for requests answered, rejected or broken, and for commands rejected by MongoDB.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createJwtAuthenticate } from '../src/auth/jwt.js';
import { readKeySet } from '../src/auth/keys.js';
import { RPCS } from '../src/rpcs.js';
import { JOB_SERVICE } from '../src/wire/descriptors.js';
import type { RpcName } from './harness/client.js';
import { routeOf } from './harness/http-client.js';
import { pathOf, requestBytes } from './harness/messages.js';
import { random } from './harness/random.js';
import { framed } from './harness/frames.js';
import { callRaw } from './harness/raw-grpc.js';
import { rawRequest, sendRaw } from './harness/raw-http.js';
import { startService } from './harness/service.js';
import type { LogLine, Service } from './harness/service.js';
import { access, pairOf, publicJwk, signed } from './harness/tokens.js';
import type { Pair } from './harness/tokens.js';

const DATABASE = 'log_of_calls';
const DOMAIN = 'domain-07d2e9c4a6b1';
const SEED = 20_261_127;
const MUTATIONS = 240;
const BATCH_SIZE = 24;

let openService: Service;
let jwtService: Service;
/** A service whose jobs cannot be read. */
let brokenService: Service;
let issuer: Pair;
let stranger: Pair;

beforeAll(async () => {
  [issuer, stranger] = await Promise.all([pairOf('RS256'), pairOf('RS256')]);
  const keys = await readKeySet(JSON.stringify({ keys: [await publicJwk(issuer)] }));
  const authenticate = createJwtAuthenticate({
    keysOf: () => Promise.resolve(keys.get('') ?? []),
    now: () => Date.now(),
  });
  [openService, jwtService, brokenService] = await Promise.all([
    startService(DATABASE),
    startService(`${DATABASE}_jwt`, {}, { authenticate }),
    startService(`${DATABASE}_broken`),
  ]);
  await breakJobs(brokenService);
});
afterAll(() => Promise.all([openService, jwtService, brokenService].map(({ stop }) => stop())));

/** A text found in no word of the service. */
const MARK = 'planted';
let markCount = 0;
/** Returns a text not sent before. */
const mark = (): string => `${MARK}-${(markCount++).toString(36)}`;
const NUMBER = 7_310_425_986;

const filter = (...conditions: JsonValue[]): JsonObject => ({ query: { filter: conditions } });
const condition = (k: string, o: string, v: JsonValue): JsonObject => filter({ k, o, v });
const stat = (...aggregate: JsonValue[]): JsonObject => ({ query: { aggregate } });
const counted = { name: 'n', operator: 'count' };

/** Requests of JobsQuery, valid and invalid. */
const LIST_REQUESTS: readonly (() => JsonObject)[] = [
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
const STAT_REQUESTS: readonly (() => JsonObject)[] = [
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
const JOB_REQUESTS: readonly (() => JsonObject)[] = [
  () => ({ job_id: mark() }),
  () => ({ job_id: mark(), domain_id: mark() }),
  () => ({ domain_id: mark() }),
];
const REQUESTS: Readonly<Record<RpcName, readonly (() => JsonObject)[]>> = {
  get: [...JOB_REQUESTS, () => ({ job_id: mark(), only: [mark()] })],
  list: LIST_REQUESTS,
  stat: STAT_REQUESTS,
  delete: JOB_REQUESTS,
};

/** Bodies that do not parse as a JSON request. */
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

/** Header lines of a call, its own and its transport's. */
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

/** Sends a gRPC request with any path and headers; one rejected before it is a call may have no answer. */
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
    post(service, routeOf(rpc), 'application/json', JSON.stringify(request), headers),
  (service, rpc, request, headers) =>
    post(service, pathOf(rpc), 'application/json', JSON.stringify(request), headers),
  (service, rpc, request, headers) =>
    post(service, pathOf(rpc), 'application/proto', requestBytes(rpc, request), headers),
  (service, rpc, request, headers) =>
    post(service, pathOf(rpc), 'application/grpc-web', framed(requestBytes(rpc, request)), headers),
  (service, rpc, request, headers) => callGrpc(service, pathOf(rpc), requestBytes(rpc, request), headers),
];

/** Finds the log lines with a text or number planted by a caller. */
const plantedLines = ({ log }: Service): readonly LogLine[] =>
  log.filter((line) => {
    const text = JSON.stringify(line).toLowerCase();
    return text.includes(MARK) || text.includes(String(NUMBER));
  });

const loggedStatuses = (service: Service): ReadonlySet<unknown> =>
  new Set(service.log.map(({ status }) => status));

test('the log holds no text of valid or invalid requests over any transport', async () => {
  const before = openService.log.length;
  for (const send of TRANSPORTS)
    for (const rpc of RPCS)
      await Promise.all(
        REQUESTS[rpc].map((requests) => send(openService, rpc, { domain_id: DOMAIN, ...requests() })),
      );
  const sent = TRANSPORTS.length * RPCS.reduce((sum, rpc) => sum + REQUESTS[rpc].length, 0);
  expect(openService.log.slice(before).filter(({ msg }) => msg === 'call')).toHaveLength(sent);
  expect([...loggedStatuses(openService)]).toEqual(
    expect.arrayContaining(['OK', 'INVALID_ARGUMENT', 'NOT_FOUND']),
  );
  expect(plantedLines(openService)).toEqual([]);
});

test('the log holds no text of exports', async () => {
  const types = ['application/x-ndjson', 'text/csv'];
  await Promise.all(
    types.flatMap((type) =>
      LIST_REQUESTS.map((requests) =>
        post(
          openService,
          routeOf('list'),
          'application/json',
          JSON.stringify({ domain_id: DOMAIN, ...requests() }),
          [`accept: ${type}`],
        ),
      ),
    ),
  );
  expect(plantedLines(openService)).toEqual([]);
});

test('the log holds no text of bodies that do not parse', async () => {
  const types = [
    [routeOf, 'application/json', Buffer.from],
    [pathOf, 'application/json', Buffer.from],
    [pathOf, 'application/proto', Buffer.from],
    [pathOf, 'application/grpc-web', Buffer.from],
    [pathOf, 'application/grpc-web+json', (text: string) => framed(Buffer.from(text))],
    [pathOf, 'application/grpc-web-text', Buffer.from],
  ] as const;
  for (const [path, type, of] of types)
    await Promise.all(BODIES.map((body) => post(openService, path('list'), type, of(body()))));
  await Promise.all(BODIES.map((body) => callGrpc(openService, pathOf('list'), Buffer.from(body()))));
  expect(plantedLines(openService)).toEqual([]);
});

test('the log holds no text of headers, hosts and paths', async () => {
  const request = { domain_id: DOMAIN, query: { count_only: true } };
  for (const send of TRANSPORTS)
    await Promise.all(
      [...HEADERS, ...ODD_HEADERS].map((header) => send(openService, 'list', request, [header()])),
    );
  const raw = (target: string, host: string) =>
    sendRaw(openService.http, rawRequest(target, [`host: ${host}`]));
  await Promise.all(TARGETS.map((target) => raw(target(), 'localhost')));
  await Promise.all(
    [mark(), `${mark()}.example:80`, `${mark()}@localhost`].map((host) => raw('GET /', host)),
  );
  await Promise.all(
    [mark(), `${JOB_SERVICE.typeName}/${mark()}`].map((path) =>
      callGrpc(openService, `/${path}`, Buffer.of()),
    ),
  );
  expect(openService.log.filter(({ msg }) => msg === 'refused').length).toBeGreaterThan(20);
  expect(plantedLines(openService)).toEqual([]);
});

test('the log holds no token and no text of its claims but the user', async () => {
  const claims = [
    {},
    { permissions: [mark()] },
    { cat: mark() },
    { user_type: mark(), aud: 'user@example.org' },
    { exp: 1, [mark()]: mark() },
    { did: mark() },
    { did: NUMBER },
  ];
  const tokens = [
    mark(),
    `eyJ${mark()}.${mark()}.x`,
    ...(await Promise.all(claims.map((more) => signed({ ...access(DOMAIN), ...more }, issuer)))),
    ...(await Promise.all(claims.map((more) => signed({ ...access(mark()), ...more }, stranger)))),
    await signed(access(DOMAIN), issuer, { kid: mark(), jku: `https://${mark()}.example` }),
  ];
  for (const send of TRANSPORTS)
    await Promise.all(
      tokens.map((token) =>
        send(jwtService, 'list', { domain_id: mark(), project_id: mark() }, [`token: ${token}`]),
      ),
    );
  expect([...loggedStatuses(jwtService)]).toEqual(
    expect.arrayContaining(['OK', 'UNAUTHENTICATED', 'PERMISSION_DENIED']),
  );
  expect(plantedLines(jwtService)).toEqual([]);
  const text = JSON.stringify(jwtService.log);
  expect(tokens.filter((token) => text.includes(token.slice(0, 40)))).toEqual([]);
});

/** Replaces, removes or inserts a few bytes of `body`. */
function mutate(body: Uint8Array, next: () => number): Buffer {
  let bytes = Buffer.from(body);
  for (let nth = 0; nth < 3; nth++) {
    const at = Math.floor(next() * bytes.length);
    const inserted = Buffer.of(...[Math.floor(next() * 256)].slice(next() < 0.3 ? 1 : 0));
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + (next() < 0.5 ? 1 : 0))]);
  }
  return bytes;
}

test(`the log holds no text of ${MUTATIONS} requests with random byte changes (seed ${SEED})`, async () => {
  const next = random(SEED);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(next() * from.length)];
  for (let nth = 0; nth < MUTATIONS; nth += BATCH_SIZE) {
    const sent = Array.from({ length: BATCH_SIZE / 2 }, () => {
      const rpc = pick(RPCS) ?? 'list';
      const request = { domain_id: DOMAIN, ...pick(REQUESTS[rpc])?.() };
      const json = mutate(Buffer.from(JSON.stringify(request)), next);
      const bytes = mutate(requestBytes(rpc, request), next);
      return [
        post(openService, routeOf(rpc), 'application/json', json),
        post(openService, pathOf(rpc), 'application/proto', bytes),
      ];
    });
    await Promise.all(sent.flat());
  }
  expect(plantedLines(openService)).toEqual([]);
});

test('no request caused an internal error', () => {
  expect([...openService.faults, ...jwtService.faults]).toEqual([]);
});

/** Replaces `job` by a view whose reading begins, so that the service is ready, and then fails. */
async function breakJobs({ db }: Service): Promise<void> {
  await db.collection('job').rename('jobs');
  const rest = { $unionWith: { coll: 'jobs', pipeline: [{ $match: { $text: { $search: 'x' } } }] } };
  await db.createCollection('job', { viewOn: 'jobs', pipeline: [rest] });
}

test('an error of MongoDB is logged by its code and type, without its message', async () => {
  const requests: readonly (readonly [RpcName, JsonObject])[] = [
    ['list', condition('project_id', 'eq', mark())],
    ['stat', { query: { filter: [{ k: 'project_id', o: 'eq', v: mark() }], distinct: 'status' } }],
    ['delete', { job_id: mark() }],
  ];
  for (const send of TRANSPORTS)
    for (const [rpc, request] of requests) await send(brokenService, rpc, { domain_id: DOMAIN, ...request });
  const { faults } = brokenService;
  // Reads fail by one code and deletes by another; equal errors are logged once a minute.
  expect(faults.length).toBeGreaterThanOrEqual(2);
  expect(new Set(faults.map(({ msg }) => msg))).toEqual(new Set(['the database could not run a query']));
  for (const { err } of faults) {
    expect(err).toMatchObject({ type: 'MongoServerError', code: expect.any(Number), at: expect.any(Array) });
    expect(err).not.toHaveProperty('message');
  }
  expect(plantedLines(brokenService)).toEqual([]);
});
