// A job for stats of any duration: its arrays multiply when unwound.
import type { JsonObject } from '@bufbuild/protobuf';
import { MongoClient } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { until } from './until.js';

export const SLOW_DOMAIN = 'domain-slow00000000';

const NAMES = ['a', 'b', 'c', 'd'];
const LENGTH = 100;

/** Inserts the job into a domain of its own. */
export async function insertSlowJob(db: Db): Promise<void> {
  const numbers = Array.from({ length: LENGTH }, (_, index) => index);
  await db.collection('job').insertOne({
    job_id: 'job-510000000000',
    domain_id: SLOW_DOMAIN,
    status: 'SUCCESS',
    created_at: new Date(0),
    filters: Object.fromEntries(NAMES.map((name) => [name, numbers])),
  });
}

const unwinding = (arrays: number) =>
  NAMES.slice(0, arrays).map((name) => ({ unwind: { path: `filter.${name}` } }));

/** A stat that counts 100 to the power of `arrays` results: milliseconds for 2, about a second for 3, minutes for 4. */
export const slowStat = (arrays: 2 | 3 | 4, name = 'rows'): JsonObject => ({
  domain_id: SLOW_DOMAIN,
  query: { aggregate: [...unwinding(arrays), { count: { name } }] },
});

/** Makes an operation ten times as long: one of 4 arrays may end before the next count of orphans. */
const TEN_TIMES = [{ $set: { time: Array.from({ length: 10 }, (_, nth) => nth) } }, { $unwind: '$time' }];

/** Runs an operation that no call of the service waits for, by the name that the service knows its own by. */
export async function startOrphan(
  uri: string,
  database: string,
): Promise<AsyncDisposable & { end(): Promise<void> }> {
  const client = new MongoClient(uri, { appName: 'inventory-job' });
  const session = client.startSession();
  const stages = [
    { $match: { domain_id: SLOW_DOMAIN } },
    ...TEN_TIMES,
    ...NAMES.map((name) => ({ $unwind: `$filters.${name}` })),
    { $count: 'rows' },
  ];
  const jobs = client.db(database).collection('job');
  const running = jobs
    .aggregate(stages, { session })
    .toArray()
    .catch(() => undefined);
  await runningSoon(client, database, 1);
  let ending: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await client.db('admin').command({ killSessions: [session.id] });
    await running;
    await client.close();
  }
  const end = (): Promise<void> => (ending ??= stop());
  return { end, [Symbol.asyncDispose]: end };
}

/** Counts the operations on the jobs of `database`, those meeting `also`. */
export async function running(client: MongoClient, database: string, also: Document = {}): Promise<number> {
  const found = await client
    .db('admin')
    .aggregate([{ $currentOp: {} }, { $match: { ns: `${database}.job`, active: true, ...also } }])
    .toArray();
  return found.length;
}

/** Waits until at least `count` operations run on the jobs of `database`. */
export const runningSoon = (client: MongoClient, database: string, count: number): Promise<void> =>
  until(`${count} operations run`, async () => (await running(client, database)) >= count, 10_000);

/** Waits until no operation runs on the jobs of `database`. */
export const noneRunning = (client: MongoClient, database: string, within: number): Promise<void> =>
  until('no operation is left', async () => (await running(client, database)) === 0, within);

/** The cursors on the jobs of `database`, running and idle; their ids as Long, which killCursors requires of any size. */
export const openCursors = (client: MongoClient, database: string): Promise<Document[]> =>
  client
    .db('admin')
    .aggregate(
      [
        { $currentOp: { idleCursors: true } },
        { $match: { ns: `${database}.job` } },
        { $project: { id: '$cursor.cursorId' } },
      ],
      { promoteLongs: false },
    )
    .toArray();
