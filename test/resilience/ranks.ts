// A million values in one group: median and percentiles are exact, and the service holds none of the values (docs/query.md «median, p90, p95, p99»).
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db } from 'mongodb';
import { startDatabase } from '../harness/mongod.js';
import { atMost, exactly, noFaults, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { fillLargeDomain } from './many-jobs.js';
import { startProbedSystem } from './system-under-test.js';

const DOMAIN = 'domain-ranked000000';
const FULL = 1_000_000;
const SHORT = 100_000;
const TIMEOUT_MS = 280_000;
/** A prime that divides no number of jobs: its multiples visit every duration once, in a scattered order. */
const STEP = 7919;
const MAX_GROWTH_MIB = 48;

/** Fills `db` with jobs of the durations 0, 1, 2, … milliseconds. */
function fill(db: Db, jobs: number): Promise<void> {
  const started = Date.UTC(2026, 0, 1);
  return fillLargeDomain(db, DOMAIN, jobs, (nth) => {
    const took = { $mod: [{ $multiply: [{ $toLong: nth }, STEP] }, jobs] };
    return { created_at: { $toDate: started }, finished_at: { $toDate: { $add: [started, took] } } };
  });
}

const PERCENTS = { median: 50, p90: 90, p95: 95, p99: 99 };

const grouped = (fields: readonly JsonObject[]): JsonObject => ({
  domain_id: DOMAIN,
  query: { aggregate: [{ group: { keys: [{ k: 'status', n: 'status' }], fields: [...fields] } }] },
});
const COUNT: JsonObject = { n: 'jobs', o: 'count' };
const PLAIN = grouped([COUNT, { n: 'mean', o: 'average', k: 'duration' }]);
const RANKS = grouped([COUNT, ...Object.keys(PERCENTS).map((o) => ({ n: o, o, k: 'duration' }))]);

export async function ranks({ short, note }: ScenarioOptions): Promise<readonly Assertion[]> {
  const jobs = short ? SHORT : FULL;
  await using database = await startDatabase();
  await fill(database.db, jobs);
  await using system = await startProbedSystem(database.uri);
  async function timed(request: JsonObject) {
    const start = performance.now();
    const outcome = await system.grpc.call('stat', request, { timeoutMs: TIMEOUT_MS });
    return { outcome, seconds: (performance.now() - start) / 1000 };
  }
  const plain = await timed(PLAIN);
  const before = await system.vitals('collected');
  const ranked = await timed(RANKS);
  const after = await system.vitals('as it is');
  note(`${jobs} values: ${ranked.seconds.toFixed(1)} s; a plain group: ${plain.seconds.toFixed(1)} s`);
  const due = Object.entries(PERCENTS).map(
    ([name, percent]) => [name, (Math.ceil((percent * jobs) / 100) - 1) / 1000] as const,
  );
  const row = { status: 'SUCCESS', jobs, ...Object.fromEntries(due) };
  const isExact = isDeepStrictEqual(ranked.outcome, { response: { results: [row] } });
  return [
    exactly('rows other than the exact ones', Number(!isExact), 0),
    atMost('growth of the memory', (after.rssBytes - before.rssBytes) / 2 ** 20, MAX_GROWTH_MIB, 'MiB'),
    sameProcess(system.program),
    noFaults(system.program.log),
  ];
}
