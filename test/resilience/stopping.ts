// SIGTERM in each state of the service: it exits with 0 within the grace period and a margin (docs/deploy.md «Start and stop»).
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { followHealth } from './health.js';
import { startNetworkProxy } from './network-proxy.js';
import type { NetworkProxy } from './network-proxy.js';
import { fillForReads, LIST as LIST_READ, READS, steadyReads } from './known-reads.js';
import { createHealthClient } from '../harness/health-client.js';
import { post, routeOf } from '../harness/http-client.js';
import { idleConnections } from '../harness/idle.js';
import { withDatabase } from '../harness/mongod.js';
import type { Settings } from '../harness/program.js';
import { random } from '../harness/random.js';
import { leaveUnsent } from '../harness/raw-grpc.js';
import { primaryAmong, firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node } from '../harness/replica-set.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { dial, listen } from '../harness/tcp.js';
import { until } from '../harness/until.js';
import { atMost, exactly, noFaults } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { launchSystem } from './system-under-test.js';
import type { System } from './system-under-test.js';

const GRACE_MS = 1000;
/** The maximum time between the grace period and the exit. */
const MARGIN_MS = 2000;
const WAIT_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 5000;

interface Environment {
  readonly node: Node;
  readonly proxy: NetworkProxy;
}

type Work = (system: System) => unknown;

interface State {
  readonly name: string;
  readonly settings?: Settings;
  /** Runs before the start of the service; without it, the service serves first. */
  readonly before?: () => unknown;
  /** Replaces the wait for SERVING: resolves during the start, right before the signal. */
  readonly starting?: (system: System) => Promise<void>;
  /** Begins the work in progress at the signal. */
  readonly work?: Work;
}

const ask =
  (read: (typeof READS)[number] | undefined): Work =>
  ({ grpc }) => {
    if (read !== undefined) void grpc.call(read.rpc, read.request, { timeoutMs: CALL_TIMEOUT_MS });
  };

const calls: Work = async (system) => {
  const stop = new AbortController();
  void steadyReads(system, { perSecond: 50, timeoutMs: CALL_TIMEOUT_MS }, random(1), stop.signal);
  void system.program.ended.then(() => stop.abort());
  await pause(300);
};

const longStat: Work = async ({ grpc }) => {
  void grpc.call('stat', slowStat(4), { timeoutMs: 60_000 });
  await pause(300);
};

