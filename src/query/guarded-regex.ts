/**
 * Guards for regular expressions (docs/query.md «Regular expressions»): where PCRE reaches its match limit, MongoDB's find
 * silently takes the text for no match, while $regexMatch raises an error.
 */
import { isOfType } from './expressions.js';
import type { Types } from './expressions.js';
import { TEXT_TYPES } from './mongo-syntax.js';
import type { MongoExpression, MongoFilter } from './mongo-syntax.js';
import { isIndex } from './paths.js';

/** Opens a group of special syntax: its `?` is no repeat. */
const GROUP_SYNTAX = /(?<!\\)\(\?/g;
const REPEAT = /[*+?{]/;
/** Two repeats, a repeat of a group, or one beside alternatives or a back reference: steps grow faster than the text. */
const REPEATS_MULTIPLY = /[*+?{][^]*[*+?{]|\)[*+?{]|\||\\[1-9gk]|\(P=/;

/** True where find may miss a match, since PCRE can reach a limit of its own. */
export const needsRegexGuard = (expression: string): boolean => REPEAT.test(withoutSyntax(expression));

const withoutSyntax = (expression: string): string => expression.replace(GROUP_SYNTAX, '(');

/** One plain repeat stays within the limits of PCRE on shorter texts; it was seen to leave them at 300,000. */
const LONG_TEXT_BYTES = 50_000;

/** True where one of `expressions` may leave those limits on a short text. */
const isRiskyOnShortTexts = (expressions: readonly string[]): boolean =>
  expressions.some((each) => needsRegexGuard(each) && REPEATS_MULTIPLY.test(withoutSyntax(each)));

/** The longest path of a guarded expression: each segment nests its guard deeper, each index doubles it. */
export const GUARDED_PATH = { segments: 20, indexes: 3 } as const;

/** Counts the copies of its expressions that the guard at `path` has; undefined: the path is too long for a guard. */
export function guardCopies(path: string): number | undefined {
  const segments = path.split('.');
  const indexes = segments.filter(isIndex).length;
  const isShort = segments.length <= GUARDED_PATH.segments && indexes <= GUARDED_PATH.indexes;
  return isShort ? 2 ** indexes : undefined;
}

type Test = (value: string) => MongoExpression;

/** A text as $regexMatch takes one: it takes no symbol. */
const asString = (text: string): MongoExpression => ({
  $cond: [isOfType(text, 'symbol'), { $substrBytes: [text, 0, -1] }, text],
});

const isArray = (value: MongoExpression): MongoExpression => ({ $isArray: [value] });

/** Evaluates `test` on a value of one of `types`: `value` itself or, where it is an array, any element. */
const holdsFor = (value: MongoExpression, types: Types, as: string, test: Test): MongoExpression => ({
  $anyElementTrue: [
    {
      $map: {
        input: { $cond: [isArray(value), value, [value]] },
        as,
        in: { $cond: [isOfType(`$$${as}`, ...types), test(`$$${as}`), false] },
      },
    },
  ],
});

/** Evaluates `test` on the texts that `segments` reach from `value`, as find follows paths. */
function holdsBelow(value: MongoExpression, segments: readonly string[], test: Test): MongoExpression {
  const [name, ...rest] = segments;
  if (name === undefined) return holdsFor(value, TEXT_TYPES, 'text', test);
  const inDocuments = holdsFor(value, ['object'], `at${rest.length}`, (document) =>
    holdsBelow({ $getField: { field: { $literal: name }, input: document } }, rest, test),
  );
  if (!isIndex(name)) return inDocuments;
  const element = { $arrayElemAt: [value, Number(name)] };
  return { $or: [{ $cond: [isArray(value), holdsBelow(element, rest, test), false] }, inDocuments] };
}

/** Matches the texts at `path` with `expressions`, in time linear in the document. Errors of MongoDB: PCRE reached a limit. */
function matchesAt(expressions: readonly string[], path: string): MongoExpression {
  const [first = '', ...rest] = path.split('.');
  return holdsBelow(`$${first}`, rest, (text) => ({
    $or: expressions.map((regex) => ({
      $regexMatch: { input: asString(text), regex: { $literal: regex }, options: 'i' },
    })),
  }));
}

/** Makes it an error of MongoDB where find may have missed a text at `path`; undefined: it cannot have. */
export function guardAt(expressions: readonly string[], path: string): MongoExpression | undefined {
  if (!expressions.some(needsRegexGuard)) return undefined;
  const matches = matchesAt(expressions, path);
  // In a shorter document every text is short, and find misses none.
  if (isRiskyOnShortTexts(expressions)) return matches;
  return { $cond: [{ $gte: [{ $bsonSize: '$$ROOT' }, LONG_TEXT_BYTES] }, matches, true] };
}

/**
 * Adds guards to `found`, evaluated on the documents that `found` denies. A false guard ends the evaluation
 * of `guards`; the `alternatives` of the last condition are all evaluated. MongoDB does not flatten this form: in an $or it
 * may evaluate the guards first.
 */
export function guardedRegex(
  found: MongoFilter,
  guards: readonly MongoExpression[],
  alternatives: readonly MongoExpression[] = [],
): MongoFilter {
  // MongoDB would find out by itself that no alternative is no match, and evaluate none of the guards.
  const last = alternatives.length === 0 ? [] : [{ $anyElementTrue: [alternatives] }];
  const evaluated = { $ne: [{ $type: { $and: [...guards, ...last] } }, 'string'] };
  return { $nor: [{ $and: [{ $nor: [found] }, { $expr: evaluated }] }] };
}
