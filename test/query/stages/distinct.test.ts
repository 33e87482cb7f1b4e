// Distinct values, a row a case, with the values that it gives; and domains without jobs.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { FIRST, SECOND, byId, x, useShapes, testRows, only } from './shapes.js';
import { stages, field, key, grouped, distinct, page } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-distinct');

const NOBODY = 'domain-of-nobody';

const DISTINCTS: readonly Case[] = [
  ['a field, null first, missing left out', distinct('status'), [null, 'A', 'B']],
  ['numbers by value, and texts behind', distinct('total_tasks'), [null, 2.5, 5, 7, 'many']],
  ['arrays are spread', { ...only('j1', 'j2', 'j3', 'j4', 'j5'), ...distinct('a') }, [null, 'x', 'y']],
  ['an array within an array is a value', { ...only('j6'), ...distinct('a') }, [{ p: 1 }, ['x']]],
  ['through arrays', { ...only('j7'), ...distinct('a.p') }, [1, 2]],
  ['through arrays, and spread', distinct('es.m'), [null, 1, 2]],
  ['through arrays and objects', distinct('es.c'), ['E', 'F', 'G']],
  ['a field of the collector', distinct('collector.name'), ['First', 'Second']],
  ['a field of the collector of that name', distinct('collector.provider'), ['aws']],
  [
    'the collector itself',
    { ...only('j1', 'j2'), ...distinct('collector_info') },
    [FIRST.toHexString(), SECOND.toHexString()],
  ],
  ['what is nowhere', distinct('nosuch'), []],
  ['_id', distinct('_id'), []],
  ['by index', distinct('a.0'), ['x', 'y', { p: 1 }]],
  [
    'dates',
    { ...only('j1', 'j2'), ...distinct('created_at') },
    ['2024-01-01T00:00:00.000Z', '2024-01-03T00:00:00.000Z'],
  ],
  ['a page', { ...distinct('job_id'), ...page(2, 2) }, ['j2', 'j3']],
  ['aggregate wins', { ...distinct('job_id'), ...stages({ count: { name: 'x' } }) }, x(7)],
];

testRows(shapes, 'distinct values', DISTINCTS);

test.each<readonly [string, JsonObject]>([
  ['a group', stages(grouped([key('status', 's')], field('c', 'count')))],
  ['a group without keys', stages(grouped([], field('c', 'count')))],
  ['a count', stages({ count: { name: 'x' } })],
  ['whole documents', stages(byId)],
  ['values', distinct('status')],
])('a domain without jobs has no rows: %s', async (_what, query) => {
  expect(await shapes.ask(query, NOBODY)).toEqual({ response: { results: [] } });
});

testNoFaults(shapes.service);