/** Opens a socket, sends `text`, and leaves it open. */
async function sent(address: string, text: string): Promise<Socket> {
  const socket = dial(address);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const REQUEST = `POST ${routeOf('list')} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;

const LIST = JSON.stringify(LIST_READ.request);

/** Requests an export, and reads nothing of it. */
const exportNotRead: Work = async ({ addresses }) => {
  const head = `${REQUEST}accept: application/x-ndjson\r\ncontent-length: ${LIST.length}\r\n\r\n`;
  (await sent(addresses.http, `${head}${LIST}`)).pause();
};

const halfARequest: Work = ({ addresses }) => sent(addresses.http, `${REQUEST}content-length: 10\r\n\r\n{`);

const idle: Work = ({ addresses }) => idleConnections([addresses.http], 20);

const streamWithoutABody: Work = ({ addresses }) => leaveUnsent(addresses.grpc);

const watch: Work = ({ addresses }) => createHealthClient(addresses.grpc).watch().begun();

const withToken: Work = async ({ addresses }) => {
  const claims = { did: 'domain-1', cat: 'API_KEY' };
  const token = [{ alg: 'RS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const headers = { token: `${token.join('.')}.AAAA` };
  void post(addresses.http, routeOf('list'), '{}', headers).catch(() => undefined);
  await pause(200);
};

/** The states of calls and connections. */
const CALL_STATES: readonly State[] = [
  { name: 'idle' },
  { name: 'under calls', work: calls },
  { name: 'under a slow stat', work: longStat },
  { name: 'an export that nobody reads', work: exportNotRead },
  { name: 'half a request', work: halfARequest },
  { name: 'idle connections', work: idle },
  { name: 'a stream without a body', work: streamWithoutABody },
  { name: 'an open Watch', work: watch },
  {
    name: 'SIGINT and SIGTERM',
    work: ({ program }) => {
      program.signal('SIGINT');
    },
  },
];

/** The states of the database; `heal` undoes each. */
const ofDatabase = ({ node, proxy }: Environment): readonly State[] => [
  { name: 'the database frozen', work: () => node.freeze() },
  {
    name: 'the database frozen under calls',
    work: async (system) => {
      await calls(system);
      await node.freeze();
      await pause(200);
    },
  },
  { name: 'the database down', work: () => node.kill() },
  {
    name: 'the database down for a while',
    work: async () => {
      await node.kill();
      await pause(4000);
    },
  },
  {
    name: 'the database down under calls',
    work: async (system) => {
      await calls(system);
      await node.kill();
    },
  },
  { name: 'the database down at the start', before: () => node.kill() },
  { name: 'the database frozen at the start', before: () => node.freeze() },
  { name: 'a network without traffic', work: () => proxy.set('blackhole') },
  { name: 'a network without traffic at the start', before: () => proxy.set('blackhole') },
  {
    name: 'the database stalled during the check of indexes',
    before: () => proxy.set({ heldFrom: 'listIndexes' }),
    work: () => until('the service checks the indexes', () => proxy.mode() === 'held', WAIT_TIMEOUT_MS),
  },
  {
    name: 'the database stalled in each kind of call',
    work: async (system) => {
      proxy.set('held');
      for (const read of READS) void ask(read)(system);
      await pause(200);
    },
  },
];

async function heal({ node, proxy }: Environment): Promise<void> {
  proxy.set('open');
  node.thaw();
  await node.kill();
  await node.start();
  await primaryAmong([node]);
}

/** Waits until the service serves, or for a while if it cannot. */
async function settle(system: System, serving: boolean): Promise<void> {
  await using health = await followHealth(system.addresses);
  await (serving ? health.reports(true, WAIT_TIMEOUT_MS) : pause(500));
}

async function stopIn(
  { name, settings = {}, before, starting, work }: State,
  uri: string,
): Promise<readonly Assertion[]> {
  await before?.();
  await using system = await launchSystem(uri, { SHUTDOWN_GRACE: `${GRACE_MS}ms`, ...settings });
  await (starting?.(system) ?? settle(system, before === undefined));
  await work?.(system);
  const signalled = performance.now();
  system.program.signal('SIGTERM');
  const { code } = await system.program.ended;
  return [
    atMost(`${name}: exited after`, performance.now() - signalled, GRACE_MS + MARGIN_MS, 'ms'),
    exactly(`${name}: exit code`, code ?? -1, 0),
    noFaults(system.program.log, name),
  ];
}

async function withIdentity(uri: string): Promise<readonly Assertion[]> {
  // It accepts connections, and never answers.
  await using identity = await listen(createServer());
  const settings = { AUTH: 'jwt', AUTH_IDENTITY_ENDPOINT: `grpc://${identity.address}` };
  return await stopIn({ name: 'identity stalled under a call', settings, work: withToken }, uri);
}

const firstLine = ({ program }: System): Promise<void> =>
  until('the log has a line', () => program.log.length > 0, WAIT_TIMEOUT_MS);

async function embedded(): Promise<readonly Assertion[]> {
  const folder = await mkdtemp(join(tmpdir(), 'resilience-embedded-'));
  const settings = { EMBEDDED_DATA_DIR: folder };
  const assertions = [
    ...(await stopIn({ name: 'an embedded mongod being filled', settings, starting: firstLine }, '')),
    ...(await stopIn({ name: 'an embedded mongod', settings }, '')),
  ];
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  return assertions;
}

export async function stopping({ short }: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 2000);
  const node = firstOf(set.nodes);
  await fillForReads(set.uri, 1);
  await withDatabase(set.uri, insertSlowJob, { journal: true });
  await using proxy = await startNetworkProxy(node.host);
  const environment = { node, proxy };
  const uri = `mongodb://${proxy.address}/?directConnection=true`;
  const assertions: Assertion[] = [];
  for (const state of CALL_STATES) assertions.push(...(await stopIn(state, uri)));
  assertions.push(...(await withIdentity(uri)));
  const states = ofDatabase(environment);
  // Each state of the short form takes another path through the program.
  for (const state of short ? states.filter((_, nth) => nth % 3 === 0) : states) {
    assertions.push(...(await stopIn(state, uri)));
    await heal(environment);
  }
  return short ? assertions : [...assertions, ...(await embedded())];
}
