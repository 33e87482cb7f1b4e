// Text other than UTF-8 inside of objects, in names below a collector, and in the id of a job: it is shown, and found, as
// ordinary text is.
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { field, grouped, key, stages } from './harness/query.js';
import { element, insertRaw, rawDocument, rawObject } from './harness/raw.js';
import { mongodbUri } from './harness/service.js';
import { testNoFaults, useService } from './harness/use-service.js';
import { bytes, document, list, text } from './malformed-text/places.js';
import { rowsOf } from './query/request.js';

const DATABASE = 'malformed-inside';
const DOMAIN = 'domain-of-texts-inside';

const service = useService(DATABASE);

beforeAll(async () => {
  const domain = ['domain_id', element(DOMAIN)] as const;
  const alike = [text('a\xff'), text('a\xfe'), element('a\ufffd')].map((value, nth) => ({
    value,
    name: [bytes('k\xff'), bytes('k\xfe'), 'k\ufffd'][nth] ?? '',
    _id: ['_id', element(ObjectId.createFromTime(nth))] as const,
    collector: ['collector', element(ObjectId.createFromTime(nth))] as const,
    job_id: ['job_id', element(`job-${String(nth)}`)] as const,
    collector_id: ['collector_id', element(`collector-${String(nth)}`)] as const,
  }));
  const collectors = alike.map(({ value, name, _id, collector_id }) =>
    rawDocument([_id, collector_id, domain, ['tags', rawObject([[name, value]])]]),
  );
  const jobs = alike.map(({ value, name, job_id, collector }) => {
    const inside = document('b', document('c', value));
    const filters = rawObject([
      ['text', inside],
      ['name', rawObject([[name, element(1)]])],
      ['list', list(list(value), inside)],
    ]);
    return rawDocument([job_id, domain, collector, ['filters', filters]]);
  });
  const status = (shown: string) => ['status', element(shown)] as const;
  const bad = [text('job-bad\xff'), text('job-gone\xff')].map((id) => rawDocument([['job_id', id], domain]));
  const twins = [
    rawDocument([['job_id', text('job-two\xff')], domain, status('ERROR')]),
    rawDocument([['job_id', element('job-two\ufffd')], domain, status('SUCCESS')]),
  ];
  await insertRaw(mongodbUri(), DATABASE, 'collector', collectors);
  await insertRaw(mongodbUri(), DATABASE, 'job', [...jobs, ...bad, ...twins]);
});

const INSIDE = { b: { c: 'a\ufffd' } };

describe('what is shown alike is one value', () => {
  test.each<readonly [string, unknown]>([
    ['filters.text', INSIDE],
    ['filters.text.b', INSIDE.b],
    ['filters.text.b.c', 'a\ufffd'],
    ['filters.name', { 'k\ufffd': 1 }],
    ['filters.name.k\ufffd', 1],
    ['filters', { text: INSIDE, name: { 'k\ufffd': 1 }, list: [['a\ufffd'], INSIDE] }],
    ['collector.tags', { 'k\ufffd': 'a\ufffd' }],
    ['collector.tags.k\ufffd', 'a\ufffd'],
  ])('%s', async (k, shown) => {
    const filter = { filter: [{ k: 'filters', o: 'exists', v: true }] };
    const ask = async (query: JsonObject) => rowsOf(await service.stat(DOMAIN, { ...filter, ...query }));
    expect(await ask({ distinct: k })).toEqual([shown]);
    expect(await ask(stages(grouped([key(k, 'v')], field('jobs', 'count'))))).toEqual([
      { v: shown, jobs: 3 },
    ]);
    expect(await ask(stages(grouped([], field('v', 'add_to_set', k))))).toEqual([{ v: [shown] }]);
  });
});

describe('a job is found by its id as answers show it', () => {
  const named = (job_id: string) => ({ domain_id: DOMAIN, job_id });

  test('get', async () => {
    expect(await service.call('get', named('job-bad\ufffd'))).toMatchObject({
      response: { job_id: 'job-bad\ufffd' },
    });
    expect(await service.call('get', named('job-other\ufffd'))).toMatchObject({
      error: { code: 'ERROR_NOT_FOUND' },
    });
  });

  test('get and delete take the job with that very id before one that only looks like it', async () => {
    const twin = named('job-two\ufffd');
    expect(await service.call('get', twin)).toMatchObject({ response: { status: 'SUCCESS' } });
    expect(await service.call('delete', twin)).toEqual({ response: {} });
    expect(await service.call('get', twin)).toMatchObject({ response: { status: 'ERROR' } });
    expect(await service.call('delete', twin)).toEqual({ response: {} });
    expect(await service.call('get', twin)).toMatchObject({ error: { code: 'ERROR_NOT_FOUND' } });
  });

  test('delete', async () => {
    expect(await service.call('delete', named('job-gone\ufffd'))).toEqual({ response: {} });
    expect(await service.call('get', named('job-gone\ufffd'))).toMatchObject({
      error: { code: 'ERROR_NOT_FOUND' },
    });
  });
});

testNoFaults(service);
