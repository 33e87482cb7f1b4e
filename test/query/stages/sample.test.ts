// Stats over the sample, computed from its documents over again; groups by the collector, in both ways of finding it.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { JOB_SCHEMA } from '../../../src/job/schema.js';
import { compileStat } from '../../../src/query/compile/stat.js';
import { readStat } from '../../../src/query/parse-stat.js';
import { distinct, field, grouped, key, page, stages } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { rowsOf, sent, SETTINGS, statisticsOf } from '../request.js';
import { SAMPLE, SHAPES, useShapes } from './shapes.js';

const shapes = useShapes('stages-sample');

describe('a stat over the sample gives the rows computed from its documents', () => {
  const documents = () => shapes.service.db.collection('job').find({ domain_id: SAMPLE }).toArray();
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const rank = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

  test('jobs by status, with the sum of their tasks', async () => {
    const groups = new Map<string, { c: number; n: number }>();
    for (const { status, total_tasks } of await documents()) {
      const { c, n } = groups.get(text(status)) ?? { c: 0, n: 0 };
      groups.set(text(status), { c: c + 1, n: n + Number(total_tasks ?? 0) });
    }
    const due = [...groups].toSorted(([a], [b]) => rank(a, b)).map(([s, values]) => ({ s, ...values }));
    const fields = [field('c', 'count'), field('n', 'sum', 'total_tasks')];
    const query = stages(grouped([key('status', 's')], ...fields));
    expect(rowsOf(await shapes.ask({ ...query, ...page(100) }, SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(4);
  });

  test('jobs by day', async () => {
    const days = new Map<string, number>();
    for (const { created_at } of await documents()) {
      const day = created_at instanceof Date ? created_at.toISOString().slice(0, 10) : '';
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    const due = [...days].toSorted(([a], [b]) => rank(a, b)).map(([d, c]) => ({ d, c }));
    const day = key('created_at', 'd', { date_format: '%Y-%m-%d' });
    const query = stages(grouped([day], field('c', 'count')));
    expect(rowsOf(await shapes.ask({ ...query, ...page(1000) }, SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(90);
  });

  test('jobs by provider of their collector', async () => {
    const collectors = await shapes.service.db.collection('collector').find({ domain_id: SAMPLE }).toArray();
    const providers = new Map(collectors.map(({ _id, provider }) => [String(_id), text(provider)]));
    const counts = new Map<string, number>();
    for (const { collector } of await documents()) {
      const provider = providers.get(String(collector)) ?? '';
      counts.set(provider, (counts.get(provider) ?? 0) + 1);
    }
    const due = [...counts]
      .toSorted(([a], [b]) => rank(a, b))
      .map(([p, c]) => ({ p: [p, null][Number(p === '')], c }));
    const query = stages(grouped([key('collector.provider', 'p')], field('c', 'count')));
    expect(rowsOf(await shapes.ask({ ...query, ...page(100) }, SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(3);
  });

  test('every project there is', async () => {
    const projects = (await documents()).flatMap(({ projects: of }) =>
      Array.isArray(of) ? of.map(text) : [],
    );
    const due = [...new Set(projects)].toSorted(rank);
    expect(rowsOf(await shapes.ask(distinct('projects'), SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(3);
  });

  test('pages of jobs by collector and status never overlap or skip', async () => {
    const keys = [key('collector_id', 'c'), key('status', 's')];
    const query = stages(grouped(keys, field('n', 'count')));
    const whole = rowsOf(await shapes.ask({ ...query, ...page(1000) }, SAMPLE));
    const pages = await Promise.all(
      [1, 11, 21, 31, 41, 51, 61].map((start) => shapes.ask({ ...query, ...page(10, start) }, SAMPLE)),
    );
    expect(pages.flatMap(rowsOf)).toEqual(whole);
    expect(pages.flatMap(rowsOf).length).toBeGreaterThan(30);
  });
});

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
    const { rows } = compileStat(readStat(statisticsOf(query), SETTINGS), JOB_SCHEMA, { joined: referred });
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
    expect(begins(MERGED)).toEqual(['$group', '$project', '$set', '$group', '$project', ...GUARD]);
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
