/** Pages of another domain, and probes, beside exports and long answers (docs/operations.md «Fairness»). */
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import type { Db } from 'mongodb';
import { makeIndexes } from '../../src/mongo/indexes.js';
import {
  during,
  failuresIn,
  fillNeighbour,
  pagesOf,
  probesOf,
  quantile,
  slowdown,
  timesOf,
} from './steady-load.js';
import { startDatabase } from '../harness/mongod.js';
import { atMost, exactly, longestDelay } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const DOMAIN = 'domain-exported0000';
const MESSAGE = 'the collector could not reach the endpoint of the provider within the time that it has. ';
/** Milliseconds that a probe may take, and the same where the machine may be shared with others. */
const PROBED = 100;
const PROBED_SHARED = 400;

interface Beside {
  readonly what: string;
  readonly clients: number;
  readonly accept: string;
  readonly encoding: string;
}

const beside = (what: string, clients: number, accept: string, encoding = 'identity'): Beside => ({
  what,
  clients,
  accept,
  encoding,
});

const NDJSON = 'application/x-ndjson';
const ALL: readonly Beside[] = [
  beside('one NDJSON', 1, NDJSON),
  beside('4 NDJSON', 4, NDJSON),
  beside('15 NDJSON', 15, NDJSON),
  beside('15 CSV', 15, 'text/csv'),
  beside('4 NDJSON, compressed', 4, NDJSON, 'gzip'),
  beside('4 answers in JSON', 4, 'application/json'),
];

/** Jobs of 0.8 kB in an answer, as large as a usual answer may be. */
async function fill(db: Db, count: number): Promise<void> {
  const jobs = db.collection('job');
  const batch = 5000;
  for (let at = 0; at < count; at += batch)
    await jobs.insertMany(
      Array.from({ length: batch }, (_, nth) => ({
        job_id: `job-${at + nth}`,
        domain_id: DOMAIN,
        status: 'ERROR',
        filters: { region: 'eu-central-1', resources: ['server', 'disk', 'network'], depth: { at, nth } },
        errors: [1, 2, 3].map((error) => ({ error_code: `ERROR_${error}`, message: MESSAGE.repeat(2) })),
        total_tasks: 40,
        created_at: new Date(Date.UTC(2026, 0, 1) + (at + nth) * 1000),
        finished_at: new Date(Date.UTC(2026, 0, 2)),
      })),
    );
  await makeIndexes(db);
  await fillNeighbour(db);
}

/** Takes all jobs again and again, until `over` is aborted; answers how many bytes came. */
async function take(system: ProbedSystem, { accept, encoding }: Beside, over: AbortSignal): Promise<number> {
  const agent = new Agent();
  let bytes = 0;
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', accept, 'accept-encoding': encoding };
      const url = `http://${system.addresses.http}/inventory/v1/job/list`;
      const sent = request(url, { method: 'POST', agent, headers, signal: over }, (response) => {
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.once('close', resolve);
        response.once('error', () => undefined);
      });
      sent.once('error', () => {
        resolve();
      });
      sent.end(JSON.stringify({ domain_id: DOMAIN }));
    });
  while (!over.aborted) await once();
  agent.destroy();
  return bytes;
}

async function seenBeside(each: Beside, system: ProbedSystem, lasting: number) {
  await system.vitals('collected');
  const seen = await during(lasting, (over) => {
    setMaxListeners(0, over);
    return Promise.all([
      pagesOf(system, over),
      probesOf(system, over),
      Promise.all(Array.from({ length: each.clients }, () => take(system, each, over))),
    ]);
  });
  const { maxDelayMs: held } = await system.vitals('as it is');
  return { seen, held };
}

export async function exports(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = terms;
  const [jobs, lasting] = short ? [20_000, 2500] : [75_000, 10_000];
  await using database = await startDatabase();
  await fill(database.db, jobs);
  await using system = await startProbedSystem(database.uri);
  // What the process does for the first time takes longer.
  for (const each of ALL) await seenBeside({ ...each, clients: 1 }, system, 1000);
  const alone = await during(lasting, (over) => pagesOf(system, over));
  note(`pages of another domain, alone: ${timesOf(alone)}`);
  const assertions: Assertion[] = [];
  let longest = 0;
  for (const each of ALL) {
    const { seen, held } = await seenBeside(each, system, lasting);
    const [pages, probes, bytes] = seen;
    longest = Math.max(longest, held);
    const taken = bytes.reduce((sum, some) => sum + some, 0) / 2 ** 20 / (lasting / 1000);
    note(
      `beside ${each.what} (${taken.toFixed(0)} MiB/s, ${held.toFixed(0)} ms held): pages ${timesOf(pages)}; probes ${timesOf(probes)}`,
    );
    assertions.push(
      exactly(`pages and probes beside ${each.what} not answered`, failuresIn([...pages, ...probes]), 0),
      slowdown(`beside ${each.what}`, pages, alone, terms),
      atMost(
        `p99 of probes beside ${each.what}`,
        quantile(probes, 0.99),
        short ? PROBED_SHARED : PROBED,
        'ms',
      ),
    );
  }
  return [...assertions, longestDelay(longest, terms)];
}
