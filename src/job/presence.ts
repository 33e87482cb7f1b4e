/** Finds whether an index alone may answer a stat (docs/performance.md «Stats»). */
import type { Deadline } from '../limits/abort.js';
import type { Condition } from '../query/condition.js';
import { confineFound } from '../query/confine.js';
import type { StatQuery } from '../query/model.js';
import { IMPLIED } from '../query/operators.js';
import { missingPaths, ownPaths } from '../query/stat-keys.js';
import type { Scope } from '../scope.js';
import { INDEXES, JOB_SCHEMA } from './schema.js';
import type { JobStore } from './store.js';

/** True for paths that one of the indexes holds together. */
const isIndexed = (paths: readonly string[]): boolean =>
  INDEXES.some((index) => paths.every((path) => path in index));

const isNull = (path: string): Condition => ({
  fieldPath: path,
  path,
  operator: IMPLIED.equality,
  operand: null,
});

/**
 * True if no job of the scope lacks a path of which the stat tells a missing value from null. An index has both as null, so
 * MongoDB reads documents where one may lack it; it is asked only where an index has all paths of the stat.
 */
export async function noneLacksPaths(
  store: Pick<JobStore, 'one'>,
  query: StatQuery,
  scope: Scope,
  deadline: Deadline,
): Promise<boolean> {
  const paths = missingPaths(query) ?? [];
  if (paths.length === 0 || !isIndexed(ownPaths(query))) return false;
  const lacking = confineFound({ all: [], any: paths.map(isNull) }, scope, JOB_SCHEMA);
  return (await store.one(lacking, { _id: 1 }, deadline)) === undefined;
}
