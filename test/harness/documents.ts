// Random documents that no writer of jobs would store, but MongoDB can hold: any type anywhere, hostile names, any depth.
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb';
import { below, pick, randomBytes } from './random.js';
import type { Random } from './random.js';

const PIECES = [
  'a',
  'job',
  'é',
  '한',
  '🚀',
  '\0',
  '<img src=x>',
  '\n',
  '\u2028',
  ' '.repeat(30),
  'x'.repeat(200),
];

const textOf = (next: Random): string =>
  Array.from({ length: below(next, 4) }, () => pick(next, PIECES)).join('');

const NUMBERS = [0, -0, 1, -1, 1.5, 127, 128, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, -(2 ** 53)];
const DATES = [0, 1, -1, 1_700_000_000_123, 8.64e15, -8.64e15, -62_135_596_800_000];
const ENUMS = ['SUCCESS', 'ERROR', 'FAILURE', 'ENABLED', 'UNRECOGNIZED', '0', 'constructor', '__proto__'];
const DECIMALS = ['0', '1.5', '-1E+6144', 'NaN', '-Infinity', '123456789012345678901234567890'];

const longOf = (next: Random): Long => new Long(below(next, 2 ** 32), below(next, 2 ** 32));

/** A value of each BSON type, and of each kind within a type. */
const SCALARS: readonly ((next: Random) => unknown)[] = [
  () => null,
  () => undefined,
  (next) => next() < 0.5,
  (next) => new Int32(below(next, 2 ** 32) | 0),
  (next) => new Int32(pick(next, [0, 1, -1, 127, 128, 65_000])),
  (next) => new Double(pick(next, NUMBERS)),
  (next) => new Double(next() * 10 ** (below(next, 40) - 20)),
  (next) => new Double(pick(next, [NaN, Infinity, -Infinity])),
  (next) => Long.fromNumber(pick(next, NUMBERS)),
  longOf,
  (next) => Decimal128.fromString(pick(next, DECIMALS)),
  textOf,
  textOf,
  (next) => pick(next, ENUMS),
  (next) => new Date(pick(next, DATES)),
  (next) => new Date(below(next, 2 ** 41)),
  (next) => new ObjectId(randomBytes(next, 12)),
  (next) => new Binary(randomBytes(next, below(next, 40)), pick(next, [0, 1, 2, 4, 5, 128])),
  (next) => new UUID(randomBytes(next, 16)),
  (next) => new BSONRegExp(pick(next, ['', '[', 'a/b', 'é']), pick(next, ['', 'i', 'mx'])),
  (next) => new BSONSymbol(textOf(next)),
  (next) => new Code(textOf(next)),
  (next) => new Code(textOf(next), { scope: 1 }),
  () => new MinKey(),
  () => new MaxKey(),
  (next) => new Timestamp({ t: below(next, 2 ** 32), i: below(next, 2 ** 32) }),
];

const HOSTILE = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '0',
  '10',
  '-1',
  'a.b',
  '$where',
  '_bsontype',
  '한',
  'k'.repeat(130),
];

const keyOf = (next: Random): string => (next() < 0.5 ? pick(next, HOSTILE) : `key${below(next, 1000)}`);

/** Draws a value of any kind, with lists and objects to `depth` levels. */
export function anyValue(next: Random, depth: number): unknown {
  const kind = next();
  if (depth === 0 || kind < 0.6) return pick(next, SCALARS)(next);
  const length = below(next, 5);
  if (kind < 0.75) return Array.from({ length }, () => anyValue(next, depth - 1));
  return new Map(Array.from({ length }, () => [keyOf(next), anyValue(next, depth - 1)] as const));
}

/** Nests lists and objects `depth` levels deep. */
function chain(next: Random, depth: number): unknown {
  const inner = depth === 0 ? anyValue(next, 1) : chain(next, depth - 1);
  return next() < 0.5 ? [inner] : new Map([[keyOf(next), inner]]);
}

/** Draws a document with some of `names` and other names, in random order, with values of any kind. */
export function anyDocument(next: Random, names: readonly string[]): Map<string, unknown> {
  const chosen = [...names, keyOf(next), keyOf(next)].filter(() => next() < 0.7);
  const entries = chosen.map((name) => [name, valueOf(next)] as const);
  return new Map(entries.toSorted(() => next() - 0.5));
}

const valueOf = (next: Random): unknown =>
  next() < 0.02 ? chain(next, 28 + below(next, 12)) : anyValue(next, 4);
