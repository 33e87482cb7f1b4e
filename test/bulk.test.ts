// Lists of any length in memory that does not grow with them: the program's own, as the kernel counts it.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { makeIndexes } from '../src/job/collections.js';
import { startProgram } from './harness/program.js';
import type { Program } from './harness/program.js';
import { mongodbUri } from './harness/service.js';

const DATABASE = 'bulk';
const SMALL = 20_000;
const LARGE = 200_000;
const BATCH = 10_000;
/** A heap that holds a fraction of what is listed, so that garbage is not left lying about. */
const NODE_OPTIONS = '--max-old-space-size=64';
/** Bytes by which the peaks may differ: half of what is listed. */
const SLACK = 64 * 1024 ** 2;

let mongo: MongoClient;
let program: Program;

const domainOf = (jobs: number): string => `domain-of-${jobs}`;

async function insert(jobs: number): Promise<void> {
  const collection = mongo.db(DATABASE).collection('job');
  for (let from = 0; from < jobs; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => ({
      job_id: `job-${jobs}-${from + i}`,
      domain_id: domainOf(jobs),
      status: 'ERROR',
      created_at: new Date(1000 * (from + i)),
      filters: { regions: ['a', 'b'], note: 'n'.repeat(100) },
      errors: [{ error_code: 'E', message: 'm'.repeat(300), additional: { attempts: 3 } }],
    }));
    await collection.insertMany(batch, { ordered: false });
  }
}

beforeAll(async () => {
  mongo = new MongoClient(mongodbUri());
  await makeIndexes(mongo.db(DATABASE));
  await insert(SMALL);
  await insert(LARGE);
  program = startProgram({ MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE, NODE_OPTIONS });
  await program.ready();
}, 60_000);
afterAll(async () => {
  await program.kill();
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
});

/** Bytes of memory: the most that the program has had since `forgetPeak`. */
function peak(): number {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
}

function forgetPeak(): void {
  writeFileSync(`/proc/${program.pid}/clear_refs`, '5');
}

/** Lists all jobs, keeps none, and answers how many lines and bytes came. */
async function count(
  jobs: number,
  accept: string,
): Promise<{ readonly lines: number; readonly bytes: number }> {
  const { http } = await program.addresses();
  const response = await fetch(`http://${http}/inventory/v1/job/list`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', accept },
    body: JSON.stringify({ domain_id: domainOf(jobs) }),
  });
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
  'the memory for %s does not grow with the number of jobs',
  async (accept, heads) => {
    await count(SMALL, accept);
    const peaks = [];
    for (const jobs of [SMALL, LARGE]) {
      forgetPeak();
      const before = peak();
      const { lines, bytes } = await count(jobs, accept);
      expect(lines).toBe(jobs + heads);
      process.stderr.write(
        `${accept}: ${jobs} jobs, ${bytes} bytes; memory ${before >> 20} MiB before, ${peak() >> 20} MiB at most\n`,
      );
      peaks.push(peak());
    }
    const [small = 0, large = Infinity] = peaks;
    expect(large).toBeLessThan(small + SLACK);
  },
  120_000,
);
