/**
 * Conditions on stored text (docs/query.md «Text that is not UTF-8»): expressions for text only, and filters for the texts
 * and names that MongoDB cannot judge, since their bytes are not UTF-8.
 */
import { meets, TEXT_TYPES } from './mongo-syntax.js';
import type { MongoFilter } from './mongo-syntax.js';
import { beforeIndexes, firstSegment, splits, withoutIndexes } from './paths.js';

/**
 * A comment of this service's own. MongoDB's find also matches a stored regular expression equal to the one sought; with
 * this prefix none is equal.
 */
const OWN_COMMENT = '(?#5f0c2d8e-7a41-4b9e-9d63-1e8b3a70c4f2)';

/** Makes find apply `expression` to text, and not to stored expressions. */
export const inText = (expression: string): string => OWN_COMMENT + expression;

/** The character in answers for bytes other than UTF-8. */
const REPLACEMENT = '\ufffd';

/** Finds the documents with text at a path that MongoDB may misjudge. */
export interface MalformedTextProbe {
  /** Each finds documents with such text, and maybe others; together they find all. */
  readonly filters: readonly MongoFilter[];
  /** A path that includes all values of the condition. */
  readonly projectedPath: string;
}

/** A text without a match for even the empty expression. */
const MALFORMED = { $not: { $regex: '' }, $type: TEXT_TYPES };

/** Finds a malformed text at `path`, by the last list on the way there; where there is none, at `path` itself. */
function malformedAt(path: string): readonly MongoFilter[] {
  const behindList = splits(path).map(({ head, rest }) =>
    meets(head, { $elemMatch: meets(rest, MALFORMED) }),
  );
  return [meets(path, MALFORMED), meets(path, { $elemMatch: MALFORMED }), ...behindList];
}

/** Malformed texts that `path` reaches; an index also means any element, as with lists on the way. */
function textsAt(path: string): MalformedTextProbe {
  const paths = new Set([path, withoutIndexes(path)]);
  return { filters: [...paths].flatMap(malformedAt), projectedPath: beforeIndexes(path) };
}

/** Documents with anything at the start of `path`: MongoDB cannot find names. */
function namesAt(path: string): MalformedTextProbe {
  const projectedPath = firstSegment(path);
  return { filters: [meets(projectedPath, { $exists: true })], projectedPath };
}

/** Probes for malformed texts at `path`; or for names, where `path` has the replacement character. */
export const probeAt = (path: string): MalformedTextProbe =>
  path.includes(REPLACEMENT) ? namesAt(path) : textsAt(path);

/** The same, and every list and object at `path`: MongoDB cannot find malformed text further inside. */
export function probeBelow(path: string): MalformedTextProbe {
  const probe = probeAt(path);
  return { ...probe, filters: [...probe.filters, meets(path, { $type: ['object', 'array'] })] };
}

/** `path` as far as a projection can follow it: no stored name that is not UTF-8 equals its form in answers. */
export function beforeReplaced(path: string): string {
  const segments = path.split('.');
  const replaced = segments.findIndex((segment) => segment.includes(REPLACEMENT));
  return replaced < 1 ? path : segments.slice(0, replaced).join('.');
}

/** True where a malformed text, as answers show it, may equal `text`. */
export const mayEqual = (text: string): boolean => text.includes(REPLACEMENT);

/** True where the order of a malformed text and `text` may depend on its form in answers: from a letter beyond ASCII on. */
export const mayOrder = (text: string): boolean => /[^\0-\x7f]/.test(text);

type NeedsProbe = (text: string) => boolean;

/** True where `value` holds a text or a name that needs a probe. */
function holdsProbed(value: unknown, needsProbe: NeedsProbe): boolean {
  if (typeof value === 'string') return needsProbe(value);
  if (Array.isArray(value)) return value.some((each) => holdsProbed(each, needsProbe));
  if (!(value instanceof Map)) return false;
  return [...value].some(([name, each]) => mayEqual(String(name)) || holdsProbed(each, needsProbe));
}

/** A name that a path can have for a segment. */
const IN_PATHS = /^[^$.][^.]*$/;

/** Makes `probes` within the value at `path` project all of it, for a condition that compares all of it. */
export function projectWhole(
  path: string,
  probes: readonly MalformedTextProbe[],
): readonly MalformedTextProbe[] {
  const { projectedPath } = probeAt(path);
  return probes.map(({ filters }) => ({ filters, projectedPath }));
}

/** The probes for a comparison of the value at `path` with `operand`; `needsProbe` selects the texts of `operand` that need one. */
export function probesForOperand(
  operand: unknown,
  path: string,
  needsProbe: NeedsProbe = mayEqual,
): readonly MalformedTextProbe[] {
  const exact = new Set<string>();
  const below = new Set<string>();
  /** Looks at a part of `operand` that no path below `here` leads to. */
  function lookBeyondPaths(part: unknown, here: string): void {
    if (holdsProbed(part, needsProbe)) below.add(here);
  }
  function look(value: unknown, here: string): void {
    if (typeof value === 'string' && needsProbe(value)) exact.add(here);
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
    if (mayEqual(inside)) exact.add(inside);
    look(value, inside);
  }
  if (mayEqual(path)) exact.add(path);
  look(operand, path);
  return projectWhole(path, [...Array.from(exact, probeAt), ...Array.from(below, probeBelow)]);
}
