/**
 * Regular expressions with failures that are reported (docs/query.md «Regular expressions»): where PCRE reaches its match
 * limit, MongoDB's find silently takes the text for one that does not match, while $regexMatch raises an error.
 */
import type { MongoExpression, MongoFilter } from './mongo.js';

/** Whether the steps of an expression can grow faster than the text: two repeats, or one of a group. */
export const needsGuard = (expression: string): boolean => /[*+?{][^]*[*+?{]|\)[*+?{]/.test(expression);

/** An index of an array, as MongoDB reads one in a path; no array is longer than its greatest. */
const INDEX = /^(?:0|[1-9]\d{0,8})$/;

/** The longest path of a guarded expression: each segment nests its guard deeper, each index doubles it. */
export const GUARDED_PATH = { segments: 20, indexes: 3 } as const;

export function isGuardable(path: string): boolean {
  const segments = path.split('.');
  const indexes = segments.filter((segment) => INDEX.test(segment));
  return segments.length <= GUARDED_PATH.segments && indexes.length <= GUARDED_PATH.indexes;
}

type Test = (value: string) => MongoExpression;

const isOfType = (value: MongoExpression, type: string): MongoExpression => ({
  $eq: [{ $type: value }, type],
});

const isArray = (value: MongoExpression): MongoExpression => ({ $isArray: [value] });

/** Whether `test` holds for a value of `type`: `value` itself or, where it is an array, an element. */
const holdsFor = (value: MongoExpression, type: string, as: string, test: Test): MongoExpression => ({
  $anyElementTrue: [
    {
      $map: {
        input: { $cond: [isArray(value), value, [value]] },
        as,
        in: { $cond: [isOfType(`$$${as}`, type), test(`$$${as}`), false] },
      },
    },
  ],
});

/** Whether `test` holds for a text that the path `segments` reaches from `value`, as find follows paths. */
function holdsBelow(value: MongoExpression, segments: readonly string[], test: Test): MongoExpression {
  const [name, ...rest] = segments;
  if (name === undefined) return holdsFor(value, 'string', 'text', test);
  const inDocuments = holdsFor(value, 'object', `at${rest.length}`, (document) =>
    holdsBelow({ $getField: { field: { $literal: name }, input: document } }, rest, test),
  );
  if (!INDEX.test(name)) return inDocuments;
  const element = { $arrayElemAt: [value, Number(name)] };
  return { $or: [{ $cond: [isArray(value), holdsBelow(element, rest, test), false] }, inDocuments] };
}

/** Whether a text at `path` matches one of `expressions`, in time linear in the document. Errors of MongoDB: that cannot be told. */
export function matchesAt(expressions: readonly string[], path: string): MongoExpression {
  const [first = '', ...rest] = path.split('.');
  return holdsBelow(`$${first}`, rest, (text) => ({
    $or: expressions.map((regex) => ({
      $regexMatch: { input: text, regex: { $literal: regex }, options: 'i' },
    })),
  }));
}

/** A filter that no document meets, by an expression that is evaluated for each. */
const never = (expression: MongoExpression): MongoFilter => ({
  $expr: { $eq: [{ $type: expression }, 'string'] },
});

/**
 * `found`, with the guards of its conditions, which are evaluated for a document that `found` denies. Where one of
 * `guards` does not hold, those behind it are not evaluated; the `alternatives` of the last condition all are.
 */
export function guarded(
  found: MongoFilter,
  guards: readonly MongoExpression[],
  alternatives: readonly MongoExpression[] = [],
): MongoFilter {
  // MongoDB would find out by itself that no alternative is no match, and evaluate none of the guards.
  const last = alternatives.length === 0 ? [] : [{ $anyElementTrue: [alternatives] }];
  return { $or: [found, never({ $and: [...guards, ...last] })] };
}
