// Replica sets of mongods, each on its own port and folder, that can be killed, frozen, restarted and moved.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { createMongod } from './mongod.js';
import type { Mongod } from './mongod.js';
import { freeAddress } from './tcp.js';
import { until } from './until.js';

const SET = 'resilience';
const START_TIMEOUT_MS = 30_000;
/** Members yield the processor to the system under test. */
const NICE = ['nice', '-n', '10'];
const APP_NAME = 'resilience-test';

export interface Node extends Omit<Mongod, 'start'> {
  /** Starts the mongod and waits until it accepts connections: as a member of its set, or as a standalone for maintenance. */
  start(as?: 'member' | 'standalone'): Promise<void>;
}

export interface ReplicaSet extends AsyncDisposable {
  readonly uri: string;
  readonly nodes: readonly Node[];
  /** The current primary. */
  primary(): Promise<Node>;
  /** Waits until each node is the primary or a secondary. */
  settled(): Promise<void>;
  /** Starts the data of a killed node at `host`, as the only member of its set, and waits until it is the primary. */
  move(node: Node, host: string): Promise<void>;
}

/** The first node. */
export function firstOf(nodes: readonly Node[]): Node {
  const [node] = nodes;
  if (node === undefined) throw new Error('a replica set has a node');
  return node;
}

/** A client of one node alone. */
export const directTo = ({ host }: Node): MongoClient =>
  new MongoClient(`mongodb://${host}/?directConnection=true`, { appName: APP_NAME });

const ONE_QUESTION = { appName: APP_NAME, serverSelectionTimeoutMS: 1000 };

/** A mongod on the data in `folder`. */
function createNode(host: string, folder: string): Node {
  const { start, ...mongod } = createMongod(host, folder, NICE);
  return {
    ...mongod,
    start: (as = 'member') => start([...(as === 'member' ? ['--replSet', SET] : []), '--noscripting']),
  };
}

async function withClient<T>(client: MongoClient, work: (client: MongoClient) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const isSettled = ({ members }: Document): boolean =>
  Array.isArray(members) &&
  members.every((member: Document) => ['PRIMARY', 'SECONDARY'].includes(String(member['stateStr'])));

async function form(nodes: readonly Node[], electionTimeoutMillis: number): Promise<void> {
  const first = firstOf(nodes);
  const members = nodes.map(({ host }, _id) => ({ _id, host }));
  const config = { _id: SET, members, settings: { electionTimeoutMillis } };
  await withClient(directTo(first), async (client) => {
    const admin = client.db('admin');
    await admin.command({ replSetInitiate: config });
    // Unprompted, it waits for the election timeout first; it cannot be elected before the others have joined.
    const steppedUp = () => admin.command({ replSetStepUp: 1 }).then(Boolean, () => false);
    await until('the first node is the primary', steppedUp, START_TIMEOUT_MS);
  });
}

/** Reconfigures the set of `node` to this one member. */
async function makeOnlyMember(node: Node): Promise<void> {
  await withClient(directTo(node), async (client) => {
    const admin = client.db('admin');
    const { config }: { readonly config?: Document } = await admin.command({ replSetGetConfig: 1 });
    const members = [{ _id: 0, host: node.host }];
    await admin.command({ replSetReconfig: { ...config, members }, force: true });
  });
  await primaryAmong([node]);
}

async function isPrimary(node: Node): Promise<boolean> {
  const client = new MongoClient(`mongodb://${node.host}/?directConnection=true`, ONE_QUESTION);
  return withClient(client, async () => {
    const { isWritablePrimary } = await client.db('admin').command({ hello: 1 });
    return isWritablePrimary === true;
  }).catch(() => false);
}

/** Waits until one of `nodes` is the primary. */
export const primaryAmong = (nodes: readonly Node[]): Promise<void> =>
  until(
    'there is a primary',
    async () => (await Promise.all(nodes.map(isPrimary))).includes(true),
    START_TIMEOUT_MS,
  );

const settled = (uri: string): Promise<void> =>
  withClient(new MongoClient(uri), (client) =>
    until(
      'the replica set has settled',
      async () => isSettled(await client.db('admin').command({ replSetGetStatus: 1 })),
      START_TIMEOUT_MS,
    ),
  );

/** Starts a replica set of `count` nodes. */
export async function startReplicaSet(count: number, electionTimeoutMillis: number): Promise<ReplicaSet> {
  const folder = await mkdtemp(join(tmpdir(), 'replica-set-'));
  const nodes: Node[] = [];
  const folders = new Map<Node, string>();
  function add(data: string, host: string): Node {
    const added = createNode(host, data);
    nodes.push(added);
    folders.set(added, data);
    return added;
  }
  const dispose = async (): Promise<void> => {
    await Promise.all(nodes.map((each) => each.kill()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (let nth = 0; nth < count; nth++) add(await mkdtemp(join(folder, 'node-')), await freeAddress());
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
        await makeOnlyMember(moved);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
