// Stored text other than UTF-8 is text like any other, with U+FFFD in place of bad bytes: it is found as answers show it, in
// jobs and in collectors, beside ordinary text and within lists; it hides nothing and fails no call.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { idsOf, rowsOf } from './query/request.js';
import { exportJobs } from './harness/http-client.js';
import { field, grouped, is, key, page, stages } from './harness/query.js';
import { element, insertRaw, rawDocument, rawObject } from './harness/raw.js';
import type { Element } from './harness/raw.js';
import { mongodbUri } from './harness/service.js';
import { testNoFaults, useService } from './harness/use-service.js';
import { BROKEN, bytes, document, list, PLACES, SHOWN, text, WRONG } from './malformed-text/places.js';

const DATABASE = 'malformed-text';
const DOMAIN = 'domain-of-malformed-texts';

const service = useService(DATABASE);

const placed = Object.entries(PLACES);
const domainOf = (place: string): string => `${DOMAIN} ${place}`;

beforeAll(async () => {
  for (const [name, { job }] of placed) {
    const domain = ['domain_id', element(domainOf(name))] as const;
    const jobs = Object.values(WRONG).map(([wrong], nth) =>
      rawDocument([['job_id', element(`${name} ${BROKEN[nth] ?? ''}`)], domain, ...job(text(wrong))]),
    );
    const whole = ['a Timeout', 'nothing of it'].map((value, nth) =>
      rawDocument([['job_id', element(`${name} whole-${nth}`)], domain, ...job(element(value))]),
    );
    await insertRaw(mongodbUri(), DATABASE, 'job', [...jobs, ...whole]);
  }
});

async function found(place: string, filter: JsonObject, list_: 'filter' | 'filter_or' = 'filter') {
  const query = { [list_]: [filter], sort: { key: 'job_id' }, only: ['job_id'] };
  const ids = idsOf(await service.call('list', { domain_id: domainOf(place), query }));
  return Array.isArray(ids) ? ids.map((each) => String(each).slice(place.length + 1)) : ids;
}

const WHOLE = ['whole-0', 'whole-1'] as const;
const matching = (test: (shown: string) => boolean): string[] =>
  BROKEN.filter((_, nth) => test(SHOWN[nth] ?? ''));
const has = (pattern: RegExp) => (shown: string) => pattern.test(shown);

/** Conditions on text, the jobs that meet them, and their opposite operators. */
const CONDITIONS: readonly (readonly [string, JsonValue, readonly string[], string | undefined])[] = [
  ['contain', 'TIMEOUT', [...BROKEN, 'whole-0'], 'not_contain'],
  ['contain', '\ufffd', BROKEN, 'not_contain'],
  ['contain', '\ufffd\ufffd z', ['broken-00'], 'not_contain'],
  ['contain', '\u00c9', matching(has(/\u00e9/)), 'not_contain'],
  ['contain', 'e\0O', matching(has(/\0/)), 'not_contain'],
  ['contain_in', ['\ufffd\ufffd z', 'nothing'], ['broken-00', 'whole-1'], 'not_contain_in'],
  ['regex', 'time.*out|z+q+', [...BROKEN, 'whole-0'], undefined],
  ['regex', '^timeout', matching(has(/^timeout/)), undefined],
  ['regex', '\ufffd$', matching(has(/\ufffd$/)), undefined],
  ['regex', '^.{1,3}\\x{fffd}', matching(has(/^[^\n]{1,3}\ufffd/)), undefined],
  ['regex', 'a+b+c+\ufffd', ['broken-00'], undefined],
  ['regex_in', ['^timeout .$', 'of it$'], [...matching(has(/^timeout .$/)), 'whole-1'], undefined],
  ['eq', SHOWN[0] ?? '', ['broken-00'], 'not'],
  ['in', [SHOWN[1] ?? '', SHOWN[2] ?? '', 'a Timeout'], ['broken-01', 'broken-02', 'whole-0'], 'not_in'],
];

