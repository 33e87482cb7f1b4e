// Stats that depend on the stored values: values that no stage can take, and decimals.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { Decimal128 } from 'mongodb';
import { rowsOf } from '../request.js';
import { stages, field, only, projected, x, useShapes } from './shapes.js';

const shapes = useShapes('stages-stored-data');

const group = (parts: JsonObject): JsonObject => stages({ group: parts });
const made = (one: JsonObject): JsonObject => group({ fields: [one] });

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
  await shapes
    .db()
    .collection('job')
    .insertOne({ job_id: 'decimal', domain_id: 'domain-decimal', n: Decimal128.fromString('0.1') });
  expect(rowsOf(await shapes.ask(made(field('x', 'sum', 'n')), 'domain-decimal'))).toEqual(x('0.1'));
});

test('no request was a fault of the service', () => {
  expect(shapes.faults()).toEqual([]);
});
