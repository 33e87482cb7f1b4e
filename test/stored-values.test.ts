// No stored value makes a call fail or is lost: each type of BSON and each odd kind within one, in every place that a
// filter, a stat, an answer or an export can reach, in jobs and in collectors.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import type { OddValue } from './harness/odd-values.js';
import type { RpcName } from './harness/client.js';
import { callConnect, TRANSPORTS } from './harness/connect-client.js';
import { callHttp, exportJobs } from './harness/http-client.js';
import {
  COLLECTOR_FIELDS,
  FIELDS,
  FREE,
  free,
  idOf,
  TYPED,
  typed,
  TYPED_JOBS,
  VALUES,
} from './harness/odd-documents.js';
import { insertRaw } from './harness/raw.js';
import { mongodbUri } from './harness/service.js';
import { testNoFaults, useService } from './harness/use-service.js';
import { at, byId, listOf, resultsOf, told } from './stored-values/answers.js';
import { CONDITIONS, TEXT_CONDITIONS } from './stored-values/conditions.js';

const DATABASE = 'stored-values';

const service = useService(DATABASE);
let combinations = 0;

beforeAll(async () => {
  // The values of unique fields are there more than once.
  await service.db.collection('job').dropIndexes();
  await service.db.collection('collector').dropIndexes();
  const all = [...VALUES.map(free), ...VALUES.flatMap(typed)];
  for (const name of ['job', 'collector'] as const) {
    const documents = all.map((each) => each[name]);
    for (let at = 0; at < documents.length; at += 500)
      await insertRaw(mongodbUri(), DATABASE, name, documents.slice(at, at + 500));
  }
});

afterAll(() => {
  process.stderr.write(`${combinations} combinations of a stored value and a question about it\n`);
});

const NOTHING: OddValue = { what: 'nothing', stored: { type: 0x0a, bytes: Buffer.alloc(0) }, shown: null };

/** The ids of jobs without a list as their value, in order. */
const withoutLists = (ids: readonly unknown[]): unknown[] =>
  ids.filter((id) => VALUES[IDS.indexOf(String(id))]?.stored.type !== 0x04).sort();

/** The results of a call that asks `rows` stored values. */
async function asked(rpc: RpcName, domain_id: string, query: JsonObject, rows = VALUES.length) {
  combinations += rows;
  return resultsOf(await service.call(rpc, { domain_id, query }));
}

const stat = (aggregate: readonly JsonObject[], query: JsonObject = {}) =>
  asked('stat', FREE, { aggregate: [...aggregate], ...query });

const DUE = new Map(VALUES.map(({ shown }, nth) => [idOf(nth), told(shown)]));
const LISTED = new Map(VALUES.map(({ shown }, nth) => [idOf(nth), told([shown])]));
const IDS = [...DUE.keys()];

interface Named {
  readonly job_id?: string;
  readonly collector_id?: string;
}

/** The ids found by MongoDB itself, of jobs or of the collectors named like their jobs. */
async function found(collection: 'job' | 'collector', filter: Document): Promise<readonly unknown[]> {
  const projection = { _id: 0, job_id: 1, collector_id: 1 };
  const cursor = service.db
    .collection<Named>(collection)
    .find({ domain_id: FREE, ...filter }, { projection });
  return (await cursor.toArray()).map((each) => each.job_id ?? each.collector_id).sort();
}

/** The keys of a value for a filter, each with its collection and its path there. */
const FILTERED = [
  ['filters.v', 'job', 'filters.v'],
  ['errors.additional.v', 'job', 'errors.additional.v'],
  ['collector.capability.v', 'collector', 'capability.v'],
  ['collector.tags.v', 'collector', 'tags.v'],
] as const;

describe.each(FILTERED)('a filter on %s gives the documents that MongoDB finds', (key, collection, path) => {
  // Null would ask for the reference to the collector.
  const asksIt = CONDITIONS.filter(([, value]) => collection === 'job' || value !== null);

  test.each(asksIt)('%s %j', async (operator, value, native) => {
    const jobs = await asked('list', FREE, { filter: [{ k: key, o: operator, v: value }], only: ['job_id'] });
    expect(jobs.map((job) => at(job, 'job_id')).sort()).toEqual(await found(collection, native(path)));
  });
});

/** The types of text. */
const TEXT_TYPES = [0x02, 0x0e];

