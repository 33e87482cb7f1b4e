// Groups by fields of the collector, in both ways of finding the collectors.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { JOB_SCHEMA } from '../../../src/job/schema.js';
import { compileStat } from '../../../src/query/compile/stat.js';
import { readStat } from '../../../src/query/parse-stat.js';
import { SETTINGS, rowsOf, sent, statisticsOf } from '../request.js';
import { SAMPLE, SHAPES, useShapes } from './shapes.js';
import { stages, field } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';

const shapes = useShapes('stages-group-by-reference');

describe('a group by fields of the collector', () => {
  const keysOf = (...names: readonly string[]): JsonObject[] => names.map((k, i) => ({ k, n: `x${i}` }));
  const MERGED = [
    field('part0', 'count'),
    field('collector', 'count', '', { conditions: [{ k: 'status', o: 'eq', v: 'A' }] }),
    field('most', 'max', 'total_tasks'),
    field('least', 'min', 't'),
  ];
  const WHOLE = field('all', 'push', 'job_id');
  /** The guard of the size of rows, behind a barrier. */
  const GUARD = ['$limit', '$match'];
  const begins = (fields: readonly JsonObject[]): readonly string[] => {
    const query = stages({ group: { keys: keysOf('collector.name'), fields: [...fields] } });
    const referred = { ids: [], documents: [] };
    const { rows } = compileStat(readStat(statisticsOf(query), SETTINGS), JOB_SCHEMA, referred);
    return rows.flatMap((stage) => Object.keys(sent(stage)));
  };
  const shown = { project: { fields: ['part0', 'collector', 'most', 'least'].map((n) => ({ k: n, n })) } };
  const rowsBy = async (keys: readonly string[], fields: readonly JsonObject[], domain: string) => {
    const group = { keys: keysOf(...keys), fields: [...fields] };
    const outcome = await shapes.ask(stages({ group }, shown), domain);
    return [rowsOf(outcome)]
      .flat()
      .map((row) => JSON.stringify(row))
      .toSorted();
  };

  test('finds each collector once where its fields merge, and for each job where they do not', () => {
    expect(begins(MERGED)).toEqual(['$match', '$group', '$project', '$set', '$group', '$project', ...GUARD]);
    expect(begins([...MERGED, WHOLE])).toEqual(['$match', '$set', '$group', '$project', ...GUARD]);
    expect(begins([field('n', 'max', 'collector.name')])).toEqual(['$set', '$group', '$project', ...GUARD]);
  });

  const KEYS = [
    ['collector.name'],
    ['collector.provider', 'status'],
    ['status', 'collector.name', 'collector.nosuch'],
    ['collector.created_at', 'collector'],
    ['collector.provider', 'o', 'a', 'nosuch'],
  ];

  test.each([SHAPES, SAMPLE].flatMap((domain) => KEYS.map((keys) => ({ domain, keys }))))(
    'gives the same rows whether collectors are found by reference or by job: $domain by $keys',
    async ({ domain, keys }) => {
      const due = await rowsBy(keys, [...MERGED, WHOLE], domain);
      expect(await rowsBy(keys, MERGED, domain)).toEqual(due);
      expect(due.length).toBeGreaterThan(1);
    },
  );
});

testNoFaults(shapes.service);
