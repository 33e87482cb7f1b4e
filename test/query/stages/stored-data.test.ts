// Stats that depend on the stored values: values that no stage can take, and decimals.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { Decimal128 } from 'mongodb';
import { rowsOf } from '../request.js';
import { projected, x, useShapes, only } from './shapes.js';
import { stages, field, grouped } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';

const shapes = useShapes('stages-stored-data');

const made = (one: JsonObject): JsonObject => stages(grouped([], one));

test.each<readonly [string, JsonObject]>([
  ['merge_objects of text', made(field('x', 'merge_objects', 'job_id'))],
  ['merge_objects of an array', { ...only('j1'), ...made(field('x', 'merge_objects', 'a')) }],
  ['array_to_object of text', projected('j1', 'array_to_object', 'status')],
  ['array_to_object of an object', projected('j1', 'array_to_object', 'o')],
  ['array_to_object of texts', projected('j1', 'array_to_object', 'a')],
  ['array_to_object of other objects', projected('j7', 'array_to_object', 'a')],
  ['array_to_object of numbers', projected('j5', 'array_to_object', 'n')],
  ['a sort through two arrays', stages({ sort: { keys: [{ key: 'a' }, { key: 'es.m' }] } })],
])('a stat that the stored values make impossible is INVALID_ARGUMENT: %s', async (_what, query) => {
  expect(await shapes.ask(query)).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
  });
});

test('a sum of Decimal128 comes as text', async () => {
  const job = { job_id: 'decimal', domain_id: 'domain-decimal', n: Decimal128.fromString('0.1') };
  await shapes.service.insert([job]);
  expect(rowsOf(await shapes.ask(made(field('x', 'sum', 'n')), 'domain-decimal'))).toEqual(x('0.1'));
});

testNoFaults(shapes.service);