/** The texts of a value: the value itself, or values of a list. */
const textsOf = ({ stored: { type }, shown, texts }: OddValue): readonly string[] =>
  texts ?? (TEXT_TYPES.includes(type) && typeof shown === 'string' ? [shown] : []);

/** The keys of text, for operators that find it and their opposites. */
const TEXT_KEYS = ['filters.v', 'errors.additional.v', 'errors.0.additional.v', 'collector.tags.v'] as const;

describe.each(TEXT_KEYS)('text at %s, and nothing else, is found', (k) => {
  test.each(TEXT_CONDITIONS)('%s %j', async (o, v, due, opposite) => {
    const ask = async (operator: string): Promise<unknown> =>
      (await asked('list', FREE, { filter: [{ k, o: operator, v }], only: ['job_id'] }))
        .map((job) => at(job, 'job_id'))
        .sort();
    const found = IDS.filter((_, nth) => textsOf(VALUES[nth] ?? NOTHING).some((text) => due.test(text)));
    expect(await ask(o)).toEqual(found);
    if (opposite !== undefined) expect(await ask(opposite)).toEqual(IDS.filter((id) => !found.includes(id)));
  });
});

describe('answers show the stored values', () => {
  const PLACES = [
    ['filter', 'v'],
    ['errors', '0', 'additional', 'v'],
    ['collector_info', 'capability', 'v'],
  ] as const;

  test.each(PLACES)('a list, at %s', async (...path) => {
    expect(byId(await asked('list', FREE, {}), 'job_id', ...path)).toEqual(DUE);
  });

  test('a list of some fields', async () => {
    const jobs = await asked('list', FREE, { only: ['job_id', 'filter.v'] });
    expect(byId(jobs, 'job_id', 'filter', 'v')).toEqual(DUE);
  });

  test('a get of each', async () => {
    combinations += IDS.length;
    const outcomes = await Promise.all(IDS.map((job_id) => service.call('get', { job_id, domain_id: FREE })));
    const jobs = outcomes.map((outcome) => ('response' in outcome ? outcome.response : {}));
    expect(byId(jobs, 'job_id', 'filter', 'v')).toEqual(DUE);
    expect(byId(jobs, 'job_id', 'collector_info', 'capability', 'v')).toEqual(DUE);
  });

  test.each(PLACES)('NDJSON, at %s', async (...path) => {
    combinations += IDS.length;
    const text = await exportJobs(service.http, { domain_id: FREE }, 'application/x-ndjson');
    const lines = text.split('\n').slice(0, -1);
    const jobs = lines.map((line) => JSON.parse(line) as JsonValue);
    expect(byId(jobs, 'job_id', ...path)).toEqual(DUE);
  });

  test('CSV has a line for each', async () => {
    combinations += IDS.length;
    const request = { domain_id: FREE, query: { only: ['job_id'] } };
    const lines = (await exportJobs(service.http, request, 'text/csv')).split('\r\n').slice(1, -1);
    expect(lines.map((line) => line.split(',')[0]).sort()).toEqual(IDS);
  });
});

const job = { k: 'job_id', n: 'job' };

