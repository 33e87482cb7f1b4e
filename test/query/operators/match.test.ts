// The operator match: one object meets all of the given values. The compiled filter is pinned, then run.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { idsOf } from '../request.js';
import { useShapes, testConditions } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-match');

const notArray = (path: string): Document => ({ [path]: { $not: { $type: 'array' } } });

const MATCHES: readonly Case[] = [
  [
    is('filters.o', 'match', { a: 1, b: 2 }),
    {
      $or: [
        { 'filters.o': { $elemMatch: { $and: [{ a: { $eq: 1 } }, { b: { $eq: 2 } }] } } },
        {
          $and: [
            { 'filters.o': { $type: 'object' } },
            notArray('filters'),
            notArray('filters.o'),
            { 'filters.o.a': { $eq: 1 } },
            { 'filters.o.b': { $eq: 2 } },
          ],
        },
        {
          filters: {
            $elemMatch: {
              $and: [{ o: { $type: 'object' } }, notArray('o'), { 'o.a': { $eq: 1 } }, { 'o.b': { $eq: 2 } }],
            },
          },
        },
      ],
    },
    ['j01', 'j02', 'j03', 'j04', 'j06'],
  ],
  [
    is('errors', 'match', { error_code: 'A' }),
    {
      $or: [
        { errors: { $elemMatch: { $and: [{ error_code: { $eq: 'A' } }] } } },
        {
          $and: [{ errors: { $type: 'object' } }, notArray('errors'), { 'errors.error_code': { $eq: 'A' } }],
        },
      ],
    },
    ['j10', 'j11'],
  ],
  [
    is('filters.o', 'match', {}),
    { 'filters.o': { $type: 'object' } },
    ['j01', 'j02', 'j03', 'j04', 'j05', 'j06'],
  ],
];

const ACROSS_ELEMENTS: readonly (readonly [JsonObject, readonly string[]])[] = [
  [is('errors', 'match', { error_code: 'A', message: 'two' }), ['j11']],
  [is('errors', 'match', { message: 'two', error_code: 'B' }), ['j10']],
  [is('errors', 'match', { error_code: 'B', message: null }), ['j11', 'j12']],
  [is('errors', 'match', { error_code: 'B', 'additional.x.y': 1 }), ['j10']],
  [is('errors', 'match', { error_code: 'A', 'additional.x.y': 1 }), []],
  [is('errors', 'match', { 'additional.x': 2, 'additional.y': 2 }), ['j12']],
  [is('errors', 'match', { additional: { x: { y: 1 } } }), ['j10']],
  [is('errors', 'match', { additional: { $exists: true } }), []],
  [is('errors', 'match', { error_code: { $ne: 'A' } }), []],
  [is('errors', 'match', {}), ['j10', 'j11', 'j12']],
  [is('errors.additional', 'match', { x: 2, y: 1 }), ['j12']],
  [is('errors.additional', 'match', { x: 1, y: 1 }), []],
  [is('errors.additional', 'match', { 'x.y': 1 }), ['j10']],
  [is('errors.additional', 'match', {}), ['j10', 'j12']],
  [is('errors.additional', 'match', { z: null }), ['j10', 'j12']],
  [is('errors.0', 'match', { error_code: 'A', message: 'two' }), ['j11']],
  [is('errors.1', 'match', { message: 'two' }), ['j10']],
  [is('filters.o', 'match', { a: null }), ['j05']],
  [is('filters.o', 'match', { 'a.0': 1 }), ['j06']],
  [is('filters', 'match', { n: 2, s: 'Éclair' }), ['j01']],
  [is('filters.n', 'match', {}), []],
];

testConditions(shapes, 'match', MATCHES);

test.each(ACROSS_ELEMENTS.map(([condition, ids]) => [JSON.stringify(condition), condition, ids] as const))(
  'match is met by one object, not by several together: %s',
  async (_name, condition, ids) => {
    expect(idsOf(await shapes.find({ filter: [condition] }))).toEqual(ids);
  },
);

testNoFaults(shapes.service);
