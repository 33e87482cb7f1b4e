// Pages of another domain, and health probes, beside exports and long answers (docs/configure.md «Fairness»).
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import type { Db } from 'mongodb';
import { makeIndexes } from '../../src/job/collections.js';
import {
  during,
  failuresIn,
  fillSmallDomain,
  pagesOf,
  probesOf,
  quantile,
  slowdown,
  timesOf,
} from './steady-load.js';
import { routeOf } from '../harness/http-client.js';
import { startDatabase } from '../harness/mongod.js';
import { atMost, exactly, longestDelay } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const DOMAIN = 'domain-exported0000';
const MESSAGE = 'the collector could not reach the endpoint of the provider within the time that it has. ';
/** The maximum time of a probe, and the same in the short form, on a machine shared with others. */
const MAX_PROBE_MS = 100;
const MAX_PROBE_SHORT_MS = 400;

interface ExportLoad {
  readonly name: string;
  readonly clients: number;
  readonly accept: string;
  readonly encoding: string;
}

const load = (name: string, clients: number, accept: string, encoding = 'identity'): ExportLoad => ({
  name,
  clients,
  accept,
  encoding,
});

const NDJSON = 'application/x-ndjson';
const LOADS: readonly ExportLoad[] = [
  load('one NDJSON', 1, NDJSON),
  load('4 NDJSON', 4, NDJSON),
  load('15 NDJSON', 15, NDJSON),
  load('15 CSV', 15, 'text/csv'),
  load('4 NDJSON, compressed', 4, NDJSON, 'gzip'),
  load('4 answers in JSON', 4, 'application/json'),
];

/** Inserts jobs of 0.8 kB in an answer, the usual size. */
async function fill(db: Db, count: number): Promise<void> {
  const jobs = db.collection('job');
  const batch = 5000;
  for (let offset = 0; offset < count; offset += batch)
    await jobs.insertMany(
      Array.from({ length: batch }, (_, nth) => ({
        job_id: `job-${offset + nth}`,
        domain_id: DOMAIN,
        status: 'ERROR',
        filters: { region: 'eu-central-1', resources: ['server', 'disk', 'network'], depth: { offset, nth } },
        errors: [1, 2, 3].map((error) => ({ error_code: `ERROR_${error}`, message: MESSAGE.repeat(2) })),
        total_tasks: 40,
        created_at: new Date(Date.UTC(2026, 0, 1) + (offset + nth) * 1000),
        finished_at: new Date(Date.UTC(2026, 0, 2)),
      })),
    );
  await makeIndexes(db);
  await fillSmallDomain(db);
}

/** Exports all jobs repeatedly until `stopped`, and returns the number of bytes received. */
async function take(
  system: ProbedSystem,
  { accept, encoding }: ExportLoad,
  stopped: AbortSignal,
): Promise<number> {
  const agent = new Agent();
  let bytes = 0;
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', accept, 'accept-encoding': encoding };
      const url = `http://${system.addresses.http}${routeOf('list')}`;
      const sent = request(url, { method: 'POST', agent, headers, signal: stopped }, (response) => {
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.once('close', resolve);
        response.once('error', () => undefined);
      });
      sent.once('error', () => {
        resolve();
      });
      sent.end(JSON.stringify({ domain_id: DOMAIN }));
    });
  while (!stopped.aborted) await once();
  agent.destroy();
  return bytes;
}

async function measureBeside(each: ExportLoad, system: ProbedSystem, durationMs: number) {
  await system.vitals('collected');
  const results = await during(durationMs, (stopped) => {
    setMaxListeners(0, stopped);
    return Promise.all([
      pagesOf(system, stopped),
      probesOf(system, stopped),
      Promise.all(Array.from({ length: each.clients }, () => take(system, each, stopped))),
    ]);
  });
  const { maxDelayMs: delayMs } = await system.vitals('as it is');
  return { results, delayMs };
}

export async function exports(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = options;
  const [jobs, durationMs] = short ? [20_000, 2500] : [75_000, 10_000];
  await using database = await startDatabase();
  await fill(database.db, jobs);
  await using system = await startProbedSystem(database.uri);
  // The first run of each kind takes longer.
  for (const each of LOADS) await measureBeside({ ...each, clients: 1 }, system, 1000);
  const alone = await during(durationMs, (stopped) => pagesOf(system, stopped));
  note(`pages of another domain, alone: ${timesOf(alone)}`);
  const assertions: Assertion[] = [];
  let longest = 0;
  for (const each of LOADS) {
    const { results, delayMs } = await measureBeside(each, system, durationMs);
    const [pages, probes, bytes] = results;
    longest = Math.max(longest, delayMs);
    const received = bytes.reduce((sum, some) => sum + some, 0) / 2 ** 20 / (durationMs / 1000);
    note(
      `beside ${each.name} (${received.toFixed(0)} MiB/s, ${delayMs.toFixed(0)} ms delay): pages ${timesOf(pages)}; probes ${timesOf(probes)}`,
    );
    assertions.push(
      exactly(`pages and probes beside ${each.name} without an answer`, failuresIn([...pages, ...probes]), 0),
      slowdown(`beside ${each.name}`, pages, alone, options),
      atMost(
        `p99 of probes beside ${each.name}`,
        quantile(probes, 0.99),
        short ? MAX_PROBE_SHORT_MS : MAX_PROBE_MS,
        'ms',
      ),
    );
  }
  return [...assertions, longestDelay(longest, options)];
}
