// JobInfo straight from BSON equals JobInfo by the objects of the driver, for any type in any place.
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { BSON, ObjectId } from 'mongodb';
import { JobInfo } from '../../src/gen/spaceone/api/inventory/v1/collector.js';
import { jobInfo } from '../../src/job/answer.js';
import { collectorInfo } from '../../src/job/collectors.js';
import { COLLECTOR_INFO, JOB_INFO } from '../../src/job/schema.js';
import { anyDocument, anyValue } from '../harness/documents.js';
import { jobOf } from '../harness/oracle.js';
import { random } from '../harness/random.js';
import type { Random } from '../harness/random.js';

const SEED = 20_261_125;
const DOCUMENTS = Number(process.env['DOCUMENTS'] ?? 2500);
/** Milliseconds for a document, in a run with half of a machine. */
const EACH = 6;

const namesOf = (fields: readonly { readonly stored: string }[]): readonly string[] =>
  fields.map(({ stored }) => stored);

const bytesOf = (document: ReadonlyMap<string, unknown>): Buffer =>
  Buffer.from(BSON.serialize(document, { ignoreUndefined: false }));

/** Turns some texts into bytes that are not UTF-8; an ASCII id stays as it is. */
function spoiled(document: Buffer): Buffer {
  for (let at = document.indexOf('é'); at >= 0; at = document.indexOf('é', at)) document[at] = 0xff;
  return document;
}

interface Pair {
  /** True for a job with a reference to the collector. */
  readonly refers: boolean;
  readonly job: Buffer;
  readonly collector: Buffer;
}

/** A job and a collector, referred to by some of the jobs. */
function pair(next: Random): Pair {
  const id = new ObjectId(Buffer.from(Array.from({ length: 12 }, () => Math.floor(next() * 128))));
  const job = anyDocument(next, namesOf(JOB_INFO));
  const errors = Array.from({ length: 3 }, () =>
    next() < 0.8 ? anyDocument(next, ['error_code', 'message', 'additional']) : anyValue(next, 2),
  );
  if (next() < 0.5) job.set('errors', errors);
  if (next() < 0.5) job.set('collector', id);
  const collector = anyDocument(next, namesOf(COLLECTOR_INFO)).set('_id', id);
  if (next() < 0.5) collector.set('plugin_info', anyDocument(next, ['plugin_id', 'version']));
  const spoil = next() < 0.2 ? spoiled : (document: Buffer) => document;
  return {
    refers: job.get('collector') === id,
    job: spoil(bytesOf(job)),
    collector: spoil(bytesOf(collector)),
  };
}

/** True for bytes with the expected meaning in the shortest form of protobuf. */
function isRight({ refers, job, collector }: Pair): boolean {
  const bytes = jobInfo(job, refers ? collectorInfo(collector) : undefined);
  const read = JobInfo.decode(bytes);
  return (
    isDeepStrictEqual(read, jobOf(job, refers ? collector : undefined)) &&
    JobInfo.encode(read).finish().length === bytes.length
  );
}

describe('any document', () => {
  test(
    `${DOCUMENTS} of seed ${SEED}`,
    () => {
      const next = random(SEED);
      const right = Array.from({ length: DOCUMENTS }, () => isRight(pair(next)));
      expect(right.flatMap((each, i) => (each ? [] : [i]))).toEqual([]);
    },
    DOCUMENTS * EACH,
  );
});

describe('a repeated name', () => {
  const twice = bytesOf(
    new Map<string, unknown>([
      ['job_id', 'first'],
      ['errors', [{ message: 'a' }]],
      ['job_ix', 'second'],
      ['errorx', [{ message: 'b' }]],
      ['project_id', 'kept'],
    ]),
  );
  twice.write('job_id', twice.indexOf('job_ix'));
  twice.write('errors', twice.indexOf('errorx'));

  test('has its last value', () => {
    expect(JobInfo.decode(jobInfo(twice, undefined))).toMatchObject({
      job_id: 'second',
      errors: [{ message: 'b' }],
      project_id: 'kept',
    });
  });
});
