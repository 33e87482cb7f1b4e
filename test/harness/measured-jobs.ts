// The jobs of the measurements: any number, the same on each run, made from the jobs of the sample.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { extendedJson, makeWritersIndexes } from '../../src/embedded/sample.js';
import { makeIndexes } from '../../src/job/collections.js';
import { pick, random, randomHex } from './random.js';
import type { Random } from './random.js';

const SEED = 20_261_125;
const COLLECTORS = 20;
const NEWEST_TIME = Date.UTC(2026, 5, 30);
const SPAN_MS = 180 * 24 * 3_600_000;
const BATCH_SIZE = 5_000;

const SAMPLE = new URL('../../../sample/', import.meta.url);
const sample = (name: string): readonly Document[] =>
  readFileSync(fileURLToPath(new URL(`${name}.jsonl`, SAMPLE)), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(extendedJson);

function collectorsOf(domain: string, next: Random, shapes: readonly Document[]): readonly Document[] {
  return Array.from({ length: COLLECTORS }, () => ({
    ...pick(next, shapes),
    _id: ObjectId.createFromHexString(randomHex(next, 24)),
    collector_id: `collector-${randomHex(next, 12)}`,
    domain_id: domain,
  }));
}

/** The number of sample jobs combined into the filters and errors of one, for 0.8 kB in an answer. */
const LENDERS = 6;

const several = (next: Random, shapes: readonly Document[], name: string): readonly object[] =>
  Array.from({ length: LENDERS }, () => pick(next, shapes)[name] as unknown).filter(
    (value) => typeof value === 'object' && value !== null,
  );

function jobOf(domain: string, collectors: readonly Document[], next: Random, shapes: readonly Document[]) {
  const collector = pick(next, collectors);
  const begun = NEWEST_TIME - Math.floor(next() * SPAN_MS);
  const ended = new Date(begun + Math.floor(next() * 7_200_000));
  return {
    ...pick(next, shapes),
    filters: Object.fromEntries(several(next, shapes, 'filters').flatMap((each) => Object.entries(each))),
    errors: several(next, shapes, 'errors').flat(),
    _id: ObjectId.createFromHexString(randomHex(next, 24)),
    job_id: `job-${randomHex(next, 12)}`,
    collector: collector['_id'] as unknown,
    collector_id: collector['collector_id'] as unknown,
    domain_id: domain,
    created_at: new Date(begun),
    updated_at: ended,
    finished_at: ended,
  };
}

export interface Loaded {
  /** The domain with the most jobs. */
  readonly domain: string;
  readonly jobIds: readonly string[];
}

/** The domain of the jobs of one size. */
export const domainOf = (index: number): string => `domain-${String(index).padStart(12, '0')}`;

/** Fills the empty `db` with a domain of each size in `sizes`, and returns the first domain. */
export async function loadManyJobs(db: Db, sizes: readonly number[]): Promise<Loaded> {
  const next = random(SEED);
  const shapes = { job: sample('job'), collector: sample('collector') };
  const jobIds: string[] = [];
  await makeWritersIndexes(db);
  await makeIndexes(db);
  for (const [index, size] of sizes.entries()) {
    const domain = domainOf(index);
    const collectors = collectorsOf(domain, next, shapes.collector);
    await db.collection('collector').insertMany([...collectors]);
    for (let done = 0; done < size; done += BATCH_SIZE) {
      const length = Math.min(BATCH_SIZE, size - done);
      const jobs = Array.from({ length }, () => jobOf(domain, collectors, next, shapes.job));
      if (index === 0) jobIds.push(...jobs.map(({ job_id }) => job_id));
      await db.collection('job').insertMany(jobs, { ordered: false });
    }
  }
  return { domain: domainOf(0), jobIds };
}

const DIGITS = 3;

/** Three hexadecimal digits contained in about `count` of the ids. */
export function textIn(jobIds: readonly string[], count: number): string {
  const found = new Map<string, number>();
  for (const id of jobIds) {
    const at = Array.from({ length: id.length - DIGITS + 1 }, (_, i) => id.slice(i, i + DIGITS));
    for (const text of new Set(at)) found.set(text, (found.get(text) ?? 0) + 1);
  }
  const far = ([, times]: readonly [string, number]): number => Math.abs(times - count);
  const [nearest] = [...found].toSorted((a, b) => far(a) - far(b));
  return nearest?.[0] ?? '';
}
