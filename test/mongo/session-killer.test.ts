// Aborted operations are killed: by one command at a time, again if they begin only after the first kill, and on
// secondaries too.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import type { CommandStartedEvent } from 'mongodb';
import { clientOptions, directUri } from '../../src/mongo/client-options.js';
import { createOrphanCount } from '../../src/mongo/orphans.js';
import { createSessionKiller, killSessionsOn } from '../../src/mongo/session-killer.js';
import type { Kill, SessionId } from '../../src/mongo/session-killer.js';
import { monitorSecondaries } from '../../src/mongo/secondaries.js';
import { createExecutor } from '../../src/mongo/executor.js';
import { startReplicaSet } from '../harness/replica-set.js';
import type { ReplicaSet } from '../harness/replica-set.js';
import { lastingConnection } from '../harness/lasting-connection.js';
import { mongodbUri } from '../harness/service.js';
import { insertSlowJob, noneRunning, runningSoon, SLOW_DOMAIN } from '../harness/slow.js';
import { timed } from '../harness/timed.js';
import { until } from '../harness/until.js';

const DATABASE = 'killing';
/** The time until no operation may be left. */
const KILLED_WITHIN_MS = 250;

const SLOW = [
  { $match: { domain_id: SLOW_DOMAIN } },
  ...['a', 'b', 'c', 'd'].map((name) => ({ $unwind: `$filters.${name}` })),
  { $count: 'rows' },
];

/** Begins a slow operation by `client`, and returns its abort and its end. */
function begin(client: MongoClient, kill: Kill, readPreference: 'primary' | 'secondary') {
  const cancel = new AbortController();
  const command = { aggregate: 'job', pipeline: SLOW, cursor: {} };
  const deadline = { signal: cancel.signal, remaining: () => 20_000 };
  const operations = createExecutor(lastingConnection(client.db(DATABASE)), kill, () => undefined);
  const ended = operations.firstBatch(deadline, command, readPreference).catch(() => undefined);
  return { cancel, ended };
}

/** A client whose connects wait for `released`, as they do while the driver reads the files of TLS. */
class HeldClient extends MongoClient {
  released: Promise<void> = Promise.resolve();

  override async connect(): Promise<this> {
    await this.released;
    return super.connect();
  }
}

const opened: MongoClient[] = [];
function open(...[uri, options]: ConstructorParameters<typeof MongoClient>): MongoClient {
  const client = new MongoClient(uri, options);
  opened.push(client);
  return client;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()));
});

describe('on a single server', () => {
  let mongo: MongoClient;

  beforeAll(async () => {
    mongo = new MongoClient(mongodbUri());
    await insertSlowJob(mongo.db(DATABASE));
  });
  afterAll(async () => {
    await mongo.db(DATABASE).dropDatabase();
    await mongo.close();
  });

  timed('in time', () => {
    test('an operation that begins only after its abort is killed too', async () => {
      const client = open(mongodbUri(), { ...clientOptions(mongodbUri()), maxPoolSize: 1 });
      const kill = killSessionsOn(mongo.db(DATABASE));
      const calls = Array.from({ length: 4 }, () => begin(client, kill, 'primary'));
      await runningSoon(mongo, DATABASE, 1);
      for (const { cancel } of calls) cancel.abort();
      await noneRunning(mongo, DATABASE, KILLED_WITHIN_MS);
      await Promise.all(calls.map(({ ended }) => ended));
    });
  });

  test('sessions are killed by one command at a time', async () => {
    const client = open(mongodbUri(), { ...clientOptions(mongodbUri()), monitorCommands: true });
    const kill = killSessionsOn(client.db());
    const killed: SessionId[] = [];
    let [commands, atOnce, most] = [0, 0, 0];
    client.on('commandStarted', ({ command }: CommandStartedEvent) => {
      const { killSessions }: { readonly killSessions?: readonly SessionId[] } = command;
      killed.push(...(killSessions ?? []));
      commands += 1;
      most = Math.max(most, ++atOnce);
    });
    client.on('commandSucceeded', () => {
      atOnce -= 1;
    });
    const sessions = Array.from({ length: 50 }, () => client.startSession());
    const kills: Promise<void>[] = [];
    for (const { id } of sessions) {
      if (id !== undefined) kills.push(kill(id));
      await new Promise(setImmediate);
    }
    await Promise.all(kills);
    expect(most).toBe(1);
    expect(killed).toHaveLength(sessions.length);
    expect(commands).toBeLessThan(sessions.length);
  });
});

/** The clock of a count that is never too young to be repeated. */
function longAgo(): () => number {
  let now = 0;
  return () => (now += 3_600_000);
}

timed('on a replica set', () => {
  let set: ReplicaSet;

  beforeAll(async () => {
    set = await startReplicaSet(2, 10_000);
    const client = new MongoClient(set.uri, { w: 2 });
    await insertSlowJob(client.db(DATABASE));
    await client.close();
  }, 30_000);
  afterAll(async () => {
    await set[Symbol.asyncDispose]();
  });

  test('an operation beyond its time is counted on a secondary, beside a server that does not answer', async () => {
    const host = set.nodes.at(1)?.host ?? '';
    const control = open(set.uri);
    const seen = monitorSecondaries(control, (address) => open(directUri(set.uri, address, control.options)));
    await control.connect();
    const nowhere = open('mongodb://127.0.0.1:1/?directConnection=true');
    const orphans = createOrphanCount({
      ...{ database: DATABASE, collections: ['job'], maxTimeMs: 0, monotonicNow: longAgo() },
      servers: () => [control.db(), ...seen.databases(), nowhere.db()],
    });
    const client = open(`mongodb://${host}/?directConnection=true&appName=inventory-job`);
    const ended = client.db(DATABASE).command({ aggregate: 'job', pipeline: SLOW, cursor: {} });
    ended.catch(() => undefined);
    await until('it is counted', () => orphans.refresh().then(() => orphans.latest() === 1), 10_000);
    await client.close();
    await seen.close();
  });

  test('an operation on a secondary is killed there', async () => {
    const [, secondary] = set.nodes.map(({ host }) => open(`mongodb://${host}/?directConnection=true`));
    const control = open(set.uri);
    const seen = monitorSecondaries(control, (address) => open(directUri(set.uri, address, control.options)));
    await control.connect();
    const kill = createSessionKiller(() => [killSessionsOn(control.db()), ...seen.killers()]);
    await until('the secondary is seen', () => seen.killers().length === 1, 10_000);
    const { cancel, ended } = begin(open(set.uri), kill, 'secondary');
    await runningSoon(secondary ?? control, DATABASE, 1);
    cancel.abort();
    await noneRunning(secondary ?? control, DATABASE, KILLED_WITHIN_MS);
    await ended;
    await seen.close();
  });

  test('a client that is closed before its connect begins is closed once it is connected', async () => {
    const control = open(set.uri);
    const events: string[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen = monitorSecondaries(control, (address) => {
      const client = new HeldClient(directUri(set.uri, address, control.options));
      client.released = released;
      for (const name of ['topologyOpening', 'topologyClosed'] as const)
        client.on(name, () => events.push(name));
      return client;
    });
    await control.connect();
    await until('the secondary is seen', () => seen.killers().length === 1, 10_000);
    await seen.close();
    release();
    await until('the client is closed', () => events.includes('topologyClosed'), 10_000);
    expect(events).toEqual(['topologyOpening', 'topologyClosed']);
  });
});
