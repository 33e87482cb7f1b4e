// Jobs and collectors of every shape, with the builders of stats over them.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Double, Long, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { field, grouped, is, shown, stages } from '../../harness/query.js';
import { rowsOf } from '../request.js';
import { useDocuments } from '../shapes.js';

export const SAMPLE = 'domain-3f1c9a7b2e40';
export const SHAPES = 'domain-stages';
export const FIRST = new ObjectId('65e000000000000000000001');
export const SECOND = new ObjectId('65e000000000000000000002');
const FOREIGN = new ObjectId('65e000000000000000000003');

const COLLECTORS: readonly Document[] = [
  {
    _id: FIRST,
    domain_id: SHAPES,
    collector_id: 'first',
    name: 'First',
    provider: 'aws',
    created_at: new Date('2020-01-01'),
    plugin_info: { plugin_id: 'plug-1', version: '1' },
    tags: new Map<string, unknown>([
      ['_bsontype', 'ObjectId'],
      ['x', 1],
    ]),
  },
  {
    _id: SECOND,
    domain_id: SHAPES,
    collector_id: 'second',
    name: 'Second',
    provider: 'aws',
    created_at: new Date('2020-01-01'),
    plugin_info: { plugin_id: 'plug-2' },
  },
  { _id: FOREIGN, domain_id: 'domain-other', collector_id: 'foreign', name: 'Foreign', provider: 'gcp' },
];

/** Jobs of every shape, by job_id; `t` is a date or nothing, `a` an array or something in its place. */
const JOBS: Readonly<Record<string, Document>> = {
  j1: {
    status: 'A',
    total_tasks: 5,
    t: new Date('2024-02-29T23:59:59.999Z'),
    a: ['x', 'y'],
    o: { p: 1, q: 'z' },
    collector: FIRST,
    created_at: new Date('2024-01-03'),
  },
  j2: {
    status: 'A',
    total_tasks: new Double(2.5),
    t: new Date('2024-12-30T00:00:00Z'),
    a: [],
    o: { q: 'w', r: null },
    collector: SECOND,
    created_at: new Date('2024-01-01'),
  },
  j3: {
    status: 'B',
    total_tasks: Long.fromNumber(7),
    t: null,
    a: ['y', null],
    o: null,
    collector: FIRST,
    created_at: new Date('2024-01-02'),
  },
  j4: {
    status: 'B',
    total_tasks: null,
    t: '2024-01-01',
    a: 'x',
    collector: FOREIGN,
    pairs: [
      ['a', 1],
      ['b', { c: 2 }],
    ],
  },
  j5: {
    status: null,
    a: null,
    n: [1, 2.5, 'x', [3], null],
    pairs: [
      { k: 'a', v: 1 },
      { k: '$b', v: null },
    ],
  },
  j6: {
    a: [['x'], { p: 1 }],
    n: 4,
    o: {},
    pairs: [],
    es: [{ c: 'E', m: [1, 2] }, { c: 'F' }, { m: [2, null] }],
  },
  j7: { total_tasks: 'many', t: new Date(-1), n: [], a: [{ p: 1 }, { p: 2, q: 3 }], es: { c: 'G' } },
};

export const ALL = Object.keys(JOBS);

/** The jobs of a page or pipeline, in its order. */
export const ids: JsonObject = shown('job_id');

export const only = (...jobs: readonly string[]): JsonObject => ({
  filter: [is('job_id', 'in', [...jobs])],
});

/** A pipeline over some jobs. */
export const on = (jobs: readonly string[], ...aggregate: readonly JsonObject[]): JsonObject => ({
  ...only(...jobs),
  ...stages(...aggregate),
});

export const byId: JsonObject = { sort: { key: 'job_id' } };

/** Fields over some jobs, in the order of their ids, as one row. */
export const over = (jobs: readonly string[], ...fields: readonly JsonObject[]): JsonObject => ({
  ...on(jobs, byId, grouped([], ...fields)),
});

export const counted = (k: string, o: string, v?: JsonValue): JsonObject => {
  const value = v === undefined ? {} : { v };
  return stages({ group: { fields: [field('x', 'count', '', { conditions: [{ k, o, ...value }] })] } });
};

export const projected = (job: string, o: string, k: string): JsonObject => ({
  ...only(job),
  ...stages({ project: { fields: [{ k, n: 'x', o }] } }),
});

export const dated = (job: string, date_format: string): JsonObject => ({
  ...only(job),
  ...stages({ group: { keys: [{ k: 't', n: 'x', date_format }] } }),
});

export const x = (...values: readonly JsonValue[]): JsonObject[] => values.map((value) => ({ x: value }));

/** A name, a query and the rows that it gives. */
export type Case = readonly [string, JsonObject, unknown];

/** Serves `database` with the sample and the jobs of every shape, for the tests of a file. */
export function useShapes(database: string) {
  const service = useDocuments(database, SHAPES, JOBS, COLLECTORS);
  /** Asks a stat over the jobs of every shape, or over those of `domain`. */
  const ask = (query: JsonObject, domain = SHAPES) => service.stat(domain, query);
  return { service, ask };
}

/** Tests that each query gives its rows. */
export function testRows({ ask }: ReturnType<typeof useShapes>, what: string, cases: readonly Case[]): void {
  describe(what, () => {
    test.each(cases)('%s', async (_what, query, rows) => {
      expect(rowsOf(await ask(query))).toEqual(rows);
    });
  });
}
