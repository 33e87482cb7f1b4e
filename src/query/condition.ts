/** One condition of a filter: read from a request, and compiled by the row of its operator. */
import type { Plain } from '../wire/struct.js';
import { doubtsOf } from './malformed-text.js';
import type { Doubt } from './malformed-text.js';
import type { MongoExpression, MongoFilter } from './mongo-syntax.js';
import { OPERATORS } from './operators.js';
import type { OperatorName, Operands } from './operators.js';
import type { Key } from './schema.js';
import type { OperandContext } from './values.js';

/** Documents, by `_id`, that are known to meet a condition or not to meet it. */
export interface Known {
  readonly met: readonly unknown[];
  readonly unmet: readonly unknown[];
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
  readonly known?: Known;
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
  for (const { find } of doubtsAbout(condition)) context.work.clauses(find.length);
  return condition;
}

/** Applies `found` to unknown documents only; of the known ones it takes those listed under `met`. */
const unlessKnown = (found: MongoFilter, known: Known | undefined, met: keyof Known): MongoFilter =>
  known === undefined
    ? found
    : {
        $or: [
          { _id: { $in: known[met] } },
          { $and: [{ _id: { $nin: [...known.met, ...known.unmet] } }, found] },
        ],
      };

/** Compiles the condition. */
export function matching<Name extends OperatorName>({
  operator,
  operand,
  path,
  computed,
  known,
}: Condition<Name>): MongoFilter {
  const { match, test } = OPERATORS[operator];
  const isTest = computed !== undefined && test !== undefined;
  return unlessKnown(isTest ? { $expr: test(computed, operand) } : match(operand, path), known, 'met');
}

/** Compiles the guard of the condition (Row.guard). */
export function guardOf<Name extends OperatorName>({
  operator,
  operand,
  path,
  known,
}: Condition<Name>): MongoExpression | undefined {
  const guard = OPERATORS[operator].guard?.(operand, path);
  if (guard === undefined || known === undefined) return guard;
  return { $and: [{ $not: [{ $in: ['$_id', { $literal: [...known.met, ...known.unmet] }] }] }, guard] };
}

/** The places of stored text that leave the condition in doubt (Row.doubts). */
export function doubtsAbout<Name extends OperatorName>({
  operator,
  operand,
  path,
}: Condition<Name>): readonly Doubt[] {
  const row = OPERATORS[operator];
  return row.doubts?.(operand, path) ?? doubtsOf(operand, path);
}

/** Compiles the filter that a condition on the resource referred to excludes; undefined: it excludes none (Row.antiJoin). */
export function excluded<Name extends OperatorName>({
  operator,
  operand,
  path,
  known,
}: Condition<Name>): MongoFilter | undefined {
  const found = OPERATORS[operator].antiJoin?.match(operand, path);
  return found && unlessKnown(found, known, 'unmet');
}
