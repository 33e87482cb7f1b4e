// Exports run in bounded memory: the program's peak, as the kernel counts it, is the same for ten times the jobs.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { makeIndexes } from '../src/job/collections.js';
import { post, routeOf } from './harness/http-client.js';
import { startProgram } from './harness/program.js';
import type { Program } from './harness/program.js';
import { mongodbUri } from './harness/service.js';

const DATABASE = 'bulk';
const SMALL_JOBS = 2000;
const LARGE_JOBS = 20_000;
const BATCH_JOBS = 2000;
/** A heap far smaller than the export, so that garbage is collected while it runs. */
const NODE_OPTIONS = '--max-old-space-size=64';
/** Allowed difference of the peaks: half the size of the large export. */
const SLACK_BYTES = 32 * 1024 ** 2;

let mongo: MongoClient;
let program: Program;

const domainOf = (jobs: number): string => `domain-of-${jobs}`;

async function insertJobs(jobs: number): Promise<void> {
  const collection = mongo.db(DATABASE).collection('job');
  for (let from = 0; from < jobs; from += BATCH_JOBS) {
    const batch = Array.from({ length: BATCH_JOBS }, (_, i) => ({
      job_id: `job-${jobs}-${from + i}`,
      domain_id: domainOf(jobs),
      status: 'ERROR',
      created_at: new Date(1000 * (from + i)),
      filters: { regions: ['a', 'b'], note: 'n'.repeat(100) },
      errors: [{ error_code: 'E', message: 'm'.repeat(2700), additional: { attempts: 3 } }],
    }));
    await collection.insertMany(batch, { ordered: false });
  }
}

beforeAll(async () => {
  mongo = new MongoClient(mongodbUri());
  await makeIndexes(mongo.db(DATABASE));
  await insertJobs(SMALL_JOBS);
  await insertJobs(LARGE_JOBS);
  program = startProgram({ MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE, NODE_OPTIONS });
  await program.ready();
}, 60_000);
afterAll(async () => {
  await program.kill();
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
});

/** Returns the program's peak memory in bytes since `resetPeak`. */
function peakBytes(): number {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
}

function resetPeak(): void {
  writeFileSync(`/proc/${program.pid}/clear_refs`, '5');
}

/** Exports all jobs, keeps none, and counts the lines and bytes received. */
async function exportJobs(
  jobs: number,
  accept: string,
): Promise<{ readonly lines: number; readonly bytes: number }> {
  const { http } = await program.addresses();
  const request = JSON.stringify({ domain_id: domainOf(jobs) });
  const headers = { 'accept-encoding': 'identity', accept };
  const response = await post(http, routeOf('list'), request, headers);
  const body: AsyncIterable<Uint8Array> = response.body ?? (await Promise.reject(new Error('no body')));
  let [lines, bytes] = [0, 0];
  for await (const chunk of body) {
    lines += Buffer.from(chunk).toString('latin1').split('\n').length - 1;
    bytes += chunk.length;
  }
  return { lines, bytes };
}

test.each([
  ['application/x-ndjson', 0],
  ['text/csv', 1],
])(
  'exporting %s takes no more memory for ten times the jobs',
  async (accept, headerLines) => {
    await exportJobs(SMALL_JOBS, accept);
    const peaks = [];
    for (const jobs of [SMALL_JOBS, LARGE_JOBS]) {
      resetPeak();
      const before = peakBytes();
      const { lines, bytes } = await exportJobs(jobs, accept);
      expect(lines).toBe(jobs + headerLines);
      process.stderr.write(
        `${accept}: ${jobs} jobs, ${bytes} bytes; memory ${before >> 20} MiB before, ${peakBytes() >> 20} MiB at most\n`,
      );
      peaks.push(peakBytes());
    }
    const [small = 0, large = Infinity] = peaks;
    expect(large).toBeLessThan(small + SLACK_BYTES);
  },
  120_000,
);
