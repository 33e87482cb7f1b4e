/** Equal pages of a domain whose count takes a second, at more a second than could each count for itself (docs/performance.md «Counts»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db, MongoClient } from 'mongodb';
import { makeIndexes } from '../../src/job/collections.js';
import { grpcDoor } from './doors.js';
import { encoded } from './encoder.js';
import { during, failuresIn, fillNeighbour, pagesOf, slowdown, steadily, timesOf } from './neighbour.js';
import { APP, DATABASE, tally } from './program.js';
import { startDatabase, startSubject } from './subject.js';
import type { Subject } from './subject.js';
import { atMost, exactly } from './trial.js';
import type { Figure, Terms } from './trial.js';

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
  const ours = { appName: APP, ns: `${DATABASE}.job`, active: true, 'command.aggregate': 'job' };
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

async function atRate(rate: number, size: Size, subject: Subject, client: MongoClient) {
  const door = grpcDoor(subject.addresses.grpc);
  const page = encoded('list', pageOf(size));
  const ask = async () => (await door.send('list', page, { timeout: DEADLINE })).status;
  const seen = await during(size.lasting, (over) =>
    Promise.all([steadily(ask, rate, over), pagesOf(subject, over), countsAtOnce(client, over)]),
  );
  door.close();
  return seen;
}

export async function counts(terms: Terms): Promise<readonly Figure[]> {
  const { short, say } = terms;
  const size = short ? SHORT : FULL;
  await using database = await startDatabase();
  await fill(database.db, size.jobs);
  await using subject = await startSubject({ MONGODB_URI: database.uri });
  await during(1000, (over) => pagesOf(subject, over));
  const alone = await during(size.lasting / 2, (over) => pagesOf(subject, over));
  say(`pages of a small domain, alone: ${timesOf(alone)}`);
  const figures: Figure[] = [];
  for (const rate of RATES) {
    const [pages, small, most] = await atRate(rate, size, subject, database.client);
    const when = `at ${rate} a second`;
    say(`${when}: ${timesOf(pages)}: ${tally(pages.map(({ status }) => status))}; small: ${timesOf(small)}`);
    figures.push(
      exactly(`equal pages ${when} not answered`, failuresIn(pages), 0),
      atMost(`counts at once ${when}`, most, 2, ''),
      exactly(`pages of the small domain ${when} not answered`, failuresIn(small), 0),
      slowdown(when, small, alone, terms),
    );
  }
  return figures;
}
