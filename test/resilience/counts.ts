/** Equal pages of a domain whose count takes a second, at more a second than could each count for itself (docs/performance.md «Counts»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db, MongoClient } from 'mongodb';
import { makeIndexes } from '../../src/mongo/indexes.js';
import { during, failuresIn, fillNeighbour, pagesOf, slowdown, steadily, timesOf } from './steady-load.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { DATABASE, startDatabase } from '../harness/mongod.js';
import { atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { APP_NAME, startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const DOMAIN = 'domain-counted00000';
const DEADLINE = 10_000;
const RATES = [3, 10];

/** Jobs, and what is asked about them: a count takes a second because they are many, or because each is dear. */
interface Size {
  readonly jobs: number;
  readonly conditions: number;
  /** Milliseconds of each rate. */
  readonly lasting: number;
}

const FULL: Size = { jobs: 3_000_000, conditions: 0, lasting: 15_000 };
const SHORT: Size = { jobs: 6000, conditions: 25, lasting: 4000 };
const PARTS = 1000;

/** Puts the jobs into `db`, made there. */
async function fill(db: Db, jobs: number): Promise<void> {
  const seeds = Array.from({ length: PARTS }, (_, part) => ({ part }));
  await db.collection('seed').insertMany(seeds);
  const nth = { $add: [{ $multiply: ['$part', jobs / PARTS] }, '$nth'] };
  const made = [
    { $project: { part: 1, nth: { $range: [0, jobs / PARTS] } } },
    { $unwind: '$nth' },
    {
      $project: {
        _id: 0,
        job_id: { $concat: ['job-', { $toString: nth }] },
        domain_id: DOMAIN,
        status: 'SUCCESS',
        created_at: { $toDate: { $add: [Date.UTC(2026, 0, 1), { $multiply: [nth, 1000] }] } },
        filters: { text: `${'x'.repeat(100)}y` },
      },
    },
    { $out: 'job' },
  ];
  await db.collection('seed').aggregate(made).toArray();
  await makeIndexes(db);
  await fillNeighbour(db);
}

function pageOf({ conditions }: Size): JsonObject {
  const condition = { k: 'filter.text', v: 'xxxxxxxxyx', o: 'not_contain' };
  const filter = Array.from({ length: conditions }, () => condition);
  return { domain_id: DOMAIN, query: { filter, page: { limit: 20 } } };
}

/** The most counts of the domain that ran at once in MongoDB, until `over` is aborted. */
async function countsAtOnce(client: MongoClient, over: AbortSignal): Promise<number> {
  const ours = { appName: APP_NAME, ns: `${DATABASE}.job`, active: true, 'command.aggregate': 'job' };
  let most = 0;
  while (!over.aborted) {
    const found = await client
      .db('admin')
      .aggregate([{ $currentOp: {} }, { $match: ours }])
      .toArray();
    most = Math.max(most, found.filter((each) => JSON.stringify(each['command']).includes(DOMAIN)).length);
    await pause(20);
  }
  return most;
}

async function atRate(rate: number, size: Size, system: ProbedSystem, client: MongoClient) {
  const door = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const page = encodeRequest('list', pageOf(size));
  const ask = async () => (await door.send('list', page, { timeoutMs: DEADLINE })).status;
  const seen = await during(size.lasting, (over) =>
    Promise.all([steadily(ask, rate, over), pagesOf(system, over), countsAtOnce(client, over)]),
  );
  door.close();
  return seen;
}

export async function counts(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = terms;
  const size = short ? SHORT : FULL;
  await using database = await startDatabase();
  await fill(database.db, size.jobs);
  await using system = await startProbedSystem(database.uri);
  await during(1000, (over) => pagesOf(system, over));
  const alone = await during(size.lasting / 2, (over) => pagesOf(system, over));
  note(`pages of a small domain, alone: ${timesOf(alone)}`);
  const assertions: Assertion[] = [];
  for (const rate of RATES) {
    const [pages, small, most] = await atRate(rate, size, system, database.client);
    const when = `at ${rate} a second`;
    note(`${when}: ${timesOf(pages)}: ${tally(pages.map(({ status }) => status))}; small: ${timesOf(small)}`);
    assertions.push(
      exactly(`equal pages ${when} not answered`, failuresIn(pages), 0),
      atMost(`counts at once ${when}`, most, 2, ''),
      exactly(`pages of the small domain ${when} not answered`, failuresIn(small), 0),
      slowdown(when, small, alone, terms),
    );
  }
  return assertions;
}
