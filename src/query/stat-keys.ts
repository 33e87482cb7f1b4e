/** The keys of a stat: its paths in the resource, in the resource referred to, and under malformed text. */
import { mayEqual, probesForOperand } from './malformed-text.js';
import type { RowCondition, StatQuery } from './model.js';
import type { Key } from './schema.js';
import { definitionOf } from './stages/registry.js';
import { ROW_CONDITIONS } from './stages/row-conditions.js';
import type { TimeZone } from './stages/time-zones.js';

const keysOf = ({ rows }: StatQuery): readonly Key[] =>
  'distinct' in rows
    ? [rows.distinct]
    : rows.stages.flatMap((stage) => definitionOf(stage).keys?.(stage) ?? []);

const conditionsOf = ({ rows }: StatQuery): readonly RowCondition[] =>
  'distinct' in rows ? [] : rows.stages.flatMap((stage) => definitionOf(stage).conditions?.(stage) ?? []);

/** The time zones that a stat names. */
export const timeZonesOf = ({ rows }: StatQuery): readonly TimeZone[] =>
  'distinct' in rows ? [] : rows.stages.flatMap((stage) => definitionOf(stage).timeZones?.(stage) ?? []);

const pathsOf = (keys: readonly Key[]): readonly string[] => [...new Set(keys.map(({ path }) => path))];

/** The paths that a stat reads in the resource referred to. */
export const referredPaths = (query: StatQuery): readonly string[] =>
  pathsOf(keysOf(query).filter(({ referred }) => referred));

/** The paths of the resource itself by which a stat makes its rows. */
export const ownPaths = (query: StatQuery): readonly string[] =>
  pathsOf(keysOf(query).filter(({ referred }) => !referred));

const needsProbe = ({ key, operator, operand }: RowCondition): boolean =>
  probesForOperand(operand, key.path, ROW_CONDITIONS[operator].needsProbe).length > 0;

/** True where malformed text may meet a condition of a stat, or stand at one of its keys, only as answers show it. */
export const mayNeedRepair = (query: StatQuery): boolean =>
  ownPaths(query).some(mayEqual) || conditionsOf(query).some(needsProbe);
