/** SIGTERM in each state that a service can be in: it ends with 0, within the grace and a little more (docs/operations.md «Start and stop»). */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:http2';
import { connect as dial, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { MongoClient } from 'mongodb';
import { HealthClient } from '../../src/gen/grpc/health/v1/health.js';
import { followHealth } from './health.js';
import { proxyTo } from './network-proxy.js';
import type { Proxy } from './network-proxy.js';
import { fillForReads, LIST as LIST_READ, READS, steadyReads } from './known-reads.js';
import { DATABASE, freeHost } from '../harness/mongod.js';
import type { Settings } from '../harness/program.js';
import { random } from '../harness/random.js';
import { primaryAmong, firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node } from '../harness/replica-set.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { until } from '../harness/until.js';
import { atMost, exactly, noFaults } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { launchSystem } from './system-under-test.js';
import type { System } from './system-under-test.js';

const GRACE = 1000;
/** Milliseconds beside the grace until the process has ended. */
const MORE = 2000;
const PATIENCE = 30_000;
const CALL = 5000;

interface Ground {
  readonly node: Node;
  readonly proxy: Proxy;
}

type Work = (system: System) => unknown;

interface State {
  readonly name: string;
  readonly settings?: Settings;
  /** What happens before the service is launchSystem; without it, it serves first. */
  readonly before?: () => unknown;
  /** Until when its start goes on before the signal comes, instead. */
  readonly starting?: (system: System) => Promise<void>;
  /** What goes on when the signal comes. */
  readonly work?: Work;
}

const ask =
  (read: (typeof READS)[number] | undefined): Work =>
  ({ grpc }) => {
    if (read !== undefined) void grpc.call(read.rpc, read.request, { timeoutMs: CALL });
  };

const calls: Work = async (system) => {
  const over = new AbortController();
  void steadyReads(system, { perSecond: 50, timeoutMs: CALL }, random(1), over.signal);
  void system.program.ended.then(() => over.abort());
  await pause(300);
};

const longStat: Work = async ({ grpc }) => {
  void grpc.call('stat', slowStat(4), { timeoutMs: 60_000 });
  await pause(300);
};

/** A socket that has sent `text`, and is left as it is. */
async function sent(address: string, text: string): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = dial(Number(port), host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const REQUEST =
  'POST /inventory/v1/job/list HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';

const LIST = JSON.stringify(LIST_READ.request);

/** Asks for rows, and takes none. */
const rowsNotTaken: Work = async ({ addresses }) => {
  const head = `${REQUEST}accept: application/x-ndjson\r\ncontent-length: ${LIST.length}\r\n\r\n`;
  (await sent(addresses.http, `${head}${LIST}`)).pause();
};

const halfARequest: Work = ({ addresses }) => sent(addresses.http, `${REQUEST}content-length: 10\r\n\r\n{`);

const idleConnections: Work = async ({ addresses }) => {
  await Promise.all(Array.from({ length: 20 }, () => sent(addresses.http, '')));
};

const streamWithoutABody: Work = async ({ addresses }) => {
  const session = connect(`http://${addresses.grpc}`);
  // Whatever ends it, ends it as it should.
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  const path = '/spaceone.api.inventory.v1.Job/list';
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  stream.on('error', () => undefined);
};

const watch: Work = async ({ addresses }) => {
  const health = new HealthClient(addresses.grpc, credentials.createInsecure());
  const watching = health.watch({ service: '' });
  watching.on('error', () => undefined);
  await once(watching, 'data');
};

const withToken: Work = async ({ addresses }) => {
  const claims = { did: 'domain-1', cat: 'API_KEY' };
  const token = [{ alg: 'RS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  void fetch(`http://${addresses.http}/inventory/v1/job/list`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', token: `${token.join('.')}.AAAA` },
    body: '{}',
  }).catch(() => undefined);
  await pause(200);
};

/** The states of the calls, and of the connections. */
const AT_WORK: readonly State[] = [
  { name: 'idle' },
  { name: 'under calls', work: calls },
  { name: 'under a stat that takes long', work: longStat },
  { name: 'rows that nobody takes', work: rowsNotTaken },
  { name: 'half a request', work: halfARequest },
  { name: 'idle connections', work: idleConnections },
  { name: 'a stream without a body', work: streamWithoutABody },
  { name: 'an open Watch', work: watch },
  {
    name: 'a signal and its twin',
    work: ({ program }) => {
      program.signal('SIGINT');
    },
  },
];

/** The states of the database; each is put right again by `heal`. */
const ofDatabase = ({ node, proxy }: Ground): readonly State[] => [
  { name: 'the database stalled', work: () => node.freeze() },
  {
    name: 'the database stalled under calls',
    work: async (system) => {
      await calls(system);
      await node.freeze();
      await pause(200);
    },
  },
  { name: 'the database gone', work: () => node.kill() },
  {
    name: 'the database gone for a while',
    work: async () => {
      await node.kill();
      await pause(4000);
    },
  },
  {
    name: 'the database gone under calls',
    work: async (system) => {
      await calls(system);
      await node.kill();
    },
  },
  { name: 'the database not there at the start', before: () => node.kill() },
  { name: 'the database stalled at the start', before: () => node.freeze() },
  { name: 'a network that lets nothing through', work: () => proxy.set('blackhole') },
  { name: 'a network that lets nothing through at the start', before: () => proxy.set('blackhole') },
  {
    name: 'the database stalled in the look at the indexes',
    before: () => proxy.set({ heldFrom: 'listIndexes' }),
    work: () => until('it looks at the indexes', () => proxy.way() === 'held', PATIENCE),
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

async function heal({ node, proxy }: Ground): Promise<void> {
  proxy.set('open');
  node.thaw();
  await node.kill();
  await node.start();
  await primaryAmong([node]);
}

/** Waits until it serves, or for a while where it cannot. */
async function standing(system: System, serving: boolean): Promise<void> {
  await using health = await followHealth(system.addresses);
  await (serving ? health.says(true, PATIENCE) : pause(500));
}

async function stoppedIn(
  { name, settings = {}, before, starting, work }: State,
  uri: string,
): Promise<readonly Assertion[]> {
  await before?.();
  await using system = await launchSystem(uri, { SHUTDOWN_GRACE: `${GRACE}ms`, ...settings });
  await (starting?.(system) ?? standing(system, before === undefined));
  await work?.(system);
  const signalled = performance.now();
  system.program.signal('SIGTERM');
  const { code } = await system.program.ended;
  return [
    atMost(`${name}: it took`, performance.now() - signalled, GRACE + MORE, 'ms'),
    exactly(`${name}: exit code`, code ?? -1, 0),
    noFaults(system.program.log, name),
  ];
}

/** A service of its own that takes connections, and says nothing. */
async function silent(): Promise<AsyncDisposable & { readonly host: string }> {
  const host = await freeHost();
  const open = new Set<Socket>();
  const server = createServer((socket) => void open.add(socket.on('error', () => undefined)));
  server.listen(Number(host.split(':')[1]), '127.0.0.1');
  await once(server, 'listening');
  return {
    host,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function withIdentity(uri: string): Promise<readonly Assertion[]> {
  await using identity = await silent();
  const settings = { AUTH: 'jwt', AUTH_IDENTITY_ENDPOINT: `grpc://${identity.host}` };
  return await stoppedIn({ name: 'identity stalled under a call', settings, work: withToken }, uri);
}

const firstLine = ({ program }: System): Promise<void> =>
  until('it says something', () => program.log.length > 0, PATIENCE);

async function embedded(): Promise<readonly Assertion[]> {
  const folder = await mkdtemp(join(tmpdir(), 'trial-embedded-'));
  const settings = { EMBEDDED_DATA_DIR: folder };
  const assertions = [
    ...(await stoppedIn({ name: 'an embedded mongod being filled', settings, starting: firstLine }, '')),
    ...(await stoppedIn({ name: 'an embedded mongod', settings }, '')),
  ];
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  return assertions;
}

export async function stopping({ short }: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 2000);
  const node = firstOf(set.nodes);
  await fillForReads(set.uri, 1);
  const client = new MongoClient(set.uri, { journal: true });
  await insertSlowJob(client.db(DATABASE));
  await client.close();
  await using proxy = await proxyTo(node.host);
  const ground = { node, proxy };
  const uri = `mongodb://${proxy.host}/?directConnection=true`;
  const assertions: Assertion[] = [];
  for (const state of AT_WORK) assertions.push(...(await stoppedIn(state, uri)));
  assertions.push(...(await withIdentity(uri)));
  const states = ofDatabase(ground);
  // Of the short form's states each has its own way through the program.
  for (const state of short ? states.filter((_, nth) => nth % 3 === 0) : states) {
    assertions.push(...(await stoppedIn(state, uri)));
    await heal(ground);
  }
  return short ? assertions : [...assertions, ...(await embedded())];
}
