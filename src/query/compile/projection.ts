/** Projections: the paths to read of documents. */
import type { Selection } from '../model.js';
import { documentOf } from '../mongo-syntax.js';
import type { MongoFilter } from '../mongo-syntax.js';
import type { ResourceSchema } from '../schema.js';

/** True where one of `outer` is a path on the way to `path`. */
function isWithin(path: string, outer: ReadonlySet<string>): boolean {
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1))
    if (outer.has(path.slice(0, dot))) return true;
  return false;
}

/** Projects to `paths`, with or without `_id`; a path inside another one is left to it. */
export function projectionTo(paths: readonly string[], id: 0 | 1): MongoFilter {
  const all = new Set(['_id', ...paths]);
  const outer = paths.filter((path) => path !== '_id' && !isWithin(path, all));
  return documentOf([['_id', id], ...outer.map((path) => [path, 1] as const)]);
}

/** Creates the projection of a resource: to `only`, or to all that an answer has, made once for all requests. */
export function createProjection({ defaultProjection }: ResourceSchema): (only: Selection) => MongoFilter {
  const whole = projectionTo(defaultProjection, 0);
  return (only) => (only === undefined ? whole : projectionTo(only, 0));
}
