// Equal pages of a domain with a count of one second, at a higher rate than separate counts could serve (docs/performance.md «Counts»).
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db, MongoClient } from 'mongodb';
import { fillLargeDomain } from './many-jobs.js';
import { during, failuresIn, pagesOf, slowdown, steadily, timesOf } from './steady-load.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { DATABASE, startDatabase } from '../harness/mongod.js';
import { atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { APP_NAME, startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const DOMAIN = 'domain-counted00000';
const DEADLINE_MS = 10_000;
const RATES = [3, 10];

/** The jobs and the conditions on them: a count takes a second for many jobs, or for expensive conditions. */
interface Size {
  readonly jobs: number;
  readonly conditions: number;
  /** The duration of each rate. */
  readonly durationMs: number;
}

const FULL: Size = { jobs: 3_000_000, conditions: 0, durationMs: 15_000 };
const SHORT: Size = { jobs: 6000, conditions: 25, durationMs: 4000 };

const fill = (db: Db, jobs: number): Promise<void> =>
  fillLargeDomain(db, DOMAIN, jobs, (nth) => ({
    created_at: { $toDate: { $add: [Date.UTC(2026, 0, 1), { $multiply: [nth, 1000] }] } },
    filters: { text: `${'x'.repeat(100)}y` },
  }));

function pageOf({ conditions }: Size): JsonObject {
  const condition = { k: 'filter.text', v: 'xxxxxxxxyx', o: 'not_contain' };
  const filter = Array.from({ length: conditions }, () => condition);
  return { domain_id: DOMAIN, query: { filter, page: { limit: 20 } } };
}

/** Observes the maximum number of concurrent counts of the domain in MongoDB, until `stopped`. */
async function countsAtOnce(client: MongoClient, stopped: AbortSignal): Promise<number> {
  const ours = { appName: APP_NAME, ns: `${DATABASE}.job`, active: true, 'command.aggregate': 'job' };
  let max = 0;
  while (!stopped.aborted) {
    const found = await client
      .db('admin')
      .aggregate([{ $currentOp: {} }, { $match: ours }])
      .toArray();
    max = Math.max(max, found.filter((each) => JSON.stringify(each['command']).includes(DOMAIN)).length);
    await pause(20);
  }
  return max;
}

async function atRate(rate: number, size: Size, system: ProbedSystem, client: MongoClient) {
  const grpc = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const page = encodeRequest('list', pageOf(size));
  const call = async () => (await grpc.send('list', page, { timeoutMs: DEADLINE_MS })).status;
  const results = await during(size.durationMs, (stopped) =>
    Promise.all([steadily(call, rate, stopped), pagesOf(system, stopped), countsAtOnce(client, stopped)]),
  );
  grpc.close();
  return results;
}

export async function counts(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = options;
  const size = short ? SHORT : FULL;
  await using database = await startDatabase();
  await fill(database.db, size.jobs);
  await using system = await startProbedSystem(database.uri);
  await during(1000, (stopped) => pagesOf(system, stopped));
  const alone = await during(size.durationMs / 2, (stopped) => pagesOf(system, stopped));
  note(`pages of a small domain, alone: ${timesOf(alone)}`);
  const assertions: Assertion[] = [];
  for (const rate of RATES) {
    const [pages, small, max] = await atRate(rate, size, system, database.client);
    const when = `at ${rate} a second`;
    note(`${when}: ${timesOf(pages)}: ${tally(pages.map(({ status }) => status))}; small: ${timesOf(small)}`);
    assertions.push(
      exactly(`equal pages ${when} without an answer`, failuresIn(pages), 0),
      atMost(`concurrent counts ${when}`, max, 2, ''),
      exactly(`pages of the small domain ${when} without an answer`, failuresIn(small), 0),
      slowdown(when, small, alone, options),
    );
  }
  return assertions;
}
