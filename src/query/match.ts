/**
 * The operator `match` in MongoDB's terms: the path reaches one object, through documents and arrays, that meets all of
 * the given values (docs/query.md «match»).
 */
import type { Plain } from '../wire/struct.js';
import { meets, NOT_A_LIST } from './mongo-syntax.js';
import type { MongoFilter } from './mongo-syntax.js';
import { firstSegment, isIndex, splits } from './paths.js';

/** The paths below an object, each with its expected value. */
export type Fields = readonly (readonly [string, Plain])[];

/**
 * Tests that the value at `path` is missing or null. To MongoDB an index is a name, too, and a list of objects without a
 * field of that name has null there; the lists behind the last index mean what they mean without one.
 */
function lacks(path: string): MongoFilter {
  const cuts = splits(path);
  const lastIndex = cuts.findLastIndex(({ rest }) => isIndex(firstSegment(rest)));
  if (lastIndex < 0) return meets(path, { $eq: null });
  const behind = cuts.slice(lastIndex + 1);
  const noLists = behind.map(({ head }) => meets(head, NOT_A_LIST));
  return {
    $or: [
      { $and: [meets(path, { $exists: false }), ...noLists] },
      meets(path, { $type: ['null', 'undefined'] }),
      ...behind.map(({ head, rest }) => meets(head, { $elemMatch: meets(rest, { $eq: null }) })),
    ],
  };
}

const equalities = (fields: Fields, prefix: string): MongoFilter[] =>
  fields.map(([name, expected]) =>
    expected === null ? lacks(prefix + name) : meets(prefix + name, { $eq: expected }),
  );

/** An object at `path` that meets `fields`, with no array but an indexed one on the way there. */
function documentAt(path: string, fields: Fields): MongoFilter {
  const unindexed = splits(path).filter(({ rest }) => !isIndex(firstSegment(rest)));
  const noArrays = [...unindexed.map(({ head }) => head), path].map((each) => meets(each, NOT_A_LIST));
  return { $and: [meets(path, { $type: 'object' }), ...noArrays, ...equalities(fields, `${path}.`)] };
}

/**
 * An element of an array at `path`, or a document there. In the second case the last array on the way, if any, needs an
 * $elemMatch of its own: without it different elements could meet the values.
 */
export function elementOrDocument(fields: Fields, path: string): MongoFilter {
  if (fields.length === 0) return meets(path, { $type: 'object' });
  const behindArray = splits(path).map(({ head, rest }) =>
    meets(head, { $elemMatch: documentAt(rest, fields) }),
  );
  const element = meets(path, { $elemMatch: { $and: equalities(fields, '') } });
  return { $or: [element, documentAt(path, fields), ...behindArray] };
}
