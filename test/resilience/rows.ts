// Stats with a single result beyond MongoDB's 16 MB, beside reads of another domain: only the stats fail (docs/architecture.md «Storage»).
import type { JsonObject } from '@bufbuild/protobuf';
import { MongoClient } from 'mongodb';
import { fillForReads, steadyReads, tallyReads } from './known-reads.js';
import { statusOf } from '../harness/client.js';
import { DATABASE, withDatabase } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import { directTo, firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node } from '../harness/replica-set.js';
import { atLeast, exactly, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

const HEAVY_DOMAIN = 'domain-heavy0000000';
/** 20 MB in one result. */
const JOBS = 2000;
const TEXT = 'x'.repeat(10_000);
const CONCURRENCY = 10;
const UNGUARDED = 5;
const LOAD = { perSecond: 50, timeoutMs: 5000 };

async function fill(uri: string): Promise<void> {
  await fillForReads(uri, 1);
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `heavy-${nth}`,
    domain_id: HEAVY_DOMAIN,
    filters: { text: TEXT },
  }));
  await withDatabase(uri, (db) => db.collection('job').insertMany(jobs));
}

/** Pushes all jobs into one result, under a unique name, so that no two calls are coalesced. */
const tooLarge = (nth: number): JsonObject => ({
  domain_id: HEAVY_DOMAIN,
  query: {
    aggregate: [
      {
        group: { fields: [{ name: `jobs${nth}`, operator: 'push', fields: [{ key: 'filter', name: 'f' }] }] },
      },
    ],
  },
});

/** Makes `count` calls, several at once, and returns their error codes. */
async function push({ grpc, http }: System, count: number): Promise<readonly string[]> {
  const ends: string[] = [];
  let nth = 0;
  const worker = async (): Promise<void> => {
    while (nth < count) {
      const client = nth % 2 === 0 ? grpc : http;
      const outcome = await client.call('stat', tooLarge(nth++), { timeoutMs: 60_000 });
      ends.push('error' in outcome && outcome.error.code !== '' ? outcome.error.code : statusOf(outcome));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return ends;
}

/** Counts the closed connections to the node; clearing a pool closes its connections. */
async function endedConnections(node: MongoClient): Promise<number> {
  const { connections }: { readonly connections?: { totalCreated: number; current: number } } = await node
    .db('admin')
    .command({ serverStatus: 1 });
  return (connections?.totalCreated ?? NaN) - (connections?.current ?? NaN);
}

interface Unguarded {
  /** The end of each stat. */
  readonly ends: readonly string[];
  readonly cleared: number;
  readonly gets: number;
  readonly failed: number;
}

const nameOf = (reason: unknown): string => (reason instanceof Error ? reason.name : String(reason));

/** The same stat by the driver without the guard, beside gets without retries on the same connections. */
async function unguarded(uri: string): Promise<Unguarded> {
  const client = new MongoClient(uri, { retryReads: false });
  let cleared = 0;
  client.on('connectionPoolCleared', () => (cleared += 1));
  const jobs = client.db(DATABASE).collection('job');
  const row = [{ $match: { domain_id: HEAVY_DOMAIN } }, { $group: { _id: 1, jobs: { $push: '$$ROOT' } } }];
  const stop = new AbortController();
  const gets: Promise<boolean>[] = [];
  const getting = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const get = jobs.findOne({ job_id: 'heavy-1' }).then(Boolean, () => false);
      gets.push(get);
      await get;
    }
  };
  const others = Array.from({ length: CONCURRENCY }, getting);
  const rows = await Promise.allSettled(
    Array.from({ length: UNGUARDED }, () => jobs.aggregate(row).toArray()),
  );
  stop.abort();
  await Promise.all(others);
  await client.close();
  const failed = (await Promise.all(gets)).filter((went) => !went).length;
  const ends = rows.map((each) => (each.status === 'rejected' ? nameOf(each.reason) : 'OK'));
  return { ends, cleared, gets: gets.length, failed };
}

async function guarded(
  uri: string,
  node: Node,
  { seed, short, note }: ScenarioOptions,
): Promise<readonly Assertion[]> {
  const count = short ? 20 : 100;
  const direct = directTo(node);
  await using system = await startSystem(uri);
  const stop = new AbortController();
  const before = await endedConnections(direct);
  const reading = steadyReads(system, LOAD, random(seed), stop.signal);
  const ends = await push(system, count);
  stop.abort();
  const reads = await reading;
  const after = await endedConnections(direct);
  await direct.close();
  note(`${count} results of ${(JOBS * TEXT.length) / 1e6} MB: ${tally(ends)}`);
  note(`beside them ${reads.length} reads of another domain: ${tallyReads(reads)}`);
  return [
    none('too large results other than ERROR_LIMIT_EXCEEDED', ends, (end) => end !== 'ERROR_LIMIT_EXCEEDED'),
    none('failed or wrong reads of the other domain', reads, ({ status, wrong }) => status !== 'OK' || wrong),
    exactly('closed connections to the database', after - before, 0),
  ];
}

export async function rows(options: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 10_000);
  const node = firstOf(set.nodes);
  await fill(set.uri);
  const assertions = await guarded(set.uri, node, options);
  const { ends, cleared, gets, failed } = await unguarded(set.uri);
  options.note(
    `by the driver without the guard: ${tally(ends)}; of ${gets} gets on the same connections ${failed} failed`,
  );
  return [...assertions, atLeast('by the driver without the guard: cleared pools', cleared, 1, 'pools')];
}
