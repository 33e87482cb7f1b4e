/** Stats whose one row would pass MongoDB's 16 MB, beside another domain's reads: they fail alone (docs/architecture.md «Storage»). */
import type { JsonObject } from '@bufbuild/protobuf';
import { MongoClient } from 'mongodb';
import { fillForReads, steadyReads, tallyReads } from './known-reads.js';
import { statusOf } from '../harness/client.js';
import { DATABASE } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import { directTo, firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node } from '../harness/replica-set.js';
import { atLeast, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

const HEAVY_DOMAIN = 'domain-heavy0000000';
/** 20 MB that one row would hold. */
const JOBS = 2000;
const TEXT = 'x'.repeat(10_000);
const AT_ONCE = 10;
const UNGUARDED = 5;
const LOAD = { perSecond: 50, timeoutMs: 5000 };

async function fill(uri: string): Promise<void> {
  await fillForReads(uri, 1);
  const client = new MongoClient(uri);
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `heavy-${nth}`,
    domain_id: HEAVY_DOMAIN,
    filters: { text: TEXT },
  }));
  await client.db(DATABASE).collection('job').insertMany(jobs);
  await client.close();
}

/** All jobs in one row, by a name of its own, so that no two calls are one. */
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

/** How `count` calls end, a few at once. */
async function pushed({ grpc, http }: System, count: number): Promise<readonly string[]> {
  const ends: string[] = [];
  let nth = 0;
  const worker = async (): Promise<void> => {
    while (nth < count) {
      const door = nth % 2 === 0 ? grpc : http;
      const outcome = await door.call('stat', tooLarge(nth++), { timeoutMs: 60_000 });
      ends.push('error' in outcome && outcome.error.code !== '' ? outcome.error.code : statusOf(outcome));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return ends;
}

/** Connections to the node that have ended so far: a pool that is cleared ends its own. */
async function endedConnections(node: MongoClient): Promise<number> {
  const { connections }: { readonly connections?: { totalCreated: number; current: number } } = await node
    .db('admin')
    .command({ serverStatus: 1 });
  return (connections?.totalCreated ?? NaN) - (connections?.current ?? NaN);
}

interface Unguarded {
  /** How each of the rows ended. */
  readonly ends: readonly string[];
  readonly cleared: number;
  readonly gets: number;
  readonly failed: number;
}

const nameOf = (reason: unknown): string => (reason instanceof Error ? reason.name : String(reason));

/** The same row by the driver, without the guard, beside gets on the same connections that are not run again. */
async function unguarded(uri: string): Promise<Unguarded> {
  const client = new MongoClient(uri, { retryReads: false });
  let cleared = 0;
  client.on('connectionPoolCleared', () => (cleared += 1));
  const jobs = client.db(DATABASE).collection('job');
  const row = [{ $match: { domain_id: HEAVY_DOMAIN } }, { $group: { _id: 1, jobs: { $push: '$$ROOT' } } }];
  const over = new AbortController();
  const gets: Promise<boolean>[] = [];
  const getting = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const get = jobs.findOne({ job_id: 'heavy-1' }).then(Boolean, () => false);
      gets.push(get);
      await get;
    }
  };
  const others = Array.from({ length: AT_ONCE }, getting);
  const rows = await Promise.allSettled(
    Array.from({ length: UNGUARDED }, () => jobs.aggregate(row).toArray()),
  );
  over.abort();
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
  const over = new AbortController();
  const before = await endedConnections(direct);
  const reading = steadyReads(system, LOAD, random(seed), over.signal);
  const ends = await pushed(system, count);
  over.abort();
  const answers = await reading;
  const after = await endedConnections(direct);
  await direct.close();
  note(`${count} rows of ${(JOBS * TEXT.length) / 1e6} MB: ${tally(ends)}`);
  note(`beside them ${answers.length} reads of another domain: ${tallyReads(answers)}`);
  return [
    exactly(
      'rows too large that were not ERROR_LIMIT_EXCEEDED',
      ends.filter((end) => end !== 'ERROR_LIMIT_EXCEEDED').length,
      0,
    ),
    exactly(
      'reads of the other domain that failed, or were wrong',
      answers.filter(({ status, wrong }) => status !== 'OK' || wrong).length,
      0,
    ),
    exactly('connections to the database that ended', after - before, 0),
  ];
}

export async function rows(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 10_000);
  const node = firstOf(set.nodes);
  await fill(set.uri);
  const assertions = await guarded(set.uri, node, terms);
  const { ends, cleared, gets, failed } = await unguarded(set.uri);
  terms.note(
    `by the driver without the guard: ${tally(ends)}; of ${gets} gets on the same connections ${failed} failed`,
  );
  return [...assertions, atLeast('by the driver without the guard: pools cleared', cleared, 1, 'pools')];
}