describe.each(['filters.v', 'v', 'collector.capability.v', 'collector.tags.v'])('a stat by %s', (key) => {
  test('a key of a group of each', async () => {
    const rows = await stat([{ group: { keys: [job, { k: key, n: 'v' }], fields: [] } }]);
    expect(byId(rows, 'job', 'v')).toEqual(DUE);
  });

  test('a key of a group of all', async () => {
    const group = { keys: [{ k: key, n: 'v' }], fields: [{ n: 'jobs', o: 'push', k: 'job_id' }] };
    const rows = await stat([{ group }]);
    const ids = rows.flatMap((row) => listOf(at(row, 'jobs')).map((id) => [id, told(at(row, 'v'))] as const));
    expect(new Map(ids)).toEqual(DUE);
  });

  test('a key of a group that only counts', async () => {
    const rows = await stat([{ group: { keys: [{ k: key, n: 'v' }], fields: [{ n: 'n', o: 'count' }] } }]);
    expect(new Set(rows.map((row) => told(at(row, 'v'))))).toEqual(new Set(DUE.values()));
    expect(rows.reduce<number>((sum, row) => sum + Number(at(row, 'n')), 0)).toBe(VALUES.length);
  });

  test.each([
    ['first', DUE],
    ['last', DUE],
    ['max', DUE],
    ['min', DUE],
    ['push', LISTED],
    ['add_to_set', LISTED],
  ])('%s', async (operator, due) => {
    const rows = await stat([{ group: { keys: [job], fields: [{ n: 'v', o: operator, k: key }] } }]);
    expect(byId(rows, 'job', 'v')).toEqual(due);
  });

  test('push of objects', async () => {
    const fields = [{ n: 'v', o: 'push', fields: [{ k: key, n: 'v' }] }];
    const rows = await stat([{ group: { keys: [job], fields } }]);
    expect(byId(rows, 'job', 'v', '0', 'v')).toEqual(DUE);
  });

  test.each(['sum', 'average'])('%s', async (operator) => {
    const rows = await stat([{ group: { keys: [job], fields: [{ n: 'v', o: operator, k: key }] } }]);
    expect(rows.map((row) => at(row, 'job')).sort()).toEqual(IDS);
  });

  test('a renamed field', async () => {
    const fields = [
      { k: 'job_id', n: 'job' },
      { k: key, n: 'v' },
    ];
    expect(byId(await stat([{ project: { fields } }]), 'job', 'v')).toEqual(DUE);
  });

  test.each(['size', 'sum', 'object_to_array'])('%s of a project', async (operator) => {
    const fields = [
      { k: 'job_id', n: 'job' },
      { k: key, n: 'v', o: operator },
    ];
    const rows = await stat([{ project: { fields } }]);
    expect(rows.map((row) => at(row, 'job')).sort()).toEqual(IDS);
  });

  test.each([false, true])('an order, descending %s', async (desc) => {
    const rows = await stat([{ sort: { keys: [{ key, desc }] } }, { project: { fields: [job] } }]);
    expect(rows.map((row) => at(row, 'job')).sort()).toEqual(IDS);
  });

  test.each(['year', 'month', 'day', '%Y-%m-%d %H:%M:%S.%L %j %u %V %G'])(
    'dates as %s',
    async (date_format) => {
      const rows = await stat([{ group: { keys: [job, { k: key, n: 'v', date_format }], fields: [] } }]);
      expect(rows.map((row) => at(row, 'job')).sort()).toEqual(IDS);
    },
  );

  const operands = ['text', 'symbol', 'é', '\ufffd', '', 1, 0, 7, true, false, null, { a: 1, b: 2 }, {}];
  test.each(['eq', 'not', 'lt', 'lte', 'gt', 'gte'])('a condition %s', async (o) => {
    const asking = operands.filter((v) => o === 'eq' || o === 'not' || typeof v !== 'object');
    const fields = asking.map((v, i) => ({ n: `n${i}`, o: 'count', conditions: [{ k: key, o, v }] }));
    const rows = await stat([{ group: { keys: [job], fields } }]);
    expect(rows.map((row) => at(row, 'job')).sort()).toEqual(IDS);
    // A filter looks into lists, and asks null of the reference to the collector.
    const same = asking.filter((v) => key === 'filters.v' || (key.startsWith('collector.') && v !== null));
    for (const v of same) {
      const filter = await asked('list', FREE, { filter: [{ k: key, o, v }], only: ['job_id'] });
      const met = rows.filter((row) => at(row, `n${asking.indexOf(v)}`) === 1).map((row) => at(row, 'job'));
      expect([v, withoutLists(met)]).toEqual([v, withoutLists(filter.map((each) => at(each, 'job_id')))]);
    }
  });

  test('distinct', async () => {
    const results = await asked('stat', FREE, { distinct: key });
    const shown = VALUES.flatMap(({ shown: each }) => (Array.isArray(each) ? each : [each]));
    expect(new Set(results.map(told))).toEqual(new Set(shown.map(told)));
  });
});

