/**
 * The stages of stat by kind (docs/query.md «stat»). The kinds are those of the contract's messages: a missing
 * stage, or one with an incomplete definition, does not compile.
 */
import { fail } from '../../errors.js';
import type { StatisticsAggregate } from '../../gen/spaceone/api/core/v1/query.js';
import type { Stage } from '../model.js';
import { count } from './count.js';
import { limit, skip } from './cut.js';
import type { SentStage, StageDefinition, StageKind } from './definition.js';
import { group } from './group.js';
import type { Names } from './names.js';
import { project } from './project.js';
import { sort } from './sort.js';
import { unwind } from './unwind.js';

const STAGES: { readonly [Kind in StageKind]: StageDefinition<Kind> } = {
  unwind,
  group,
  count,
  sort,
  project,
  limit,
  skip,
};

export const definitionOf = <Kind extends StageKind>({ kind }: Stage<Kind>): StageDefinition<Kind> =>
  STAGES[kind];

const KINDS = Object.keys(STAGES);

/** A stage, and the names that the next one may mention. */
interface ReadStage {
  readonly stage: Stage;
  readonly names: Names;
}

function readKind<Kind extends StageKind>(
  sent: SentStage<Kind>,
  fieldPath: string,
  before: Names,
): Stage<Kind> {
  const { $case: kind, value } = sent;
  const definition: StageDefinition<Kind> = STAGES[kind];
  return definition.read(value, `${fieldPath}.${kind}`, before);
}

/** Reads the stage at `fieldPath`. Errors: INVALID_ARGUMENT and RESOURCE_EXHAUSTED, naming the part at fault. */
export function readStage(sent: StatisticsAggregate, fieldPath: string, before: Names): ReadStage {
  if (sent.aggregate_alias === undefined) {
    const reason = `a stage is one of ${KINDS.slice(0, -1).join(', ')} and ${KINDS.slice(-1).join('')}`;
    return fail('INVALID_PARAMETER', { key: fieldPath, reason });
  }
  const stage = readKind(sent.aggregate_alias, fieldPath, before);
  const { names } = definitionOf(stage);
  return { stage, names: names?.(stage, before) ?? before };
}
