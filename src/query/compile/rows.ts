/** The rows that the stages of a stat make (docs/query.md «Rows and names»). */
import type { Join } from '../join.js';
import type { Stage } from '../model.js';
import type { MongoStage } from '../mongo-syntax.js';
import { COMPUTED_FIELD, JOINED_FIELD } from '../schema.js';
import type { ResourceSchema } from '../schema.js';
import { definitionOf } from '../stages/registry.js';

const merges = (stage: Stage): boolean => definitionOf(stage).merges === true;
const keepsFields = (stage: Stage): boolean => definitionOf(stage).names === undefined;
const sorts = (stage: Stage): boolean => definitionOf(stage).sorts === true;

/** True where rows stay the same when a missing value is taken for null. */
export function takesNullForMissing([first, ...others]: readonly Stage[]): boolean {
  if (first === undefined) return false;
  return definitionOf(first).takesNullForMissing?.(first, () => takesNullForMissing(others)) === true;
}

/** The first stage with the join compiled into it, where it can do that; undefined: the join comes before it. */
function compileJoined(
  [first]: readonly Stage[],
  join: Join | undefined,
  inKeyOrder: boolean,
): readonly MongoStage[] | undefined {
  if (first === undefined || join === undefined) return undefined;
  return definitionOf(first).compileJoined?.(first, join, inKeyOrder);
}

/** Compiles rows; where a page is cut out of rows that no stage sorts, they come in the order of the last group's keys. */
export function compileRows(
  stages: readonly Stage[],
  isPaged: boolean,
  schema: ResourceSchema,
  join: Join | undefined,
): MongoStage[] {
  const lastGroup = stages.findLastIndex(merges);
  const isUnordered = isPaged && !stages.slice(lastGroup + 1).some(sorts);
  const inKeyOrder = (i: number): boolean => isUnordered && i === lastGroup;
  const joined = compileJoined(stages, join, inKeyOrder(0));
  const before = join === undefined || joined !== undefined ? [] : [join.stage];
  const byId = isUnordered && lastGroup < 0 ? [{ $sort: { [schema.id]: 1 } }] : [];
  const compiled = stages.flatMap((stage, i) =>
    i === 0 && joined !== undefined ? joined : definitionOf(stage).compile(stage, inKeyOrder(i)),
  );
  const hidden = stages.every(keepsFields) ? [{ $unset: ['_id', JOINED_FIELD, COMPUTED_FIELD] }] : [];
  return [...before, ...byId, ...compiled, ...hidden];
}
