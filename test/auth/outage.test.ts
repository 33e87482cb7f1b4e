// An identity service that is broken, gone or comes and goes: nobody waits long, nobody is let in, and the log says so once.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import type { JWTPayload } from 'jose';
import { createFetchedKeys } from '../../src/auth/fetched-keys.js';
import { createIdentity } from '../../src/auth/identity.js';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import { createRoles } from '../../src/auth/roles.js';
import { startStandIn } from '../harness/identity.js';
import type { IdentityAnswers } from '../harness/identity.js';
import { createRecordedLog } from '../harness/log.js';
import { access, pairOf, publicJwk, signed as signedBy } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
/** Milliseconds that an answer of identity may take here. */
const TIMEOUT = 400;
const SIGNAL = new AbortController().signal;
const AWAY = expect.stringMatching(/^ERROR_UNAVAILABLE: /);

let pair: Pair;
let jwk: string;
let role: IdentityAnswers['role'];
let clock = 0;
const log = createRecordedLog();
const closing: (() => void)[] = [];

const answering = (role_type: string) => ({ role_type, projects: [], project_groups: [] });

const answers: IdentityAnswers = {
  key: (domain_id) => ({ domain_id, public_key: jwk }),
  role: (request, token) => role(request, token),
};

/** Authenticates by the identity service on `port`, with nothing known yet. */
function authenticating(port: number) {
  const options = { now: () => Date.now(), monotonicNow: () => clock, log, timeout: TIMEOUT };
  const client = createIdentity({ address: `127.0.0.1:${port}`, secure: false }, options);
  closing.push(client.close);
  const keysOf = createFetchedKeys(client, options);
  return createJwtAuthenticate({
    keysOf,
    now: () => Date.now(),
    roles: createRoles(client, { keep: 0, monotonicNow: () => clock }),
  });
}

const signed = (more: JWTPayload = {}): Promise<string> => signedBy(access(DOMAIN, more), pair);

const ask = (authenticate: ReturnType<typeof createJwtAuthenticate>, token: string): Promise<unknown> =>
  authenticate({ token, verb: 'get', signal: SIGNAL }).then(
    () => 'let in',
    (error: unknown) => (error instanceof Error ? error.message : error),
  );

beforeAll(async () => {
  pair = await pairOf('RS256');
  jwk = JSON.stringify(await publicJwk(pair));
});
beforeEach(() => {
  role = () => answering('DOMAIN');
  log.entries.length = 0;
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that is no identity service, and does with each connection what `serve` does. */
async function impostor(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('an identity service that', () => {
  test.each<readonly [string, (socket: Socket) => void]>([
    ['takes connections and says nothing', () => undefined],
    ['ends connections', (socket) => socket.end()],
    ['resets connections', (socket) => socket.resetAndDestroy()],
    ['speaks another protocol', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['answers with garbage', (socket) => socket.write(Buffer.alloc(4096, 0xa5))],
    ['resets a connection that is asked', (socket) => socket.once('data', () => socket.resetAndDestroy())],
  ])('%s is away, and nobody waits longer than its time', async (_, serve) => {
    using server = await impostor(serve);
    const begun = performance.now();
    expect(await ask(authenticating(server.port), await signed())).toEqual(AWAY);
    expect(performance.now() - begun).toBeLessThan(TIMEOUT * 3);
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
  ])('answers a question about a key with status %s is away', async (code) => {
    const failing = await startStandIn({
      ...answers,
      key: () => ({ code, details: 'ERROR_NOT_FOUND: at 10.0.0.7' }),
    });
    const told = await ask(authenticating(failing.port), await signed());
    expect(told).toEqual(AWAY);
    expect(told).not.toContain('10.0.0.7');
    failing.stop();
  });

  test('goes away and comes back is told of once each, whatever is asked meanwhile', async () => {
    const first = await startStandIn(answers);
    const authenticate = authenticating(first.port);
    const token = await signed({ user_type: 'DOMAIN_OWNER' });
    expect(await ask(authenticate, token)).toBe('let in');
    first.stop();
    const cold = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => signed({ did: `domain-cold-${nth}` })),
    );
    expect(await Promise.all(cold.map((each) => ask(authenticate, each)))).toEqual(cold.map(() => AWAY));
    expect(log.entries).toEqual([
      {
        level: 'warn',
        about: { err: expect.any(Error) },
        message: 'AUTH_IDENTITY_ENDPOINT: the identity service does not answer',
      },
    ]);
    clock += 60_000;
    expect(await ask(authenticate, cold[0] ?? '')).toEqual(AWAY);
    expect(log.entries).toHaveLength(1);
    const second = await startStandIn(answers, first.port);
    closing.push(second.stop);
    const isBack = async () => (await ask(authenticate, cold[0] ?? '')) === 'let in';
    await until('identity is back', isBack, 5000);
    await ask(authenticate, cold[1] ?? '');
    expect(log.entries.slice(1)).toEqual([
      { level: 'info', about: {}, message: 'AUTH_IDENTITY_ENDPOINT: the identity service answers again' },
    ]);
  });

  test('fails every other time is told of every ten seconds at most', async () => {
    let asked = 0;
    role = () => (asked++ % 2 === 0 ? { code: status.INTERNAL, details: 'x' } : answering('DOMAIN'));
    const unsteady = await startStandIn(answers);
    closing.push(unsteady.stop);
    const authenticate = authenticating(unsteady.port);
    const caller = await authenticate({ token: await signed(), verb: 'list', signal: SIGNAL });
    const twenty = async (): Promise<void> => {
      for (let nth = 0; nth < 20; nth++) await caller.scope({ domain_id: DOMAIN }).catch(() => undefined);
    };
    await twenty();
    expect(log.entries.map(({ level }) => level)).toEqual(['warn', 'info']);
    clock += 10_000;
    await twenty();
    expect(log.entries.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info']);
  });
});
