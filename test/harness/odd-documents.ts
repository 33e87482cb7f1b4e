// Jobs and collectors with each odd value in every place within reach of a query or an answer.
import { ObjectId } from 'mongodb';
import { ARRAYS, DEEP, OBJECTS, SCALARS } from './odd-values.js';
import type { OddValue } from './odd-values.js';
import { element, rawDocument, rawObject } from './raw.js';
import type { Element } from './raw.js';

export const FREE = 'domain-of-free-fields';
export const TYPED = 'domain-of-typed-fields';

export const VALUES: readonly OddValue[] = [...SCALARS, ...ARRAYS, ...OBJECTS, ...DEEP];

/** The fields of a job, and the fields of a collector in answers or queries. */
export const FIELDS = [
  'job_id',
  'status',
  'filters',
  'total_tasks',
  'remained_tasks',
  'errors',
  'collector',
  'collector_id',
].concat(['project_id', 'projects', 'created_at', 'updated_at', 'finished_at', 'mark_error']);
export const COLLECTOR_FIELDS = [
  'collector_id',
  'name',
  'state',
  'provider',
  'capability',
  'plugin_info',
  'is_public',
].concat(['project_id', 'tags', 'created_at', 'last_collected_at']);

export const idOf = (nth: number): string => `job-${String(nth).padStart(12, '0')}`;
const text = (value: string): Element => element(value);

interface Stored {
  readonly job: Buffer;
  readonly collector: Buffer;
}

/** A job with `value` in every untyped place, and a collector with the same. */
export function free({ stored }: OddValue, nth: number): Stored {
  const id = element(new ObjectId());
  const inside = rawObject([['v', stored]]);
  const errors = rawObject([['0', rawObject([['additional', inside]])]]);
  return {
    job: rawDocument([
      ['job_id', text(idOf(nth))],
      ['domain_id', text(FREE)],
      ['filters', inside],
      ['errors', { ...errors, type: 0x04 }],
      ['v', stored],
      ['collector', id],
    ]),
    collector: rawDocument([
      ['_id', id],
      ['collector_id', text(idOf(nth))],
      ['domain_id', text(FREE)],
      ['capability', inside],
      ['tags', inside],
    ]),
  };
}

/** A job for each field, and one for each field of its collector, with `value` in it. */
export function typed({ stored }: OddValue, nth: number): readonly Stored[] {
  const nothing = rawDocument([['domain_id', text('nobody')]]);
  const jobs = FIELDS.map((field, i) => ({
    job: rawDocument([
      ...(field === 'job_id' ? [] : [['job_id', text(idOf(1000 * nth + i))] as const]),
      ['domain_id', text(TYPED)],
      [field, stored],
    ]),
    collector: nothing,
  }));
  const collectors = COLLECTOR_FIELDS.map((field, i) => {
    const id = element(new ObjectId());
    return {
      job: rawDocument([
        ['job_id', text(idOf(1000 * nth + 100 + i))],
        ['domain_id', text(TYPED)],
        ['collector', id],
      ]),
      collector: rawDocument([
        ['_id', id],
        ['domain_id', text(TYPED)],
        [field, stored],
      ]),
    };
  });
  return [...jobs, ...collectors];
}

export const TYPED_JOBS = VALUES.length * (FIELDS.length + COLLECTOR_FIELDS.length);
