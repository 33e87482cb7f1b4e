// Jobs and collectors of every shape, with the filter operators asked of them.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { BSONRegExp, Decimal128, Double, Long, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { matchOf } from '../../../src/query/condition.js';
import { isOwn } from '../../../src/query/model.js';
import { readFilters } from '../../../src/query/parse-filter.js';
import { inText } from '../../../src/query/malformed-text.js';
import { idsOf, queryOf, SETTINGS, sent } from '../request.js';
import { useDocuments } from '../shapes.js';

const SHAPES = 'domain-shapes';
export const FIRST = new ObjectId('65e000000000000000000001');
export const SECOND = new ObjectId('65e000000000000000000002');
const FOREIGN = new ObjectId('65e000000000000000000003');
const DANGLING = new ObjectId('65e000000000000000000004');

const COLLECTORS: readonly Document[] = [
  {
    _id: FIRST,
    collector_id: 'first',
    domain_id: SHAPES,
    name: 'Alpha ÉTÉ',
    created_at: new Date('2024-01-01'),
    plugin_info: { plugin_id: 'plug-1', version: '1' },
    provider: 'aws',
  },
  { _id: SECOND, collector_id: 'second', domain_id: SHAPES, name: null },
  { _id: FOREIGN, collector_id: 'foreign', domain_id: 'domain-other', name: 'Alpha ÉTÉ', provider: 'aws' },
];

/** Jobs of every shape that the sample lacks, by job_id. */
const JOBS: Readonly<Record<string, Document>> = {
  j01: {
    filters: { n: 2, s: 'Éclair', list: ['Alpha', 'beta'], o: { a: 1, b: 2 } },
    created_at: new Date('2024-02-29T12:00:00Z'),
    collector: FIRST,
  },
  j02: {
    filters: { n: new Double(2), s: 'éCLAIR straße', list: 'alpha', o: { b: 2, a: 1 } },
    created_at: new Date('2024-03-01'),
    collector: SECOND,
  },
  j03: {
    filters: { n: Long.fromNumber(2), s: ['x', 'ÉCLAIR'], list: [], o: { a: 1, b: 2, c: 3 } },
    created_at: null,
    collector: FOREIGN,
  },
  j04: {
    filters: {
      n: Decimal128.fromString('2'),
      s: 5,
      list: [['alpha']],
      o: [
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ],
    },
    collector: DANGLING,
  },
  j05: {
    filters: { n: '2', s: '', list: [null], o: [{ a: 1 }, { b: 2 }] },
    created_at: '2024-03-01',
    collector: FIRST,
  },
  j06: { filters: { n: true, s: 'a.b*c', list: [5, '5'], o: { a: [1, 5], b: [2] } }, collector: null },
  j07: { filters: { n: null, s: '(x|y)', o: null, op: { $ne: 'x' } } },
  j08: { filters: { n: NaN, s: '100%_\\d', o: 'a', op: [{ $ne: 'x' }] }, collector: 'text' },
  j09: {},
  j10: {
    errors: [
      { error_code: 'A', message: 'one' },
      { error_code: 'B', message: 'two', additional: { x: { y: 1 } } },
    ],
  },
  j11: {
    errors: [
      { error_code: 'A', message: 'two' },
      { error_code: 'B', message: null },
    ],
  },
  j12: {
    errors: [
      {
        error_code: 'B',
        additional: [
          { x: 1, y: 2 },
          { x: 2, y: 1 },
        ],
      },
    ],
  },
};

export const ALL = Object.keys(JOBS);
export const but = (...left: readonly string[]): readonly string[] => ALL.filter((id) => !left.includes(id));
export const nor = (filter: Document): Document => ({ $nor: [filter] });
export const inAnyCase = (path: string, pattern: string): Document => ({
  [path]: { $regex: inText(pattern), $options: 'i' },
});
export const anyCase = (pattern: string): BSONRegExp => new BSONRegExp(inText(pattern), 'i');

export const asked = (condition: JsonObject) => readFilters(queryOf({ filter: [condition] }), SETTINGS).all;

const filterOf = (condition: JsonObject): Document[] =>
  asked(condition)
    .filter(isOwn)
    .map((each) => sent(matchOf(each)));

/** A condition, the filter that MongoDB gets for it, and the jobs that it finds. */
export type Case = readonly [JsonObject, Document, readonly string[]];

export const lacking = (...others: readonly string[]): readonly string[] =>
  [...others, 'j09', 'j10', 'j11', 'j12'].toSorted();
export const ofTwo = ['j01', 'j02', 'j03', 'j04'];
export const withText = ['j01', 'j02', 'j03', 'j05', 'j06', 'j07', 'j08'];
export const eclair = ['j01', 'j02', 'j03'];

/** Serves `database` with the sample and the jobs of every shape, for the tests of a file. */
export function useShapes(database: string) {
  const service = useDocuments(database, SHAPES, JOBS, COLLECTORS);
  /** Lists the jobs of every shape. */
  const ask = (query: JsonObject) => service.list(SHAPES, query);
  /** Lists the ids of the jobs of every shape, in their order. */
  const find = (query: JsonObject) => ask({ ...query, sort: { key: 'job_id' }, only: ['job_id'] });
  return { service, ask, find };
}

/** Tests that each condition compiles to its filter, and finds its jobs. */
export function testConditions({ find }: ReturnType<typeof useShapes>, what: string, cases: readonly Case[]) {
  const named = cases.map((each) => [JSON.stringify(each[0]), ...each] as const);
  describe(what, () => {
    test.each(named)('%s', async (_name, condition, filter, ids) => {
      expect(filterOf(condition)).toEqual([filter]);
      expect(idsOf(await find({ filter: [condition] }))).toEqual(ids);
    });
  });
}
