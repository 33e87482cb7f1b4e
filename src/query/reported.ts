/**
 * Regular expressions whose failures are told (docs/query.md «Regular expressions»): where PCRE reaches its limit, MongoDB's
 * find takes a text for one that does not match, without a word, while $regexMatch of an aggregation raises an error.
 */
import type { MongoExpression, MongoFilter } from './mongo.js';

/** Whether the steps of an expression can grow faster than the text: two repeats, or one of a group. */
export const isReported = (expression: string): boolean => /[*+?{][^]*[*+?{]|\)[*+?{]/.test(expression);

/** A list in an aggregation. */
type List = MongoExpression | readonly MongoExpression[];

const typeOf = (value: MongoExpression, type: string): MongoExpression => ({ $eq: [{ $type: value }, type] });

/** The elements of the arrays in a list, and what else is in it. */
const spread = (list: List): MongoExpression => ({
  $reduce: {
    input: list,
    initialValue: [],
    in: { $concatArrays: ['$$value', { $cond: [{ $isArray: '$$this' }, '$$this', ['$$this']] }] },
  },
});

/** What the documents in a list have under `name`, which may be an index too: then what there is stays. */
const under = (list: List, name: string): MongoExpression => ({
  $map: {
    input: spread(list),
    as: 'at',
    in: {
      $cond: [
        typeOf('$$at', 'object'),
        { $getField: { field: { $literal: name }, input: '$$at' } },
        /^\d+$/.test(name) ? '$$at' : null,
      ],
    },
  },
});

/** All that can stand at `path`, and more: what is no text is passed over. */
const reached = (path: string): MongoExpression =>
  spread(path.split('.').reduce<List>((list, name) => under(list, name), ['$$ROOT']));

/** The documents in which a text at `path` matches one of `expressions`. Errors of MongoDB: where that cannot be found out. */
export function reported(expressions: readonly string[], path: string, found: MongoFilter): MongoFilter {
  const risky = expressions.filter(isReported);
  if (risky.length === 0) return found;
  const tried = risky.map((each) => ({
    $regexMatch: { input: '$$text', regex: { $literal: each }, options: 'i' },
  }));
  const outcomes = {
    $map: {
      input: reached(path),
      as: 'text',
      in: { $cond: [typeOf('$$text', 'string'), { $or: tried }, false] },
    },
  };
  // What find has denied stays denied: the outcomes are no text.
  return { $or: [found, { $expr: typeOf(outcomes, 'string') }] };
}
