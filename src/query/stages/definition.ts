/** The shape of a stage's definition: all that the rest of the language asks of a stage. */
import type { StatisticsAggregate } from '../../gen/spaceone/api/core/v1/query.js';
import type { Join } from '../join.js';
import type { RowCondition, Stage } from '../model.js';
import type { MongoStage } from '../mongo-syntax.js';
import type { Key } from '../schema.js';
import type { Names } from './names.js';
import type { TimeZone } from './time-zones.js';

type AnySentStage = NonNullable<StatisticsAggregate['aggregate_alias']>;

/** The kinds of stages in the contract's messages. */
export type StageKind = AnySentStage['$case'];

type SentParts = { [Each in AnySentStage as Each['$case']]: Each['value'] };

/** A stage as it stands in a request. */
export type SentStage<Kind extends StageKind = StageKind> = {
  readonly [K in Kind]: { readonly $case: K; readonly value: SentParts[K] };
}[Kind];

export interface StageDefinition<Kind extends StageKind> {
  /** Reads the stage at `fieldPath`. Errors: INVALID_ARGUMENT, naming the part at fault. */
  readonly read: (sent: SentParts[Kind], fieldPath: string, names: Names) => Stage<Kind>;
  /** The names that the next stage may mention; absent: its rows have the fields of those before, by the same names. */
  readonly names?: (stage: Stage<Kind>, before: Names) => Names;
  /** The keys that it reads of each row; absent: none. */
  readonly keys?: (stage: Stage<Kind>) => readonly Key[];
  /** The conditions that it tests on each row; absent: none. */
  readonly conditions?: (stage: Stage<Kind>) => readonly RowCondition[];
  /** The time zones that it names; absent: none. */
  readonly timeZones?: (stage: Stage<Kind>) => readonly TimeZone[];
  /** The stage in MongoDB's terms; `inKeyOrder`: its rows come in the order of its keys. */
  readonly compile: (stage: Stage<Kind>, inKeyOrder: boolean) => readonly MongoStage[];
  /**
   * As the first stage, compiles the join into itself, where that finds each joined document once for all rows that
   * refer to it; undefined: it cannot, and the join comes before it.
   */
  readonly compileJoined?: (
    stage: Stage<Kind>,
    join: Join,
    inKeyOrder: boolean,
  ) => readonly MongoStage[] | undefined;
  /** It makes one row of many. */
  readonly merges?: true;
  /** It puts rows in order. */
  readonly sorts?: true;
  /**
   * Makes the same rows where a missing value is taken for null; `next`: so do the stages after it. By default it does
   * not.
   */
  readonly takesNullForMissing?: (stage: Stage<Kind>, next: () => boolean) => boolean;
}
