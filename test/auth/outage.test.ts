// A broken, unreachable or unsteady identity service: no caller waits long or is authenticated, and the outage is logged once.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import type { JWTPayload } from 'jose';
import { pino } from 'pino';
import { createIdentity } from '../../src/auth/identity.js';
import type { Config } from '../../src/config/config.js';
import { appError } from '../../src/errors.js';
import { logOptions } from '../../src/telemetry/log.js';
import { NO_METER } from '../../src/telemetry/metrics/registry.js';
import {
  authenticateOnce,
  createIdentityAuthenticate,
  roleAnswer,
  startStandIn,
} from '../harness/identity.js';
import type { IdentityAnswers } from '../harness/identity.js';
import { createRecordedLog } from '../harness/log.js';
import { listen } from '../harness/tcp.js';
import { access, pairOf, publicJwk, signed as signedBy } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
/** Timeout of a request to the identity service. */
const TIMEOUT_MS = 400;
const SIGNAL = new AbortController().signal;
const UNAVAILABLE = expect.stringMatching(/^ERROR_UNAVAILABLE: /);

let pair: Pair;
let jwk: string;
let role: IdentityAnswers['role'];
const clock = { now: 0 };
/** New for each test: a request that a test has left may still fail, and tell so, during the next. */
let log = createRecordedLog();
let options = { clock, log, timeoutMs: TIMEOUT_MS };
const closing: (() => void | Promise<void>)[] = [];

const answers: IdentityAnswers = {
  key: (domain_id) => ({ domain_id, public_key: jwk }),
  role: (request, token) => role(request, token),
};

const createAuthenticate = (port: number) => createIdentityAuthenticate(port, options, closing);

const signed = (claims: JWTPayload = {}): Promise<string> => signedBy(access(DOMAIN, claims), pair);

