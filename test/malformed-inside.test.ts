// Text other than UTF-8 inside of objects, in names below a collector, and in the id of a job: it is shown, and found, as
// ordinary text is.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { field, grouped, is, key, stages } from './harness/query.js';
import { element, insertRaw, rawDocument, rawObject } from './harness/raw.js';
import { mongodbUri } from './harness/service.js';
import { testNoFaults, useService } from './harness/use-service.js';
import { bytes, document, list, text } from './malformed-text/places.js';
import { rowsOf, totalOf } from './query/request.js';

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

describe('a condition on a whole value sees all of it', () => {
  const WHOLE = 'domain-of-whole-values';

  beforeAll(async () => {
    const bad = text('q\xff');
    const filters = rawObject([
      [
        'o',
        rawObject([
          ['a', bad],
          ['b', element(1)],
        ]),
      ],
      ['ll', list(list(bad))],
      [
        'lo',
        list(
          document(
            'x',
            list(
              rawObject([
                ['y', bad],
                ['z', element(1)],
              ]),
            ),
          ),
        ),
      ],
      [
        'odd',
        rawObject([
          ['a.b', bad],
          ['$c', bad],
          ['', bad],
          ['d', list(list(document('e', bad)))],
        ]),
      ],
    ]);
    const errors = list(
      rawObject([
        ['message', bad],
        ['additional', element({ a: 1 })],
      ]),
    );
    const job = [
      ['job_id', element('job')],
      ['domain_id', element(WHOLE)],
    ] as const;
    const collector_id = ObjectId.createFromTime(9);
    const reference = ['collector', element(collector_id)] as const;
    await insertRaw(mongodbUri(), DATABASE, 'job', [
      rawDocument([...job, reference, ['filters', filters], ['errors', errors]]),
    ]);
    await insertRaw(mongodbUri(), DATABASE, 'collector', [
      rawDocument([
        ['_id', element(collector_id)],
        ['domain_id', element(WHOLE)],
        ['tags', filters],
      ]),
    ]);
  });

  const Q = 'q\ufffd';
  const ODD = { 'a.b': Q, $c: Q, '': Q, d: [[{ e: Q }]] };

  test.each<readonly [string, string, JsonValue, boolean]>([
    ['errors', 'match', { message: Q, 'additional.a': 1 }, true],
    ['errors', 'match', { message: Q, additional: null }, false],
    ['filters.o', 'match', { a: Q, b: 1 }, true],
    ['filters.o', 'eq', { a: Q, b: 1 }, true],
    ['filters.o', 'eq', { a: Q }, false],
    ['filters.o', 'not', { a: Q, b: 1 }, false],
    ['filters.o', 'in', [{ a: Q, b: 1 }], true],
    ['filters.o', 'in', [{ a: Q }], false],
    ['filters.o', 'not_in', [{ a: Q, b: 1 }], false],
    ['filters.lo.x', 'match', { y: Q, z: 1 }, true],
    ['filters.lo.x', 'match', { y: Q, z: null }, false],
    ['filters.ll', 'in', [[Q]], true],
    ['filters.ll', 'in', [[[Q]]], true],
    ['filters.ll', 'not_in', [[Q]], false],
    ['filters.odd', 'eq', ODD, true],
    ['filters', 'match', { odd: ODD, 'o.b': 1 }, true],
    ['filters.odd', 'match', { d: null }, false],
    ['collector.tags.o', 'eq', { a: Q, b: 1 }, true],
    ['collector.tags.o', 'eq', { a: Q }, false],
    ['collector.tags.lo.x', 'match', { y: Q, z: 1 }, true],
    ['collector.tags.ll', 'in', [[Q]], true],
  ])('%s %s %j: %s', async (k, o, v, isMet) => {
    const inside = is('filters.o.a', 'eq', Q);
    const count = async (filter: JsonObject[]) =>
      totalOf(await service.list(WHOLE, { filter, count_only: true }));
    const due = isMet ? 1 : 0;
    expect(await count([is(k, o, v)])).toBe(due);
    expect(await count([inside, is(k, o, v)])).toBe(due);
    expect(await count([is(k, o, v), inside])).toBe(due);
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
