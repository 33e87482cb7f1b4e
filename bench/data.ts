// The jobs that are measured with: as many as asked for, the same ones each time, made of those of the sample.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { extendedJson, makeWritersIndexes } from '../src/embedded/sample.js';
import { makeIndexes } from '../src/job/collections.js';
import { random } from '../test/harness/random.js';
import type { Random } from '../test/harness/random.js';

const SEED = 20_261_125;
const COLLECTORS = 20;
const NEWEST = Date.UTC(2026, 5, 30);
const SPAN = 180 * 24 * 3_600_000;
const AT_ONCE = 5_000;

const SAMPLE = new URL('../../sample/', import.meta.url);
const sample = (name: string): readonly Document[] =>
  readFileSync(fileURLToPath(new URL(`${name}.jsonl`, SAMPLE)), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(extendedJson);

const hex = (next: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('');

const pick = <T>(from: readonly T[], next: Random): T | undefined => from[Math.floor(next() * from.length)];

function collectorsOf(domain: string, next: Random, shapes: readonly Document[]): readonly Document[] {
  return Array.from({ length: COLLECTORS }, () => ({
    ...pick(shapes, next),
    _id: ObjectId.createFromHexString(hex(next, 24)),
    collector_id: `collector-${hex(next, 12)}`,
    domain_id: domain,
  }));
}

/** How many jobs of the sample lend their filters and errors to one: it is 0.8 kB in an answer then. */
const LENDERS = 6;

const several = (next: Random, shapes: readonly Document[], name: string): readonly object[] =>
  Array.from({ length: LENDERS }, () => pick(shapes, next)?.[name] as unknown).filter(
    (value) => typeof value === 'object' && value !== null,
  );

function jobOf(domain: string, collectors: readonly Document[], next: Random, shapes: readonly Document[]) {
  const collector = pick(collectors, next);
  const begun = NEWEST - Math.floor(next() * SPAN);
  const ended = new Date(begun + Math.floor(next() * 7_200_000));
  return {
    ...pick(shapes, next),
    filters: Object.fromEntries(several(next, shapes, 'filters').flatMap((each) => Object.entries(each))),
    errors: several(next, shapes, 'errors').flat(),
    _id: ObjectId.createFromHexString(hex(next, 24)),
    job_id: `job-${hex(next, 12)}`,
    collector: collector?.['_id'] as unknown,
    collector_id: collector?.['collector_id'] as unknown,
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

/** The domain that the jobs of one size of the growth table lie in. */
export const domainOf = (index: number): string => `domain-${String(index).padStart(12, '0')}`;

/** Fills the empty `db`: `sizes` says how many jobs each domain has. Answers the first domain. */
export async function load(db: Db, sizes: readonly number[]): Promise<Loaded> {
  const next = random(SEED);
  const shapes = { job: sample('job'), collector: sample('collector') };
  const jobIds: string[] = [];
  await makeWritersIndexes(db);
  await makeIndexes(db);
  for (const [index, size] of sizes.entries()) {
    const domain = domainOf(index);
    const collectors = collectorsOf(domain, next, shapes.collector);
    await db.collection('collector').insertMany([...collectors]);
    for (let done = 0; done < size; done += AT_ONCE) {
      const length = Math.min(AT_ONCE, size - done);
      const jobs = Array.from({ length }, () => jobOf(domain, collectors, next, shapes.job));
      if (index === 0) jobIds.push(...jobs.map(({ job_id }) => job_id));
      await db.collection('job').insertMany(jobs, { ordered: false });
    }
  }
  return { domain: domainOf(0), jobIds };
}

const DIGITS = 3;

/** Three hexadecimal digits that `count` of the ids contain, or as near to that many as there are. */
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