beforeAll(async () => {
  pair = await pairOf('RS256');
  jwk = JSON.stringify(await publicJwk(pair));
});
beforeEach(() => {
  role = () => roleAnswer('DOMAIN');
  log = createRecordedLog();
  options = { clock, log, timeoutMs: TIMEOUT_MS };
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('an identity service that', () => {
  test.each<readonly [string, (socket: Socket) => void]>([
    ['accepts connections and stays silent', () => undefined],
    ['closes connections', (socket) => socket.end()],
    ['resets connections', (socket) => socket.resetAndDestroy()],
    ['speaks another protocol', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['answers with garbage', (socket) => socket.write(Buffer.alloc(4096, 0xa5))],
    ['resets connections after a request', (socket) => socket.once('data', () => socket.resetAndDestroy())],
  ])('%s counts as unreachable within the timeout', async (_, serve) => {
    await using server = await listen(createServer(serve));
    const startedAt = performance.now();
    expect(await authenticateOnce(createAuthenticate(server.port), await signed())).toEqual(UNAVAILABLE);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS * 3);
    expect(log.entries.map(({ level }) => level)).toEqual(['warn']);
  });

  test.each([
    status.CANCELLED,
    status.UNKNOWN,
    status.DEADLINE_EXCEEDED,
    status.NOT_FOUND,
    status.PERMISSION_DENIED,
    status.RESOURCE_EXHAUSTED,
    status.FAILED_PRECONDITION,
    status.UNIMPLEMENTED,
    status.INTERNAL,
    status.UNAVAILABLE,
    status.DATA_LOSS,
    status.UNAUTHENTICATED,
  ])('answers a request for a key with status %s counts as unreachable', async (code) => {
    const failing = await startStandIn({
      ...answers,
      key: () => ({ code, details: 'ERROR_NOT_FOUND: at 10.0.0.7' }),
    });
    const outcome = await authenticateOnce(createAuthenticate(failing.port), await signed());
    expect(outcome).toEqual(UNAVAILABLE);
    expect(outcome).not.toContain('10.0.0.7');
    failing.stop();
  });

  test('stops and restarts is logged once each, whatever is requested meanwhile', async () => {
    const first = await startStandIn(answers);
    const authenticate = createAuthenticate(first.port);
    const token = await signed({ user_type: 'DOMAIN_OWNER' });
    expect(await authenticateOnce(authenticate, token)).toBe('let in');
    first.stop();
    const cold = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => signed({ did: `domain-cold-${nth}` })),
    );
    expect(await Promise.all(cold.map((each) => authenticateOnce(authenticate, each)))).toEqual(
      cold.map(() => UNAVAILABLE),
    );
    expect(log.entries).toEqual([
      {
        level: 'warn',
        about: { err: expect.any(Error) },
        message: 'AUTH_IDENTITY_ENDPOINT: the identity service does not answer',
      },
    ]);
    clock.now += 60_000;
    expect(await authenticateOnce(authenticate, cold[0] ?? '')).toEqual(UNAVAILABLE);
    expect(log.entries).toHaveLength(1);
    const second = await startStandIn(answers, first.port);
    closing.push(second.stop);
    const isBack = async () => (await authenticateOnce(authenticate, cold[0] ?? '')) === 'let in';
    await until('identity is back', isBack, 5000);
    await authenticateOnce(authenticate, cold[1] ?? '');
    expect(log.entries.slice(1)).toEqual([
      { level: 'info', about: {}, message: 'AUTH_IDENTITY_ENDPOINT: the identity service answers again' },
    ]);
  });

  test('fails every other request is logged at most every ten seconds', async () => {
    let requests = 0;
    role = () => (requests++ % 2 === 0 ? { code: status.INTERNAL, details: 'x' } : roleAnswer('DOMAIN'));
    const unsteady = await startStandIn(answers);
    closing.push(unsteady.stop);
    const authenticate = createAuthenticate(unsteady.port);
    const caller = await authenticate({ token: await signed(), verb: 'list', signal: SIGNAL });
    const callTwentyTimes = async (): Promise<void> => {
      for (let nth = 0; nth < 20; nth++) await caller.scope({ domain_id: DOMAIN }).catch(() => undefined);
    };
    await callTwentyTimes();
    expect(log.entries.map(({ level }) => level)).toEqual(['warn', 'info']);
    clock.now += 10_000;
    await callTwentyTimes();
    expect(log.entries.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info']);
  });
});

/** The line in the log, at a level, about a request for the key of `domainId`. */
async function lineAbout(domainId: string, port: number, level: Config['logLevel']): Promise<string> {
  const lines: string[] = [];
  const log = pino(logOptions(level), { write: (line) => void lines.push(line) });
  const clocks = { now: () => Date.now(), monotonicNow: () => 0 };
  const client = createIdentity({ address: `127.0.0.1:${port}`, secure: false }, { ...clocks, log });
  closing.push(client.close);
  await expect(client.publicKey(domainId, SIGNAL, 5000)).rejects.toThrow('ERROR_UNAVAILABLE');
  return lines.join('');
}

describe('the reason of an outage in the log', () => {
  test('is the status of identity, whose words may quote a token, and these at debug alone', async () => {
    const quoting = await startStandIn({
      ...answers,
      key: (domainId) => ({ code: status.UNKNOWN, details: `no domain ${domainId}` }),
    });
    closing.push(quoting.stop);
    const line = await lineAbout('hunter2', quoting.port, 'info');
    expect(line).toContain('"code":"UNKNOWN"');
    expect(line).not.toContain('hunter2');
    expect(await lineAbout('hunter2', quoting.port, 'debug')).toContain('no domain hunter2');
  });

  test('is the text of the gRPC library if identity says nothing', async () => {
    const gone = await startStandIn(answers);
    gone.stop();
    expect(await lineAbout('domain-a', gone.port, 'info')).toContain('ECONNREFUSED');
  });
});

test.each<readonly [string, Partial<IdentityAnswers>, number]>([
  ['get_public_key', { key: () => 'stall' }, 1],
  ['verify', { role: () => 'stall' }, 2],
])('a deadline that ends while identity is silent on %s is an outage', async (rpc, silence, requests) => {
  const silent = await startStandIn({ ...answers, ...silence });
  closing.push(silent.stop);
  const counted: object[] = [];
  const meter = { ...NO_METER, add: (_: string, labels: object) => counted.push(labels) };
  const patient = { ...options, timeoutMs: 10_000, meter };
  const authenticate = createIdentityAuthenticate(silent.port, patient, closing);
  const call = new AbortController();
  const waiting = authenticate({ token: await signed(), verb: 'list', signal: call.signal }).then((caller) =>
    caller.scope({ domain_id: DOMAIN }),
  );
  const timedOut = expect(waiting).rejects.toThrow('ERROR_REQUEST_TIMEOUT');
  const arrived = () => silent.fetched.length + silent.verified.length === requests;
  await until('the request reaches identity', arrived, 5000);
  call.abort(appError('REQUEST_TIMEOUT', {}));
  await timedOut;
  await until('the request is counted', () => counted.length === requests, 5000);
  expect(counted.at(-1)).toEqual({ rpc, status: 'DEADLINE_EXCEEDED' });
  expect(log.entries.map(({ level }) => level)).toEqual(['warn']);
});

test('a known key is valid while identity is silent, whoever has left before', async () => {
  let { key } = answers;
  const identity = await startStandIn({ ...answers, key: (domainId) => key(domainId) });
  closing.push(identity.stop);
  const patient = { ...options, timeoutMs: 10_000 };
  const authenticate = createIdentityAuthenticate(identity.port, patient, closing);
  const token = await signed({ user_type: 'DOMAIN_OWNER' });
  expect(await authenticateOnce(authenticate, token)).toBe('let in');
  key = () => 'stall';
  clock.now += 600_000;
  const left = AbortSignal.abort(appError('REQUEST_TIMEOUT', {}));
  const late = AbortSignal.timeout(patient.timeoutMs / 2);
  const callWithin = (signal: AbortSignal) => authenticate({ token, verb: 'get', signal });
  await expect(callWithin(left)).rejects.toThrow('ERROR_REQUEST_TIMEOUT');
  expect(await callWithin(late)).toHaveProperty('user');
  expect(identity.fetched).toHaveLength(2);
});
