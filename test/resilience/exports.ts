/** Pages of another domain, and probes, beside exports and long answers (docs/operations.md «Fairness»). */
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import type { Db } from 'mongodb';
import { makeIndexes } from '../../src/job/collections.js';
import {
  during,
  failuresIn,
  fillNeighbour,
  pagesOf,
  probesOf,
  quantile,
  slowdown,
  timesOf,
} from './neighbour.js';
import { startDatabase, startSubject } from './subject.js';
import type { Subject } from './subject.js';
import { atMost, exactly, longestHold } from './trial.js';
import type { Figure, Terms } from './trial.js';

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
async function take(subject: Subject, { accept, encoding }: Beside, over: AbortSignal): Promise<number> {
  const agent = new Agent();
  let bytes = 0;
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', accept, 'accept-encoding': encoding };
      const url = `http://${subject.addresses.http}/inventory/v1/job/list`;
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

async function seenBeside(each: Beside, subject: Subject, lasting: number) {
  await subject.vitals('collected');
  const seen = await during(lasting, (over) => {
    setMaxListeners(0, over);
    return Promise.all([
      pagesOf(subject, over),
      probesOf(subject, over),
      Promise.all(Array.from({ length: each.clients }, () => take(subject, each, over))),
    ]);
  });
  const { held } = await subject.vitals('as it is');
  return { seen, held };
}

export async function exports(terms: Terms): Promise<readonly Figure[]> {
  const { short, say } = terms;
  const [jobs, lasting] = short ? [20_000, 2500] : [75_000, 10_000];
  await using database = await startDatabase();
  await fill(database.db, jobs);
  await using subject = await startSubject({ MONGODB_URI: database.uri });
  // What the process does for the first time takes longer.
  for (const each of ALL) await seenBeside({ ...each, clients: 1 }, subject, 1000);
  const alone = await during(lasting, (over) => pagesOf(subject, over));
  say(`pages of another domain, alone: ${timesOf(alone)}`);
  const figures: Figure[] = [];
  let longest = 0;
  for (const each of ALL) {
    const { seen, held } = await seenBeside(each, subject, lasting);
    const [pages, probes, bytes] = seen;
    longest = Math.max(longest, held);
    const taken = bytes.reduce((sum, some) => sum + some, 0) / 2 ** 20 / (lasting / 1000);
    say(
      `beside ${each.what} (${taken.toFixed(0)} MiB/s, ${held.toFixed(0)} ms held): pages ${timesOf(pages)}; probes ${timesOf(probes)}`,
    );
    figures.push(
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
  return [...figures, longestHold(longest, terms)];
}
