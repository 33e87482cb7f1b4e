/**
 * Conditions on stored text (docs/query.md «Text that is not UTF-8»): expressions for text only, and filters for the texts
 * and names that MongoDB cannot judge, since their bytes are not UTF-8.
 */
import { randomUUID } from 'node:crypto';
import { meets, TEXT_TYPES } from './mongo-syntax.js';
import type { MongoFilter } from './mongo-syntax.js';
import { beforeIndexes, splits, withoutIndexes } from './paths.js';

/** A comment that no stored expression has: to find, an expression is also equal to itself where one is stored. */
const NO_STORED = `(?#${randomUUID()})`;

/** Makes find apply `expression` to text, and not to stored expressions. */
export const inText = (expression: string): string => NO_STORED + expression;

/** The character in answers for bytes other than UTF-8. */
const REPLACEMENT = '\ufffd';

/** A place in documents with text that MongoDB may misjudge. */
export interface Doubt {
  /** Each finds documents with such text, and maybe others; together they find all. */
  readonly find: readonly MongoFilter[];
  /** A path that includes all values of the condition. */
  readonly shown: string;
}

/** A text without a match for even the empty expression. */
const MALFORMED = { $not: { $regex: '' }, $type: TEXT_TYPES };

/** A malformed text at `path`, by the last list on the way there; where there is none, at `path` itself. */
function malformedAt(path: string): readonly MongoFilter[] {
  const behindList = splits(path).map(({ head, rest }) =>
    meets(head, { $elemMatch: meets(rest, MALFORMED) }),
  );
  return [meets(path, MALFORMED), meets(path, { $elemMatch: MALFORMED }), ...behindList];
}

/** Malformed texts that `path` reaches; an index also means any element, as with lists on the way. */
function textsAt(path: string): Doubt {
  const paths = new Set([path, withoutIndexes(path)]);
  return { find: [...paths].flatMap(malformedAt), shown: beforeIndexes(path) };
}

/** Documents with anything at the start of `path`: MongoDB cannot find names. */
function namesAt(path: string): Doubt {
  const [shown = path] = path.split('.');
  return { find: [meets(shown, { $exists: true })], shown };
}

/** Malformed texts at `path`; or names, where `path` has the replacement character. */
export const doubtAt = (path: string): Doubt => (path.includes(REPLACEMENT) ? namesAt(path) : textsAt(path));

/** The same, and every list and object at `path`: MongoDB cannot find malformed text further inside. */
export function doubtWithin(path: string): Doubt {
  const doubt = doubtAt(path);
  return { ...doubt, find: [...doubt.find, meets(path, { $type: ['object', 'array'] })] };
}

/** `path` as far as a projection can follow it: no stored name that is not UTF-8 equals its form in answers. */
export function beforeReplaced(path: string): string {
  const segments = path.split('.');
  const replaced = segments.findIndex((segment) => segment.includes(REPLACEMENT));
  return replaced < 1 ? path : segments.slice(0, replaced).join('.');
}

/** True where a malformed text, as answers show it, may equal `due`. */
export const mayEqual = (due: string): boolean => due.includes(REPLACEMENT);

/** True where the order of a malformed text and `due` may depend on its form in answers: from a letter beyond ASCII on. */
export const mayOrder = (due: string): boolean => /[^\0-\x7f]/.test(due);

type LeavesDoubt = (text: string) => boolean;

/** True where `due` holds a text or a name that leaves a doubt. */
function holdsDoubt(due: unknown, leavesDoubt: LeavesDoubt): boolean {
  if (typeof due === 'string') return leavesDoubt(due);
  if (Array.isArray(due)) return due.some((each) => holdsDoubt(each, leavesDoubt));
  if (!(due instanceof Map)) return false;
  return [...due].some(([name, each]) => mayEqual(String(name)) || holdsDoubt(each, leavesDoubt));
}

/** A name that a path can have for a segment. */
const IN_PATHS = /^[^$.][^.]*$/;

/** `doubts` of places within the value at `path`, where a condition compares all of that value. */
export function aboutWhole(path: string, doubts: readonly Doubt[]): readonly Doubt[] {
  const { shown } = doubtAt(path);
  return doubts.map(({ find }) => ({ find, shown }));
}

/** The doubts of comparing the value at `path` with `due`; `leavesDoubt` selects the texts of `due` that leave any. */
export function doubtsOf(due: unknown, path: string, leavesDoubt: LeavesDoubt = mayEqual): readonly Doubt[] {
  const at = new Set<string>();
  const within = new Set<string>();
  /** Looks at a part of `due` that no path below `here` leads to. */
  function lookBeyondPaths(part: unknown, here: string): void {
    if (holdsDoubt(part, leavesDoubt)) within.add(here);
  }
  function look(value: unknown, here: string): void {
    if (typeof value === 'string' && leavesDoubt(value)) at.add(here);
    if (Array.isArray(value))
      for (const each of value) (Array.isArray(each) ? lookBeyondPaths : look)(each, here);
    if (value instanceof Map) for (const [name, each] of value) lookInField(String(name), each, here);
  }
  function lookInField(name: string, value: unknown, here: string): void {
    if (!IN_PATHS.test(name)) {
      lookBeyondPaths(new Map([[name, value]]), here);
      return;
    }
    const inside = `${here}.${name}`;
    if (mayEqual(inside)) at.add(inside);
    look(value, inside);
  }
  if (mayEqual(path)) at.add(path);
  look(due, path);
  return aboutWhole(path, [...Array.from(at, doubtAt), ...Array.from(within, doubtWithin)]);
}