describe.each(placed)('malformed text in %s is found as answers show it', (name, { key: k }) => {
  const all = [...BROKEN, ...WHOLE];

  test.each(CONDITIONS)('%s %j', async (o, v, due, opposite) => {
    expect(await found(name, { k, o, v })).toEqual(due);
    expect(await found(name, { k, o, v }, 'filter_or')).toEqual(due);
    if (opposite !== undefined)
      expect(await found(name, { k, o: opposite, v })).toEqual(all.filter((each) => !due.includes(each)));
  });
});

/** Jobs of a domain, by `job_id`, with these fields beside. */
async function put(
  domain_id: string,
  jobs: Readonly<Record<string, readonly (readonly [string, Element])[]>>,
) {
  const documents = Object.entries(jobs).map(([job_id, fields]) =>
    rawDocument([['job_id', element(job_id)], ['domain_id', element(domain_id)], ...fields]),
  );
  await insertRaw(mongodbUri(), DATABASE, 'job', documents);
}

const idsIn = async (domain_id: string, query: JsonObject): Promise<unknown> =>
  idsOf(await service.list(domain_id, { sort: { key: 'job_id' }, only: ['job_id'], ...query }));

const filters = (...entries: readonly (readonly [string | Buffer, Element])[]) =>
  [['filters', rawObject(entries)]] as const;

describe('comparisons take the form of a text in answers', () => {
  const DUE = 'domain-of-compared-texts';
  const name = bytes('k\xff');

  beforeAll(async () => {
    await put(DUE, {
      bad: filters(['s', text('a\xff')]),
      good: filters(['s', element('a\ufffd')]),
      within: filters(['s', document('t', text('a\xff'))]),
      named: filters([name, element(1)]),
      other: filters(['s', element('b')], ['k', element(1)]),
    });
  });

  test.each<readonly [JsonObject, readonly string[]]>([
    [is('filters.s', 'eq', 'a\ufffd'), ['bad', 'good']],
    [is('filters.s', 'not', 'a\ufffd'), ['named', 'other', 'within']],
    [is('filters.s', 'in', ['a\ufffd', 'b']), ['bad', 'good', 'other']],
    [is('filters.s', 'not_in', ['a\ufffd', 'b']), ['named', 'within']],
    [is('filters.s', 'lt', 'a\u{10000}'), ['bad', 'good']],
    [is('filters.s', 'lte', 'a\ufffd'), ['bad', 'good']],
    [is('filters.s', 'gt', 'a\ufffc'), ['bad', 'good', 'other']],
    [is('filters.s', 'gt', 'a\ufffd'), ['other']],
    [is('filters.s', 'gte', 'a'), ['bad', 'good', 'other']],
    [is('filters.s', 'eq', { t: 'a\ufffd' }), ['within']],
    [is('filters.s.t', 'eq', 'a\ufffd'), ['within']],
    [is('filters', 'match', { s: 'a\ufffd' }), ['bad', 'good']],
    [is('filters', 'match', { 's.t': 'a\ufffd' }), ['within']],
    [is('filters', 'eq', { s: 'a\ufffd' }), ['bad', 'good']],
    [is('filters', 'eq', { 'k\ufffd': 1 }), ['named']],
    [is('filters', 'match', { 'k\ufffd': 1 }), ['named']],
    [is('filters.k\ufffd', 'exists', true), ['named']],
    [is('filters.k\ufffd', 'exists', false), ['bad', 'good', 'other', 'within']],
    [is('filters.k\ufffd', 'eq', 1), ['named']],
    [is('filters.k\ufffd', 'gt', 0), ['named']],
    [is('filters.k\ufffd', 'eq', null), ['bad', 'good', 'other', 'within']],
  ])('%j', async (condition, due) => {
    expect(await idsIn(DUE, { filter: [condition] })).toEqual(due);
  });
});

