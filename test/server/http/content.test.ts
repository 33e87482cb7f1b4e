// The type of an answer by the ranges that a client accepts, in any order of them; the type and the codings of a body.
import { describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { chooseType, codings, mediaType } from '../../../src/server/http/content.js';

const JSON_TYPE = 'application/json';
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const SUPPORTS = [JSON_TYPE, NDJSON, CSV];

const app = new Hono().get('/', (context) =>
  context.text(
    accepts(context, { header: 'Accept', supports: SUPPORTS, default: JSON_TYPE, match: chooseType }),
  ),
);

const chosen = async (accept: string): Promise<string> =>
  (await app.request('/', { headers: { accept } })).text();

type Row = readonly [ranges: readonly string[], type: string];

/** Of ranges alike, the first decides. */
const IN_ORDER: readonly Row[] = [
  [[CSV, NDJSON], CSV],
  [[NDJSON, CSV], NDJSON],
  [[`${JSON_TYPE};q=0.5`, `${CSV};q=0.5`], JSON_TYPE],
  [[`${CSV};q=0.5`, `${JSON_TYPE};q=0.5`], CSV],
  [['text/*', 'application/*'], CSV],
  [['application/*', 'text/*'], JSON_TYPE],
];

/** Ranges of different rank decide alike in both orders. */
const IN_BOTH_ORDERS: readonly Row[] = [
  [[CSV], CSV],
  [['TEXT/CSV'], CSV],
  [['*/*'], JSON_TYPE],
  [['*'], JSON_TYPE],
  [['text/*'], CSV],
  [['application/*'], JSON_TYPE],
  [['image/png'], JSON_TYPE],
  [['image/png', CSV], CSV],
  [['image/*', NDJSON], NDJSON],
  // The greater q decides.
  [[`${NDJSON};q=0.9`, `${CSV};q=0.8`], NDJSON],
  [[`${NDJSON};q=0.8`, `${CSV};q=0.9`], CSV],
  [[`${JSON_TYPE};q=0.1`, CSV, `${NDJSON};q=0.5`], CSV],
  [[`${JSON_TYPE};q=0.1`, `${CSV};q=0.2`, `${NDJSON};q=0.3`], NDJSON],
  [[NDJSON, 'text/*;q=0.9'], NDJSON],
  [[`${NDJSON};q=0.9`, 'text/*'], CSV],
  // At one q, an exact type is before a range, and that before all types.
  [[NDJSON, 'text/*'], NDJSON],
  [[CSV, 'application/*'], CSV],
  [[CSV, '*/*'], CSV],
  [['text/*', '*/*'], CSV],
  [[NDJSON, 'text/*', '*/*'], NDJSON],
  // All types mean the default, at their q.
  [[`${CSV};q=0.9`, '*/*'], JSON_TYPE],
  [[CSV, '*/*;q=0.9'], CSV],
  [[`${CSV};q=0.9`, '*'], JSON_TYPE],
  // A type has the q of the closest range that holds it.
  [['application/*', `${JSON_TYPE};q=0.5`], NDJSON],
  [['application/*', `${NDJSON};q=0.5`], JSON_TYPE],
  [['text/*', `${CSV};q=0.5`, `${NDJSON};q=0.7`], NDJSON],
  // A q of 0 refuses a type.
  [[`${CSV};q=0`], JSON_TYPE],
  [['text/*', `${CSV};q=0`], JSON_TYPE],
  [['*/*', `${CSV};q=0`], JSON_TYPE],
  [[`${JSON_TYPE};q=0`, `${NDJSON};q=0.1`], NDJSON],
  [[`${JSON_TYPE};q=0`, 'application/*'], NDJSON],
];

const ALL: readonly Row[] = [
  ...IN_ORDER,
  ...IN_BOTH_ORDERS,
  ...IN_BOTH_ORDERS.filter(([{ length }]) => length > 1).map<Row>(([ranges, type]) => [
    ranges.toReversed(),
    type,
  ]),
];

test.each(ALL.map(([ranges, type]) => [ranges.join(', '), type] as const))(
  'to a client that accepts %s, the answer is %s',
  async (accept, type) => {
    expect(await chosen(accept)).toBe(type);
  },
);

test('to a client that accepts nothing in particular, the answer is JSON', async () => {
  expect(await (await app.request('/')).text()).toBe(JSON_TYPE);
});

describe('the type of a body', () => {
  test.each([
    ['application/json', 'application/json'],
    ['Application/JSON', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    ['application/json;charset="UTF-8"', 'application/json'],
    ['application/json; charset=utf8', 'application/json'],
    ['application/json; q=1', 'application/json'],
    ['application/json; charset=latin1', undefined],
    ['application/json; charset=utf-16', undefined],
    ['application/json; charset=xutf-8', undefined],
    ['application/json; charset=utf-8x', undefined],
    ['json', undefined],
    ['', undefined],
  ])('%j is %s', (header, expected) => {
    expect(mediaType(header)).toBe(expected);
  });
});

describe('the codings of a body', () => {
  test.each<readonly [headers: readonly [content: string, transfer: string], expected: readonly string[]]>([
    [['', ''], []],
    [['chunked', ''], ['chunked']],
    [['identity', 'chunked'], []],
    [['Identity', 'CHUNKED'], []],
    [['gzip', 'chunked'], ['gzip']],
    [['', 'gzip, chunked'], ['gzip']],
    [
      [' GZIP ,identity, br', ''],
      ['gzip', 'br'],
    ],
    [
      ['br', 'deflate,chunked'],
      ['br', 'deflate'],
    ],
  ])('by the headers %j are %j', (headers, expected) => {
    expect(codings(...headers)).toEqual(expected);
  });
});
