// Differences from 1.11 in what is answered for a job, and in errors.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { ObjectId } from 'mongodb';
import { useService } from '../harness/use-service.js';
import { EDGES, OWN, rowsOf, SAMPLE, useSampleService } from './ask.js';

// 1.11 answers INTERNAL to many client errors, so that clients retry in vain. Here an invalid request is
// INVALID_ARGUMENT and the error names the cause.
describe('client errors', () => {
  const { ask } = useSampleService('client-errors');
  const list = (query: JsonObject): JsonObject => ({ domain_id: SAMPLE, query });

  test.each<readonly [string, 'list' | 'stat', JsonObject, string]>([
    [
      'an unknown operator',
      'list',
      list({ filter: [{ k: 'status', o: 'like', v: 'x' }] }),
      'query.filter[0].operator',
    ],
    [
      'an invalid expression',
      'list',
      list({ filter: [{ k: 'status', o: 'regex', v: '(' }] }),
      'query.filter[0].value',
    ],
    [
      'a number for contain',
      'list',
      list({ filter: [{ k: 'status', o: 'contain', v: 5 }] }),
      'query.filter[0].value',
    ],
    ['a limit of 0', 'stat', list({ aggregate: [{ limit: 0 }] }), 'query.aggregate[0].limit'],
  ])('%s is INVALID_ARGUMENT', async (_what, rpc, request, key) => {
    expect(await ask(rpc, request)).toMatchObject({
      error: {
        status: 'INVALID_ARGUMENT',
        code: expect.stringMatching(/^ERROR_INVALID_PARAMETER/),
        text: expect.stringContaining('query.'),
      },
    });
    expect(JSON.stringify(await ask(rpc, request))).toContain(key);
  });
});

// In 1.11 an empty filter, additional or capability is returned as `{}`. Here it is omitted like a missing one; empty
// objects inside it stay.
describe('empty structs', () => {
  const collector = new ObjectId();
  const { list } = useSampleService(
    'empty-structs',
    [
      { job_id: 'a', filters: {}, errors: [{ error_code: 'E', additional: {} }], collector },
      { job_id: 'b', filters: { tags: {} } },
      { job_id: 'c' },
    ],
    [{ _id: collector, collector_id: 'collector-a', capability: {} }],
  );

  test('empty structs are omitted', async () => {
    expect(rowsOf(await list(OWN, { sort: { key: 'job_id' } }))).toEqual([
      {
        job_id: 'a',
        domain_id: OWN,
        errors: [{ error_code: 'E' }],
        collector_info: { collector_id: 'collector-a' },
      },
      { job_id: 'b', domain_id: OWN, filter: { tags: {} } },
      { job_id: 'c', domain_id: OWN },
    ]);
  });
});

// 1.11 answers INVALID_ARGUMENT for a missing job. Here it is NOT_FOUND, as callers expect, and a job of another domain
// gets the same answer.
describe('not found', () => {
  const { ask } = useSampleService('not-found');

  test.each([
    ['get', 'a missing job', 'job-000000000000'],
    ['delete', 'a missing job', 'job-000000000000'],
    ['get', 'a job of another domain', 'job-ebd1af51271a'],
    ['delete', 'a job of another domain', 'job-ebd1af51271a'],
  ] as const)('%s of %s is NOT_FOUND', async (rpc, _what, job_id) => {
    expect(await ask(rpc, { domain_id: EDGES, job_id })).toMatchObject({
      error: {
        status: 'NOT_FOUND',
        code: 'ERROR_NOT_FOUND',
        text: `Resource cannot be found or access is denied. (job_id = ${job_id})`,
      },
    });
  });
});

// In 1.11 a job with an unknown field or status, a missing collector, or a date below the top level fails the whole
// call. Here every stored document is returned.
describe('odd documents', () => {
  const noon = new Date('2024-02-29T12:00:00.5Z');
  const { list } = useSampleService('odd-documents', [
    { job_id: 'a', unknown: { field: 1 }, status: 'SUCCESS' },
    { job_id: 'b', status: 'FAILURE' },
    { job_id: 'c', collector: new ObjectId(), collector_id: 'gone' },
    { job_id: 'd', filters: { at: [noon] }, errors: [{ additional: { at: noon } }] },
  ]);

  test('jobs with unknown or unusual content are listed', async () => {
    const at = '2024-02-29T12:00:00.500Z';
    expect(rowsOf(await list(OWN, { sort: { key: 'job_id' } }))).toEqual([
      { job_id: 'a', domain_id: OWN, status: 'SUCCESS' },
      { job_id: 'b', domain_id: OWN },
      { job_id: 'c', domain_id: OWN },
      { job_id: 'd', domain_id: OWN, filter: { at: [at] }, errors: [{ additional: { at } }] },
    ]);
  });
});

// 1.11 returns the status CREATED, the default of its model, if `only` omits status. Here a field omitted by `only` has
// its wire default, so that nobody reads a wrong status.
describe('only status', () => {
  const { ask, list } = useSampleService('only-status');
  const one = { filter: [{ k: 'job_id', o: 'eq', v: 'job-ebd1af51271a' }], sort: { key: 'job_id' } };

  test('list returns no status if only omits it', async () => {
    expect(rowsOf(await list(SAMPLE, { ...one, only: ['total_tasks'] }))).toEqual([
      { job_id: 'job-ebd1af51271a', total_tasks: 1 },
    ]);
  });

  test('list returns the status if only names it', async () => {
    expect(rowsOf(await list(SAMPLE, { ...one, only: ['status'] }))).toEqual([
      { job_id: 'job-ebd1af51271a', status: 'SUCCESS' },
    ]);
  });

  test('get returns no status if only omits it', async () => {
    const job = await ask('get', { domain_id: SAMPLE, job_id: 'job-ebd1af51271a', only: ['total_tasks'] });
    expect(job).toEqual({ response: { total_tasks: 1 } });
  });
});

// In 1.11 get and list write a missing collector_id into documents. Here reading changes nothing.
describe('reads write nothing', () => {
  const { ask, list, stat, db } = useSampleService('reads-write-nothing');
  const stored = () => db().collection('job').find({ domain_id: EDGES }).sort({ _id: 1 }).toArray();

  test('get, list and stat change no document', async () => {
    const before = await stored();
    const answers = [
      await ask('get', { domain_id: EDGES, job_id: 'job-ed6e00000004' }),
      await list(EDGES, {}),
      await stat(EDGES, { distinct: 'collector_id' }),
    ];
    expect(answers.map((answer) => 'response' in answer)).toEqual([true, true, true]);
    expect(await stored()).toEqual(before);
    expect(before).toHaveLength(20);
  });
});

// 1.11 ignores unknown fields of a request. Later lines of the API have other numbers for the same names, so their
// filters would be lost; here an unknown field is rejected by message and number.
describe('unknown fields', () => {
  const service = useService('difference-unknown-fields');

  /** Encodes a JobsQuery with a domain_id and a text in field `number`. */
  const encodeQuery = (number: number): Uint8Array =>
    new BinaryWriter().uint32(50).string('domain-3f1c9a7b2e40').tag(number, 2).string('workspace').finish();

  test.each([7, 21, 22])('the unknown field %d of JobsQuery is rejected', async (number) => {
    expect(await service.send('list', encodeQuery(number))).toMatchObject({
      error: {
        status: 'INVALID_ARGUMENT',
        code: 'ERROR_INVALID_PARAMETER',
        text: expect.stringContaining(`JobsQuery has no field ${number};`),
      },
    });
  });
});
