// A connection to identity that falls silent is replaced within the timeout, and leaves no socket behind.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createIdentity } from '../../src/auth/identity.js';
import type { Identity } from '../../src/auth/identity.js';
import { roleAnswer, startStandIn } from '../harness/identity.js';
import type { IdentityAnswers, StandIn } from '../harness/identity.js';
import { createRecordedLog } from '../harness/log.js';
import { listen, startTcpProxy } from '../harness/tcp.js';
import type { TcpProxy } from '../harness/tcp.js';
import { until } from '../harness/until.js';

/** Timeout of a request. */
const TIMEOUT_MS = 1000;
const PATIENT_TIMEOUT_MS = 4 * TIMEOUT_MS;
const RECOVERY_MS = 10 * TIMEOUT_MS;
const QUESTION = { token: 'token', verb: 'list', domain_id: 'domain-a', project_id: '' };

let identity: StandIn;
let proxy: TcpProxy;
let role: IdentityAnswers['role'];
const clients: Identity[] = [];
/** The sockets that this process has opened as a client. */
const sockets: Socket[] = [];

const note = (message: unknown): void => {
  const { socket } = Object.assign({ socket: new Socket() }, message);
  sockets.push(socket);
};

function createClient(port: number, timeoutMs = TIMEOUT_MS): Identity {
  const clock = { now: () => Date.now(), monotonicNow: () => performance.now() };
  const endpoint = { address: `127.0.0.1:${port}`, secure: false };
  const client = createIdentity(endpoint, { ...clock, log: createRecordedLog(), timeoutMs });
  clients.push(client);
  return client;
}

/** The sockets to a port that are not destroyed: one that waits for its peer to close is among them. */
const openTo = (port: number): number => sockets.filter(({ remotePort }) => remotePort === port).length;

/** The connections up to now stay open, and nothing passes any more, in either direction. */
function freeze({ pairs }: TcpProxy): void {
  for (const { client, server } of pairs) for (const socket of [client, server]) socket.pause();
}

beforeAll(() => {
  subscribe('net.client.socket', note);
});
beforeEach(async () => {
  role = () => roleAnswer('DOMAIN');
  identity = await startStandIn({
    key: (domain_id) => ({ domain_id, public_key: '{}' }),
    role: (...asked) => role(...asked),
  });
  proxy = await startTcpProxy(`127.0.0.1:${identity.port}`, () => (chunk, to) => to.write(chunk));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy[Symbol.asyncDispose]();
  identity.stop();
  sockets.length = 0;
});
afterAll(() => {
  unsubscribe('net.client.socket', note);
});

const outcomeOf = (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const UNAVAILABLE = expect.stringMatching(/^ERROR_UNAVAILABLE: /);
const { signal: SIGNAL } = new AbortController();

const REQUESTS = [
  ['verify', (client: Identity, signal = SIGNAL) => outcomeOf(client.role(QUESTION, signal))],
  [
    'get_public_key',
    (client: Identity, signal = SIGNAL) => outcomeOf(client.publicKey('domain-a', signal, TIMEOUT_MS)),
  ],
] as const;

describe.each(REQUESTS)('%s on a connection that falls silent', (_, request) => {
  test('is answered again after one timeout', async () => {
    const client = createClient(proxy.port);
    expect(await request(client)).toBe('answered');
    freeze(proxy);
    expect(await request(client)).toEqual(UNAVAILABLE);
    await until('a request is answered', async () => (await request(client)) === 'answered', RECOVERY_MS);
    expect(openTo(proxy.port)).toBe(1);
  });

  test('is answered again for callers that wait for less than the timeout', async () => {
    const client = createClient(proxy.port);
    expect(await request(client)).toBe('answered');
    freeze(proxy);
    const isAnswered = async () =>
      (await request(client, AbortSignal.timeout(TIMEOUT_MS / 4))) === 'answered';
    await until('a request is answered', isAnswered, RECOVERY_MS);
  });
});

test('a request under way on a connection that is replaced may still be answered', async () => {
  const client = createClient(proxy.port);
  await client.role(QUESTION, SIGNAL);
  freeze(proxy);
  const [former] = [...proxy.pairs];
  const patient = client.publicKey('domain-a', SIGNAL, RECOVERY_MS);
  await expect(client.role(QUESTION, SIGNAL)).rejects.toThrow('ERROR_UNAVAILABLE');
  await until(
    'another connection is open',
    async () => (await outcomeOf(client.role(QUESTION, SIGNAL))) === 'answered' && proxy.pairs.size === 2,
    RECOVERY_MS,
  );
  former?.client.resume();
  former?.server.resume();
  expect(await patient).toHaveProperty('domain_id', 'domain-a');
  await until('the former connection is closed', () => openTo(proxy.port) === 1, RECOVERY_MS);
});

test('a connection with answers is not replaced for one rpc that is silent', async () => {
  role = () => 'stall';
  // A busy machine may hold up an answer for a while, which is no silence yet.
  const client = createClient(proxy.port, PATIENT_TIMEOUT_MS);
  let outcome = '';
  void outcomeOf(client.role(QUESTION, SIGNAL)).then((text) => (outcome = text));
  const isOver = async () => {
    await client.publicKey('domain-a', SIGNAL, PATIENT_TIMEOUT_MS);
    return outcome !== '';
  };
  await until('the silent request is over', isOver, RECOVERY_MS);
  expect(outcome).toEqual(UNAVAILABLE);
  expect(await outcomeOf(client.publicKey('domain-a', SIGNAL, PATIENT_TIMEOUT_MS))).toBe('answered');
  expect([openTo(proxy.port), proxy.pairs.size]).toEqual([1, 1]);
});

test('a silent identity costs a connection per timeout at most, and none is left', async () => {
  let accepted = 0;
  await using silent = await listen(createServer(() => (accepted += 1)));
  const client = createClient(silent.port);
  const rounds = 4;
  for (let nth = 0; nth < rounds; nth++) {
    const crowd = Array.from({ length: 20 }, () =>
      outcomeOf(client.role(QUESTION, new AbortController().signal)),
    );
    expect(await Promise.all(crowd)).toEqual(crowd.map(() => UNAVAILABLE));
  }
  expect(accepted).toBeGreaterThan(1);
  expect(accepted).toBeLessThanOrEqual(rounds);
  client.close();
  await until('no socket is open', () => openTo(silent.port) === 0, RECOVERY_MS);
});