describe('conditions on collectors take the form of a text in answers', () => {
  const DUE = 'domain-of-malformed-collectors';

  beforeAll(async () => {
    const collectors = ['name\xff', 'a name', 'other'].map(
      (name, nth) => [new ObjectId(), name, nth] as const,
    );
    await insertRaw(
      mongodbUri(),
      DATABASE,
      'collector',
      collectors.map(([_id, name, nth]) =>
        rawDocument([
          ['_id', element(_id)],
          ['collector_id', element(`collector-${String(nth)}`)],
          ['domain_id', element(DUE)],
          ['name', text(name)],
        ]),
      ),
    );
    await put(DUE, {
      ...Object.fromEntries(
        collectors.map(([_id, , nth]) => [`of-${String(nth)}`, [['collector', element(_id)]]]),
      ),
      without: [],
    });
  });

  test.each<readonly [JsonObject, readonly string[]]>([
    [is('collector.name', 'contain', 'NAME'), ['of-0', 'of-1']],
    [is('collector.name', 'not_contain', 'NAME'), ['of-2']],
    [is('collector.name', 'regex', '^n.+'), ['of-0']],
    [is('collector.name', 'eq', 'name\ufffd'), ['of-0']],
    [is('collector.name', 'not', 'name\ufffd'), ['of-1', 'of-2', 'without']],
    [is('collector.name', 'not_in', ['name\ufffd', 'other']), ['of-1', 'without']],
  ])('%j', async (condition, due) => {
    expect(await idsIn(DUE, { filter: [condition] })).toEqual(due);
    expect(await idsIn(DUE, { filter_or: [condition] })).toEqual(due);
  });
});

describe('malformed text fails no call', () => {
  const DUE = 'domain-of-malformed-ids';
  const CONDITION = is('filters.s', 'contain', 'TIMEOUT');

  beforeAll(async () => {
    const broken = rawDocument([
      ['job_id', text('job-\xffabc')],
      ['domain_id', element(DUE)],
      ...filters(['s', text('timeout\xff')]),
    ]);
    await insertRaw(mongodbUri(), DATABASE, 'job', [broken]);
    await put(DUE, {
      'job-abc': filters(['s', element('a timeout')]),
      'job-x': filters(['s', element('x')]),
    });
  });

  test('a keyword is answered', async () => {
    expect(await idsIn(DUE, { keyword: '\ufffdA' })).toEqual(['job-\ufffdabc']);
    expect(await idsIn(DUE, { keyword: 'ABC' })).toEqual(['job-abc', 'job-\ufffdabc']);
  });

  test('pages and totals are those of ordinary text', async () => {
    const query = { filter: [CONDITION], ...page(1, 2), sort: { key: 'job_id' }, only: ['job_id'] };
    const response = { results: [{ job_id: 'job-\ufffdabc' }], total_count: 2 };
    expect(await service.list(DUE, query)).toMatchObject({ response });
  });

  test('a stat is answered', async () => {
    const query = { filter: [CONDITION], aggregate: [{ count: { name: 'n' } }], page: { limit: 1 } };
    expect(await service.stat(DUE, query)).toMatchObject({ response: { results: [{ n: 2 }] } });
    const distinct = { filter: [CONDITION], distinct: 'filters.s' };
    expect(rowsOf(await service.stat(DUE, distinct))).toEqual(['a timeout', 'timeout\ufffd']);
  });

  test('an export shows the text', async () => {
    const request = { domain_id: DUE, query: { filter: [CONDITION], only: ['job_id'] } };
    const text = await exportJobs(service.http, request, 'application/x-ndjson');
    expect(text.split('\n').length).toBe(3);
  });
});

