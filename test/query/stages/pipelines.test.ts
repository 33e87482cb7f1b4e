// The pipelines that stages compile to.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';
import { JOB_SCHEMA } from '../../../src/job/schema.js';
import { compileStat } from '../../../src/query/compile/stat.js';
import { readStat } from '../../../src/query/parse-stat.js';
import { distinct, field, grouped, key, page, stages } from '../../harness/query.js';
import { SETTINGS, sent, statisticsOf } from '../request.js';
import { counted } from './shapes.js';

const compiled = (query: JsonObject) => compileStat(readStat(statisticsOf(query), SETTINGS), JOB_SCHEMA);
const pipeline = (query: JsonObject): Document => sent({ rows: compiled(query).rows.slice(0, -2) });

/** Stands before stages that tell a missing value from null. */
const DOCUMENTS = { $match: { __joined: { $not: { $type: 'minKey' } } } };

test('an id that a scan meets twice is counted once', () => {
  const { total } = compiled({ ...distinct('job_id'), ...page(1) });
  expect(total).toEqual([
    DOCUMENTS,
    { $match: { job_id: { $exists: true } } },
    { $group: { _id: '$job_id' } },
  ]);
});

test.each<readonly [string, JsonObject, readonly Document[]]>([
  [
    'a group',
    stages(grouped([key('status', 's')], field('n', 'sum', 'filter.x'))),
    [
      { $group: { _id: { s: { $ifNull: ['$status', null] } }, n: { $sum: '$filters.x' } } },
      { $project: { _id: 0, s: '$_id.s', n: 1 } },
    ],
  ],
  [
    'a page of a group by several keys',
    { ...stages(grouped([key('status', 's'), key('filter.x')])), page: { limit: 5 } },
    [
      DOCUMENTS,
      { $group: { _id: { s: '$status', x: '$filters.x' } } },
      {
        $set: {
          _id: {
            keys: '$_id',
            order: { key0: { $ifNull: ['$_id.s', null] }, key1: { $ifNull: ['$_id.x', null] } },
          },
        },
      },
      { $sort: { '_id.order': 1, '_id.keys': 1 } },
      { $project: { _id: 0, s: '$_id.keys.s', x: '$_id.keys.x' } },
      { $limit: 5 },
    ],
  ],
  [
    'a condition',
    counted('created_at', 'gte', '2024-03-15'),
    [
      {
        $group: {
          _id: null,
          x: {
            $sum: {
              $cond: [
                {
                  $and: [
                    {
                      $and: [
                        { $eq: [{ $type: '$created_at' }, 'date'] },
                        { $gte: ['$created_at', { $literal: new Date('2024-03-15') }] },
                      ],
                    },
                  ],
                },
                1,
                0,
              ],
            },
          },
        },
      },
      { $project: { _id: 0, x: 1 } },
    ],
  ],
  [
    'unwind, sort, skip, limit and count',
    stages(
      { unwind: { path: 'user_projects' } },
      { sort: { key: 'filter.x', desc: true } },
      { skip: 1 },
      { limit: 2 },
      { count: { name: 'n' } },
    ),
    [
      DOCUMENTS,
      { $unwind: '$projects' },
      { $sort: { 'filters.x': -1 } },
      { $skip: 1 },
      { $limit: 2 },
      { $count: 'n' },
    ],
  ],
  [
    'project',
    stages({ project: { fields: [key('errors', 'e', { o: 'size' }), key('status', 's')] } }),
    [
      DOCUMENTS,
      {
        $project: {
          _id: 0,
          e: { $cond: [{ $isArray: ['$errors'] }, { $size: '$errors' }, 0] },
          s: '$status',
        },
      },
    ],
  ],
])('the pipeline of %s is as pinned', (_what, query, due) => {
  expect(pipeline(query)).toEqual({ rows: due });
});
