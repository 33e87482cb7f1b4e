/**
 * The operator `match` in MongoDB's terms: the path reaches one object, through documents and arrays, that meets all of
 * the given values (docs/query.md «match»).
 */
import type { Plain } from '../wire/struct.js';
import { meets } from './mongo-syntax.js';
import type { MongoFilter } from './mongo-syntax.js';

/** The paths below an object, each with the value due there. */
export type Fields = readonly (readonly [string, Plain])[];

const isIndex = (segment: string | undefined): boolean => segment !== undefined && /^\d+$/.test(segment);

/**
 * Tests that the value at `path` is missing or null. To MongoDB an index is a name, too, and a list of objects without a
 * field of that name has null there; the lists behind the last index mean what they mean without one.
 */
function lacks(path: string): MongoFilter {
  const segments = path.split('.');
  const index = segments.findLastIndex((segment, nth) => nth > 0 && isIndex(segment));
  if (index < 0) return meets(path, { $eq: null });
  const behind = segments.slice(index + 1).map((_, nth) => ({
    list: segments.slice(0, index + 1 + nth).join('.'),
    rest: segments.slice(index + 1 + nth).join('.'),
  }));
  const noLists = behind.map(({ list }) => meets(list, { $not: { $type: 'array' } }));
  return {
    $or: [
      { $and: [meets(path, { $exists: false }), ...noLists] },
      meets(path, { $type: ['null', 'undefined'] }),
      ...behind.map(({ list, rest }) => meets(list, { $elemMatch: meets(rest, { $eq: null }) })),
    ],
  };
}

const equalities = (fields: Fields, prefix: string): MongoFilter[] =>
  fields.map(([name, due]) => (due === null ? lacks(prefix + name) : meets(prefix + name, { $eq: due })));

/** An object at `segments` that meets `fields`, with no array but an indexed one on the way there. */
function documentAt(segments: readonly string[], fields: Fields): MongoFilter {
  const path = segments.join('.');
  const noArrays = segments
    .map((_, i) => ({ path: segments.slice(0, i + 1).join('.'), indexed: isIndex(segments[i + 1]) }))
    .filter((prefix) => !prefix.indexed)
    .map((prefix) => meets(prefix.path, { $not: { $type: 'array' } }));
  return { $and: [meets(path, { $type: 'object' }), ...noArrays, ...equalities(fields, `${path}.`)] };
}

/**
 * An element of an array at `path`, or a document there. In the second case the last array on the way, if any, needs an
 * $elemMatch of its own: without it different elements could meet the values.
 */
export function elementOrDocument(fields: Fields, path: string): MongoFilter {
  if (fields.length === 0) return meets(path, { $type: 'object' });
  const segments = path.split('.');
  const behindArray = segments
    .slice(1)
    .map((_, i) =>
      meets(segments.slice(0, i + 1).join('.'), { $elemMatch: documentAt(segments.slice(i + 1), fields) }),
    );
  const element = meets(path, { $elemMatch: { $and: equalities(fields, '') } });
  return { $or: [element, documentAt(segments, fields), ...behindArray] };
}