describe('a stat takes texts for one where answers show them alike', () => {
  const DUE = 'domain-of-texts-alike';
  const K = 'filters.s';
  const BY_VALUE = { sort: { key: 'v' } };

  beforeAll(async () => {
    await put(DUE, {
      j1: filters(['s', text('a\xff')], ['l', list(text('x\xff'), text('x\xfe'))], ['n', element(1)]),
      j2: filters(['s', text('a\xfe')], ['n', element(2)]),
      j3: filters(['s', element('a\ufffd')], ['n', element(3)]),
      j4: filters(['s', element('b')], ['n', element(4)]),
      j5: filters([bytes('k\xff'), element(5)], ['s', element('\u{10000}')]),
      j6: filters(['s', text('\xff')]),
    });
  });

  /** Counts the jobs that meet `field o v`, under the name of the operator. */
  const count = (o: string, v: string): JsonObject => field(o, 'count', '', { conditions: [is(K, o, v)] });
  const group = (k: string, ...fields: readonly JsonObject[]): JsonObject =>
    grouped([key(k, 'v')], field('jobs', 'count'), ...fields);

  test.each<readonly [string, JsonObject, unknown]>([
    ['distinct', { distinct: K }, ['a\ufffd', 'b', '\ufffd', '\u{10000}']],
    ['distinct of a list', { distinct: 'filters.l' }, ['x\ufffd']],
    [
      'a group',
      stages(group(K, field('n', 'sum', 'filters.n'), field('mean', 'average', 'filters.n')), BY_VALUE),
      [
        { v: 'a\ufffd', jobs: 3, n: 6, mean: 2 },
        { v: 'b', jobs: 1, n: 4, mean: 4 },
        { v: '\ufffd', jobs: 1, n: 0, mean: null },
        { v: '\u{10000}', jobs: 1, n: 0, mean: null },
      ],
    ],
    [
      'an order',
      stages(
        { sort: { keys: [{ key: K }, { key: 'job_id' }] } },
        { project: { fields: [key('job_id', 'id'), key(K, 'v')] } },
      ),
      [
        ...['j1', 'j2', 'j3'].map((id) => ({ id, v: 'a\ufffd' })),
        { id: 'j4', v: 'b' },
        { id: 'j6', v: '\ufffd' },
        { id: 'j5', v: '\u{10000}' },
      ],
    ],
    [
      'elements of a list',
      stages({ unwind: { path: 'filters.l' } }, group('filters.l')),
      [{ v: 'x\ufffd', jobs: 2 }],
    ],
    ['a set', stages(grouped([], field('v', 'add_to_set', 'filters.l'))), [{ v: [['x\ufffd', 'x\ufffd']] }]],
    [
      'conditions',
      stages(
        grouped(
          [],
          count('eq', 'a\ufffd'),
          count('not', 'a\ufffd'),
          count('gt', 'a\ufffd'),
          count('lt', '\u{10000}'),
        ),
      ),
      [{ eq: 3, not: 3, gt: 3, lt: 5 }],
    ],
    [
      'a name',
      stages(group('filters.k\ufffd'), BY_VALUE),
      [
        { v: null, jobs: 5 },
        { v: 5, jobs: 1 },
      ],
    ],
  ])('%s', async (_, query, due) => {
    expect(rowsOf(await service.stat(DUE, query))).toEqual(due);
    const total = Array.isArray(due) ? due.length : 0;
    const paged = await service.stat(DUE, { ...query, page: { limit: 100 } });
    expect(paged).toMatchObject({ response: { results: due, total_count: total } });
  });
});

test('ids shown alike are one distinct value', async () => {
  const domain = 'domain-of-ids-alike';
  const ids = ['job-\xffAx', 'job-\xfeAx'].map((id) =>
    rawDocument([
      ['job_id', text(id)],
      ['domain_id', element(domain)],
    ]),
  );
  await insertRaw(mongodbUri(), DATABASE, 'job', ids);
  const due = ['job-\ufffdAx'];
  expect(rowsOf(await service.stat(domain, { distinct: 'job_id' }))).toEqual(due);
  const paged = await service.stat(domain, { distinct: 'job_id', ...page(5) });
  expect(paged).toMatchObject({ response: { results: due, total_count: 1 } });
});

test('a text is found from the moment of its storage on', async () => {
  const domain = 'domain-of-texts-to-come';
  const query = { filter: [is('filters.s', 'contain', 'timeout')] };
  for (const nth of [0, 1, 2]) {
    const due = Array.from({ length: nth }, (_, i) => `job-${String(i)}`);
    expect(await idsIn(domain, query)).toEqual(due);
    expect(await idsIn(domain, query)).toEqual(due);
    await put(domain, { [`job-${String(nth)}`]: filters(['s', text('timeout\xff')]) });
  }
});

test('an expression with too many steps on a malformed text is reported', async () => {
  const domain = 'domain-of-long-malformed-texts';
  await put(domain, { long: filters(['s', text(`${'a'.repeat(8000)}x\xff`)]) });
  const refused = await idsIn(domain, { filter: [is('filters.s', 'regex', '.*.*y|^.*.*.*z$')] });
  expect(refused).toMatchObject({
    code: 'ERROR_INVALID_PARAMETER',
    text: expect.stringContaining('query.filter[0].value'),
  });
});

testNoFaults(service);
