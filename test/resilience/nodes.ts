/** mongods of a replica set, each on its own port and folder, that can be killed, stood still and started again (docs/operations.md «Trials»). */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { freePort } from '../../src/embedded/embedded.js';
import { findMongod } from '../../src/embedded/mongod.js';
import { until } from '../harness/until.js';

const CACHE = fileURLToPath(new URL('../../../.cache/mongod', import.meta.url));
/** Ends a mongod whose trial was killed. */
const KILLER = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js');
const SET = 'trial';
const STARTING = 30_000;

export interface Node {
  readonly host: string;
  /** Starts it, and waits until it takes connections: as a member of its set, or for maintenance, as a standalone. */
  start(as?: 'member' | 'standalone'): Promise<void>;
  /** Kills it, and waits until it is gone. */
  kill(): Promise<void>;
  /** Stops it in its tracks: its connections stay, and nobody answers on them. */
  freeze(): Promise<void>;
  thaw(): void;
}

export interface Nodes extends AsyncDisposable {
  readonly uri: string;
  readonly nodes: readonly Node[];
  /** Whoever is the primary now. */
  primary(): Promise<Node>;
  /** Waits until each node is the primary or a secondary. */
  settled(): Promise<void>;
  /** Lets the data of a killed node go on at `host`, as the one member of its set; answers once it is the primary. */
  move(node: Node, host: string): Promise<void>;
}

/** A client of one node alone. */
export const directTo = ({ host }: Node): MongoClient =>
  new MongoClient(`mongodb://${host}/?directConnection=true`, { appName: 'trial' });

/** Of a client that asks and leaves. */
const ANXIOUS = { appName: 'trial', serverSelectionTimeoutMS: 1000 };

const isStopped = (child: ChildProcess): boolean =>
  readFileSync(`/proc/${child.pid ?? ''}/stat`, 'utf8').includes(') T ');

/** A mongod on the data in `folder`. */
function node(binary: string, host: string, folder: string): Node {
  const [ip = '', port = ''] = host.split(':');
  const at = ['--bind_ip', ip, '--port', port, '--nounixsocket', '--dbpath', folder];
  let child: ChildProcess | undefined;
  return {
    host,
    async start(as = 'member') {
      const set = as === 'member' ? ['--replSet', SET] : [];
      const started = spawn('nice', ['-n', '10', binary, ...at, ...set, '--noscripting'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child = started;
      spawn(process.execPath, [KILLER, String(process.pid), String(started.pid)], {
        detached: true,
        stdio: 'ignore',
      }).unref();
      let listening = false;
      createInterface({ input: started.stdout }).on('line', (line) => {
        listening ||= line.includes('"Waiting for connections"');
      });
      await until(`mongod on ${host} takes connections`, () => listening, STARTING);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
    async freeze() {
      const frozen = child;
      frozen?.kill('SIGSTOP');
      // The threads that are at work come to it one after the other.
      await until(`mongod on ${host} stands still`, () => frozen !== undefined && isStopped(frozen), 2000);
    },
    thaw() {
      child?.kill('SIGCONT');
    },
  };
}

async function withClient<T>(client: MongoClient, work: (client: MongoClient) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** An address for a mongod. */
export const freeHost = async (): Promise<string> => `127.0.0.1:${await freePort()}`;

const isSettled = ({ members }: Document): boolean =>
  Array.isArray(members) &&
  members.every((member: Document) => ['PRIMARY', 'SECONDARY'].includes(String(member['stateStr'])));

async function form(nodes: readonly Node[], electionTimeoutMillis: number): Promise<void> {
  const [first] = nodes;
  if (first === undefined) throw new Error('a replica set has a node');
  const members = nodes.map(({ host }, _id) => ({ _id, host }));
  const config = { _id: SET, members, settings: { electionTimeoutMillis } };
  await withClient(directTo(first), async (client) => {
    const admin = client.db('admin');
    await admin.command({ replSetInitiate: config });
    // By itself it would wait for the election timeout first; it cannot be elected before the others have joined.
    const steppedUp = () => admin.command({ replSetStepUp: 1 }).then(Boolean, () => false);
    await until('the first node is the primary', steppedUp, STARTING);
  });
}

/** Makes `node` the one member of the set that its data is of. */
async function alone(node: Node): Promise<void> {
  await withClient(directTo(node), async (client) => {
    const admin = client.db('admin');
    const { config }: { readonly config?: Document } = await admin.command({ replSetGetConfig: 1 });
    const members = [{ _id: 0, host: node.host }];
    await admin.command({ replSetReconfig: { ...config, members }, force: true });
  });
  await primaryAmong([node]);
}

async function isPrimary(node: Node): Promise<boolean> {
  const client = new MongoClient(`mongodb://${node.host}/?directConnection=true`, ANXIOUS);
  return withClient(client, async () => {
    const { isWritablePrimary } = await client.db('admin').command({ hello: 1 });
    return isWritablePrimary === true;
  }).catch(() => false);
}

/** Waits until one of `nodes` is the primary. */
export const primaryAmong = (nodes: readonly Node[]): Promise<void> =>
  until('there is a primary', async () => (await Promise.all(nodes.map(isPrimary))).includes(true), STARTING);

const settled = (uri: string): Promise<void> =>
  withClient(new MongoClient(uri), (client) =>
    until(
      'the replica set is there',
      async () => isSettled(await client.db('admin').command({ replSetGetStatus: 1 })),
      STARTING,
    ),
  );

/** Starts a replica set of `count` nodes. */
export async function replicaSet(count: number, electionTimeoutMillis: number): Promise<Nodes> {
  const { path } = await findMongod(process.env['MONGOD_BINARY'], CACHE, () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'trial-'));
  const nodes: Node[] = [];
  const folders = new Map<Node, string>();
  function add(data: string, host: string): Node {
    const added = node(path, host, data);
    nodes.push(added);
    folders.set(added, data);
    return added;
  }
  const dispose = async (): Promise<void> => {
    await Promise.all(nodes.map((each) => each.kill()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (let nth = 0; nth < count; nth++) add(await mkdtemp(join(folder, 'node-')), await freeHost());
    await Promise.all(nodes.map((each) => each.start()));
    const uri = `mongodb://${nodes.map(({ host }) => host).join(',')}/?replicaSet=${SET}`;
    await form(nodes, electionTimeoutMillis);
    await settled(uri);
    return {
      uri,
      nodes,
      primary: () =>
        withClient(new MongoClient(uri), async (client) => {
          const { primary } = await client.db('admin').command({ hello: 1 });
          return nodes.find(({ host }) => host === primary) ?? Promise.reject(new Error('no primary'));
        }),
      settled: () => settled(uri),
      async move(from, host) {
        const moved = add(folders.get(from) ?? '', host);
        await moved.start();
        await alone(moved);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
