// Summaries of commands: their fields and stages, and nothing that a caller wrote.
import type { Document } from 'mongodb';
import { expect, test } from '@jest/globals';
import { summarize } from '../../../src/telemetry/traces/query-summary.js';

const FIELDS = new Set(['domain_id', 'status', 'errors', 'created_at', 'job_id']);
const MANY = Array.from({ length: 300 }, (_, index) => ({ [`a${index}`]: 1 }));

test.each<readonly [string, string, Document, string]>([
  [
    'fields of nested conditions, each once',
    'find',
    {
      filter: { $and: [{ domain_id: 1 }, { $or: [{ status: 1 }, { status: 2 }, { 'errors.message': 3 }] }] },
    },
    'find job {domain_id, status, errors}',
  ],
  [
    'the keys of an order',
    'find',
    {
      filter: new Map([['domain_id', 1]]),
      sort: new Map([
        ['created_at', -1],
        ['job_id', -1],
      ]),
    },
    'find job {domain_id} sort {created_at, job_id}',
  ],
  ['a field of a caller without its name', 'find', { filter: { 'tags.secret': 1 } }, 'find job {_OTHER}'],
  [
    'the stages of a pipeline',
    'aggregate',
    { pipeline: [{ $match: { domain_id: 1 } }, { $group: { _id: '$secret' } }, { $limit: 3 }] },
    'aggregate job $match {domain_id} $group $limit',
  ],
  ['the filter of a delete', 'delete', { deletes: [{ q: { job_id: 1 }, limit: 1 }] }, 'delete job {job_id}'],
  [
    'an expression without its content',
    'find',
    { filter: { $expr: { $eq: ['$a', 'secret'] } } },
    'find job {}',
  ],
  ['thousands of conditions in few words', 'find', { filter: { $or: MANY } }, 'find job {_OTHER}'],
  ['nothing else', 'getMore', { collection: 'job' }, 'getMore job'],
])('a summary has %s', (_, operation, command, expected) => {
  expect(summarize(operation, 'job', command, FIELDS)).toBe(expected);
});