describe.each(['filters.v', 'collector.tags.v'])('each value of %s alone', (key) => {
  test.each([
    [
      'merge_objects',
      (n: string) => ({ group: { keys: [job], fields: [{ n, o: 'merge_objects', k: key }] } }),
    ],
    ['array_to_object', (n: string) => ({ project: { fields: [{ n, o: 'array_to_object', k: key }] } })],
  ])('%s of each value is answered, or refused by name', async (_, stage) => {
    combinations += IDS.length;
    const outcomes = await Promise.all(
      IDS.map((v) =>
        service.call('stat', {
          domain_id: FREE,
          query: { filter: [{ k: 'job_id', o: 'eq', v }], aggregate: [stage('v')] },
        }),
      ),
    );
    const codes = outcomes.map((outcome) => ('error' in outcome ? outcome.error.status : 'OK'));
    expect(new Set(codes)).toEqual(new Set(['OK', 'INVALID_ARGUMENT']));
  });
});

describe('stages go through lists', () => {
  test('unwind gives a row for each value but missing ones', async () => {
    const rows = await stat([{ unwind: { path: 'filters.v' } }, { group: { keys: [job], fields: [] } }]);
    const some = VALUES.flatMap(({ shown }, nth) =>
      ['null', '[]'].includes(told(shown)) ? [] : [idOf(nth)],
    );
    expect(rows.map((row) => at(row, 'job')).sort()).toEqual(some);
  });

  test('whole rows', async () => {
    const rows = await stat([{ sort: { key: 'job_id' } }]);
    expect(byId(rows, 'job_id', 'filters', 'v')).toEqual(DUE);
    expect(byId(rows, 'job_id', 'errors', '0', 'additional', 'v')).toEqual(DUE);
  });
});

describe('any value in any field fails no call', () => {
  const all = (query: JsonObject) => asked('list', TYPED, query, TYPED_JOBS);

  test.each([{}, { minimal: true }, { only: ['status', 'errors', 'collector_info'] }])(
    'a list %j',
    async (query) => {
      expect(await all(query)).toHaveLength(TYPED_JOBS);
    },
  );

  test.each(FIELDS)('a list in order of %s', async (key) => {
    expect(await all({ sort: { key } })).toHaveLength(TYPED_JOBS);
    expect(
      await all({ sort: { key, desc: true }, only: ['status'], page: { start: 1, limit: 5000 } }),
    ).toHaveLength(TYPED_JOBS);
  });

  test.each([...FIELDS, ...COLLECTOR_FIELDS.map((field) => `collector.${field}`)])(
    'a stat by %s',
    async (k) => {
      const fields = [{ n: 'n', o: 'count' }];
      const rows = await asked(
        'stat',
        TYPED,
        { aggregate: [{ group: { keys: [{ k, n: 'v' }], fields } }] },
        TYPED_JOBS,
      );
      expect(rows.reduce<number>((sum, row) => sum + Number(at(row, 'n')), 0)).toBe(TYPED_JOBS);
      await asked('stat', TYPED, { distinct: k }, TYPED_JOBS);
    },
  );

  test.each(['application/x-ndjson', 'text/csv'])('an export as %s', async (accept) => {
    combinations += TYPED_JOBS;
    const lines = (await exportJobs(service.http, { domain_id: TYPED }, accept)).split('\n');
    expect(lines.filter((line) => line !== '').length).toBeGreaterThanOrEqual(TYPED_JOBS);
  });
});

describe('every other transport gives the same answers', () => {
  const CALLS = [
    ['list', {}],
    ['list', { filter: [{ k: 'collector.tags.v', o: 'not', v: 'text' }], sort: { key: 'filters.v' } }],
    [
      'stat',
      {
        aggregate: [
          { group: { keys: [job, { k: 'collector.tags.v', n: 'v' }], fields: [] } },
          { sort: { key: 'job' } },
        ],
      },
    ],
    ['stat', { distinct: 'filters.v' }],
  ] as const satisfies readonly (readonly [RpcName, JsonObject])[];

  test.each([
    ['HTTP', (rpc: RpcName, request: JsonObject) => callHttp(service.http, rpc, request)] as const,
    ...Object.entries(TRANSPORTS).map(
      ([name, transport]) =>
        [
          name,
          (rpc: RpcName, request: JsonObject) => callConnect(transport(service.http), rpc, request),
        ] as const,
    ),
  ])('%s', async (_, call) => {
    for (const [rpc, query] of CALLS) {
      const due = await asked(rpc, FREE, query);
      // JSON knows no -0.
      expect(JSON.stringify(resultsOf(await call(rpc, { domain_id: FREE, query })))).toBe(
        JSON.stringify(due),
      );
    }
  });
});

testNoFaults(service);
