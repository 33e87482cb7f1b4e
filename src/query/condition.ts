/** One condition of a filter: read from a request, and compiled by the row of its operator. */
import type { Plain } from '../wire/struct.js';
import { probesForOperand } from './malformed-text.js';
import type { MalformedTextProbe } from './malformed-text.js';
import type { MongoExpression, MongoFilter } from './mongo-syntax.js';
import { OPERATORS } from './operators.js';
import type { OperatorName, Operands } from './operators.js';
import type { Key } from './schema.js';
import type { OperandContext } from './values.js';

/** Documents, by `_id`, that a condition is known to match, or not to match. */
export interface Precomputed {
  readonly matching: readonly unknown[];
  readonly notMatching: readonly unknown[];
}

/** One condition: the values at `path` against `operand`, of the kind that the operator takes. */
export interface Condition<Name extends OperatorName = OperatorName> {
  /** Its path in the request, `query.filter[2]`. */
  readonly fieldPath: string;
  readonly path: string;
  /** The value to compare, where it is computed. */
  readonly computed?: MongoExpression;
  readonly operator: Name;
  readonly operand: Operands[Name];
  /** Documents that MongoDB need not judge. */
  readonly precomputed?: Precomputed;
}

/** Reads the operand of a condition. Errors: INVALID_ARGUMENT, naming the condition. */
export function readCondition<Name extends OperatorName>(
  operator: Name,
  { path, computed }: Pick<Key, 'path' | 'computed'>,
  sent: Plain,
  context: OperandContext,
): Condition<Name> {
  const operand = OPERATORS[operator].operand.read(sent, context);
  const value = computed === undefined ? {} : { computed };
  const condition = { fieldPath: context.condition, path, ...value, operator, operand };
  for (const { filters } of probesForCondition(condition)) context.work.clauses(filters.length);
  return condition;
}

const idsOf = ({ matching, notMatching }: Precomputed): readonly unknown[] => [...matching, ...notMatching];

/** Applies `found` to other documents than the precomputed ones; of these it takes `taken`. */
const unlessPrecomputed = (
  found: MongoFilter,
  precomputed: Precomputed | undefined,
  taken: keyof Precomputed,
): MongoFilter =>
  precomputed === undefined
    ? found
    : {
        $or: [{ _id: { $in: precomputed[taken] } }, { $and: [{ _id: { $nin: idsOf(precomputed) } }, found] }],
      };

/** Compiles the condition (Row.match, Row.test). */
export function matchOf<Name extends OperatorName>({
  operator,
  operand,
  path,
  computed,
  precomputed,
}: Condition<Name>): MongoFilter {
  const { match, test } = OPERATORS[operator];
  const isTest = computed !== undefined && test !== undefined;
  const found = isTest ? { $expr: test(computed, operand) } : match(operand, path);
  return unlessPrecomputed(found, precomputed, 'matching');
}

/** Compiles the guard of the condition (Row.guard). */
export function guardOf<Name extends OperatorName>({
  operator,
  operand,
  path,
  precomputed,
}: Condition<Name>): MongoExpression | undefined {
  const guard = OPERATORS[operator].guard?.(operand, path);
  if (guard === undefined || precomputed === undefined) return guard;
  return { $and: [{ $not: [{ $in: ['$_id', { $literal: idsOf(precomputed) }] }] }, guard] };
}

/** The probes for stored text that MongoDB may misjudge for the condition (Row.probes). */
export function probesForCondition<Name extends OperatorName>({
  operator,
  operand,
  path,
}: Condition<Name>): readonly MalformedTextProbe[] {
  const row = OPERATORS[operator];
  return row.probes?.(operand, path) ?? probesForOperand(operand, path);
}

/** Compiles the filter that a condition on the resource referred to excludes; undefined: it excludes none (Row.antiJoin). */
export function excluded<Name extends OperatorName>({
  operator,
  operand,
  path,
  precomputed,
}: Condition<Name>): MongoFilter | undefined {
  const found = OPERATORS[operator].antiJoin?.match(operand, path);
  return found && unlessPrecomputed(found, precomputed, 'notMatching');
}
