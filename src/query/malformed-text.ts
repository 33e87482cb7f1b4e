/**
 * Conditions on stored text (docs/query.md «Text that is not UTF-8»): expressions that find text only, and what finds
 * the texts and names that MongoDB cannot hold a condition against, since their bytes are not UTF-8.
 */
import { randomUUID } from 'node:crypto';
import { meets } from './mongo-syntax.js';
import type { MongoFilter } from './mongo-syntax.js';
import { beforeIndexes, isIndex } from './schema.js';

/** A comment that no stored expression has: to find, an expression is also equal to itself where one is stored. */
const NO_STORED = `(?#${randomUUID()})`;

/** `expression` for a condition of find, which then finds text and no stored expression. */
export const inText = (expression: string): string => NO_STORED + expression;

/** What answers show for bytes that are not UTF-8. */
const REPLACED = '\ufffd';

/** Where documents may hold what a condition cannot be held against. */
export interface Doubt {
  /** Where it comes from: doubts of one path are one. */
  readonly path: string;
  /** Each finds documents that do, and maybe others; together they find all. */
  readonly find: readonly MongoFilter[];
  /** The path that has all that the condition asks of. */
  readonly shown: string;
}

/** A text in which even the empty expression finds nothing. */
const MALFORMED = { $not: { $regex: '' }, $type: ['string', 'symbol'] };

/** A malformed text at `path`, by the last list on the way there; where there is none, at `path` itself. */
function malformedAt(path: string): readonly MongoFilter[] {
  const segments = path.split('.');
  const behindList = segments.slice(1).map((_, i) => {
    const rest = meets(segments.slice(i + 1).join('.'), MALFORMED);
    return meets(segments.slice(0, i + 1).join('.'), { $elemMatch: rest });
  });
  return [meets(path, MALFORMED), meets(path, { $elemMatch: MALFORMED }), ...behindList];
}

/** Malformed texts that `path` reaches; an index is also taken for any element, as lists on the way may have it so. */
function textsAt(path: string): Doubt {
  const anywhere = path.split('.').filter((segment, i) => i === 0 || !isIndex(segment));
  const paths = new Set([path, anywhere.join('.')]);
  return { path, find: [...paths].flatMap(malformedAt), shown: beforeIndexes(path) };
}

/** Documents with anything where `path` begins: names are not to be found. */
function namesAt(path: string): Doubt {
  const [shown = path] = path.split('.');
  return { path, find: [meets(shown, { $exists: true })], shown };
}

/** Malformed texts at `path`; or names, where the path has what answers show for them. */
export const doubtAt = (path: string): Doubt => (path.includes(REPLACED) ? namesAt(path) : textsAt(path));

/** Whether a malformed text may be equal to `due` as answers show it. */
export const mayEqual = (due: string): boolean => due.includes(REPLACED);

/** Whether a malformed text may be less, or more, than `due` only as answers show it: from one beyond ASCII on. */
export const mayOrder = (due: string): boolean => /[^\0-\x7f]/.test(due);

/** The doubts of comparing the value at `path` with `due`, where `isDoubtful` tells the texts that leave any. */
export function doubtsOf(
  due: unknown,
  path: string,
  isDoubtful: (text: string) => boolean = mayEqual,
): readonly Doubt[] {
  const paths = new Set<string>();
  function look(value: unknown, at: string): void {
    if (typeof value === 'string' && isDoubtful(value)) paths.add(at);
    if (Array.isArray(value)) for (const each of value) look(each, at);
    if (value instanceof Map) for (const [name, each] of value) look(each, nameIn(at, name));
  }
  function nameIn(at: string, name: unknown): string {
    const inside = `${at}.${String(name)}`;
    if (inside.includes(REPLACED)) paths.add(inside);
    return inside;
  }
  if (path.includes(REPLACED)) paths.add(path);
  look(due, path);
  return Array.from(paths, doubtAt);
}
