// Regular expressions as MongoDB answers them, beside an engine whose time grows with the text only: no silent difference.
import { beforeAll, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { MongoServerError } from 'mongodb';
import type { Collection } from 'mongodb';
import { RE2JS } from 're2js';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { confine, matchStages } from '../../src/query/confine.js';
import { findRunaway } from '../../src/regex/runaway.js';
import { jsonClient } from '../harness/client.js';
import type { RpcName } from '../harness/client.js';
import { callHttp } from '../harness/http-client.js';
import { random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { useService } from '../harness/use-service.js';

const SEED = Number(process.env['REGEX_SEED'] ?? 20_261_125);
const PATTERNS = Number(process.env['REGEX_PATTERNS'] ?? 1000);
const TEXTS = 60;
/** For one expression over all texts. */
const QUERY_TIMEOUT_MS = 1000;
const AT_ONCE = 8;

/** MongoDB's codes for expressions beyond its limits, out of time, or beyond its syntax. */
const STUCK = [51156, 50];
const UNREADABLE = [51091, 51111];

const service = useService('reported');
let texts: Collection<{ domain_id: string; n: number; text: string }>;

const DOMAIN = 'domain-of-regexes';

beforeAll(async () => {
  texts = service.db.collection('texts');
  const errors = [{ message: `${'a'.repeat(8000)}x` }];
  await service.insert([{ domain_id: DOMAIN, job_id: 'job-long', errors }]);
});

const pick = <T>(next: Random, from: readonly [T, ...T[]]): T =>
  from[Math.floor(next() * from.length)] ?? from[0];

const ATOMS = ['a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '\\d', ' '] as const;
const REPEATS = ['', '', '', '*', '+', '?', '{1,3}', '*?', '{2,}'] as const;

function patternOf(next: Random, depth = 0): string {
  const pieces = Array.from({ length: 1 + Math.floor(next() * 4) }, () => {
    const inner = depth < 2 && next() < 0.25 ? `(?:${patternOf(next, depth + 1)})` : pick(next, ATOMS);
    return inner + pick(next, REPEATS);
  });
  const one = pieces.join('');
  const other = next() < 0.15 ? `${one}|${patternOf(next, depth + 1)}` : one;
  return depth > 0 ? other : pick(next, ['', '', '^']) + other + pick(next, ['', 'x', 'c']);
}

/** Few letters, many times, and almost what is looked for. */
function textOf(next: Random): string {
  const length = pick(next, [3, 12, 25, 40, 90, 200, 400]);
  const unit = pick(next, ['a', 'ab', 'aab', 'a b ', 'abc1']);
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length) + pick(next, ['', '!', 'x', 'c']);
}

type Told = 'same' | 'stuck' | 'refused' | 'unreadable' | 'other engine' | 'SILENT';

const numbersOf = async (pattern: string): Promise<readonly number[]> => {
  const condition = {
    fieldPath: 'query.filter[0]',
    path: 'text',
    operator: 'regex',
    operand: pattern,
  } as const;
  const match = confine({ all: [condition], any: [] }, { domainId: DOMAIN }, JOB_SCHEMA);
  const pipeline = [...matchStages(match), { $project: { _id: 0, n: 1 } }];
  const found = await texts.aggregate<{ n: number }>(pipeline, { maxTimeMS: QUERY_TIMEOUT_MS }).toArray();
  return found.map(({ n }) => n).toSorted((a, b) => a - b);
};

async function told(pattern: string, all: readonly string[]): Promise<Told> {
  if (findRunaway(pattern) !== undefined) return 'refused';
  try {
    const engine = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    const found = await numbersOf(pattern);
    const due = all.flatMap((text, n) => (engine.matcher(text).find() ? [n] : []));
    return found.join() === due.join() ? 'same' : 'SILENT';
  } catch (error) {
    if (!(error instanceof MongoServerError)) return 'other engine';
    if (STUCK.includes(Number(error.code))) return 'stuck';
    return UNREADABLE.includes(Number(error.code)) ? 'unreadable' : 'SILENT';
  }
}

test(`${PATTERNS} expressions of seed ${SEED} over ${TEXTS} texts: each answer is right, or an error`, async () => {
  const next = random(SEED);
  const all = Array.from({ length: TEXTS }, () => textOf(next));
  await texts.insertMany(all.map((text, n) => ({ domain_id: DOMAIN, n, text })));
  const patterns = Array.from({ length: PATTERNS }, () => patternOf(next));
  const outcomes: (readonly [string, Told])[] = [];
  const asking = patterns.values();
  const ask = async (): Promise<void> => {
    for (const pattern of asking) outcomes.push([pattern, await told(pattern, all)]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  const count = (due: Told): number => outcomes.filter(([, outcome]) => outcome === due).length;
  process.stderr.write(
    `seed ${SEED}: ${count('same')} the same, ${count('refused')} refused, ${count('stuck')} reported as too much, ` +
      `${count('unreadable') + count('other engine')} unreadable to one engine, ${count('SILENT')} silent differences\n`,
  );
  expect(outcomes.filter(([, outcome]) => outcome === 'SILENT')).toEqual([]);
  expect(count('same')).toBeGreaterThan(PATTERNS / 2);
}, 300_000);

const STUCK_ON = '.*.*y|^.*.*.*x$';
const FILTER = { k: 'errors.message', o: 'regex' };

test('find alone silently drops a text beyond the limits of PCRE', async () => {
  const jobs = service.db.collection('job');
  const text = { 'errors.message': { $regex: STUCK_ON, $options: 'i' } };
  expect(
    RE2JS.compile(STUCK_ON)
      .matcher(`${'a'.repeat(8000)}x`)
      .find(),
  ).toBe(true);
  expect(await jobs.countDocuments({ domain_id: DOMAIN, ...text })).toBe(0);
});

const TOLD: readonly (readonly [RpcName, JsonObject, string])[] = [
  ['list', { query: { filter: [{ ...FILTER, v: STUCK_ON }] } }, 'query.filter[0].value'],
  [
    'list',
    { query: { filter: [{ ...FILTER, o: 'regex_in', v: ['b', STUCK_ON] }] } },
    'query.filter[0].value',
  ],
  [
    'list',
    {
      query: {
        filter: [
          { ...FILTER, v: STUCK_ON },
          { k: 'status', o: 'regex', v: 'a+b*' },
        ],
      },
    },
    'query.filter',
  ],
  [
    'stat',
    { query: { filter: [{ ...FILTER, v: STUCK_ON }], aggregate: [{ count: { name: 'n' } }] } },
    'query.filter[0].value',
  ],
];

test.each(TOLD)('%s of %j is refused with the condition named, at %s', async (rpc, request, field) => {
  const client = jsonClient(service.address);
  const all = { domain_id: DOMAIN, ...request };
  for (const outcome of [await client.call(rpc, all), await callHttp(service.http, rpc, all)]) {
    expect(outcome).toHaveProperty('error.code', 'ERROR_INVALID_PARAMETER');
    expect(outcome).toHaveProperty('error.text', expect.stringContaining(`(key = ${field}, `));
    expect(outcome).toHaveProperty('error.text', expect.stringContaining("exceeds MongoDB's match limit"));
  }
  client.close();
});
