/**
 * Refuses regular expressions that can run away in a backtracking engine (docs/query.md «Regular expressions»): where PCRE
 * reaches its match limit of 10,000,000 steps, MongoDB's find drops the document without a word.
 *
 * Ambiguity decides: the number of ways to match one text, all tried by PCRE before it gives up. Two walks through the
 * automaton of the expression, over one text, can part and meet again; that is an event, and multiplies the ways. The worst
 * chain of events counts:
 * - Events on a cycle, as in `(a+)+` (EDA, exponential degree of ambiguity): each repetition of the text of the cycle, the
 *   pumpable string, multiplies the ways. Refused.
 * - Walks that can go round while apart, as in `.*.*` (IDA, infinite degree of ambiguity): as many ways as the text is
 *   long. Four such events, by five overlapping loops one after another, are refused: n⁵/5! steps reach the limit on 70
 *   characters of any kind. Loops without a character in common with the text between them, as in `\d+-\d+`, make no
 *   event; nor does a last `.*`, since it cannot fail. Nor do walks that part or meet only at certain characters, as in
 *   `.*error.*timeout.*`: the number of ways depends on the text, and a guard reports a text with too many.
 * - Any other, as in `a?a?a?aaa` (finite ambiguity): about twice as many ways. Eight are refused; one of the former counts
 *   as two.
 *
 * It errs towards refusing: assertions hold anywhere, an atomic group gives back unless it is a loop over one set, a long
 * bounded repeat has no bound, a back reference is any one character, nothing is case-sensitive. It judges no syntax:
 * unknown syntax is fine here, and MongoDB's to refuse.
 */
import { findAmbiguity, safePositions } from './ambiguity.js';
import { createAutomaton } from './automaton.js';
import { Refusal, refuseConstruct } from './reader.js';
import type { Parser } from './reader.js';
import { parseExpression } from './syntax.js';
import type { Node, Repeat } from './tree.js';

const MAX_STEPS = 30_000;

/** Names the innermost endless repeat around `offsets`, or else the expression. */
function repeatAround({ text, repeats }: Parser, offsets: readonly number[]): string {
  const isAround = ({ max, from, to }: Repeat): boolean =>
    max === Infinity && offsets.every((offset) => from <= offset && offset < to);
  const { from, to } = repeats.filter(isAround).at(-1) ?? { from: 0, to: undefined };
  return text.slice(from, to);
}

/** Judges `node` with at most `stepsLeft` steps, and returns those left. Errors: Refusal. */
function judge(parser: Parser, node: Node, stepsLeft: number): number {
  const automaton = createAutomaton(parser, node, stepsLeft);
  const safe = parser.hasAssertions ? new Set<number>() : safePositions(automaton);
  const found = findAmbiguity(automaton, safe);
  if (found === undefined) return automaton.stepsLeft;
  if (found.cycle === undefined)
    return refuseConstruct(parser.text, 'can match the same text in too many ways');
  const offsets = found.cycle.map((position) => automaton.offsets[position] ?? 0);
  return refuseConstruct(repeatAround(parser, offsets), 'can match the same text in exponentially many ways');
}

/** Charges a caller for the work of judging expressions. */
export interface WorkMeter {
  /** Charges for one expression, before the work. */
  expression(): void;
  /** Charges for the steps of judging it. */
  steps(count: number): void;
}

const FREE: WorkMeter = { expression: () => undefined, steps: () => undefined };

/** True for an expression worth judging: without a group and with few repeats there is nothing to find. */
const isInvolved = (expression: string): boolean => /\(|(?:[*+?{][^]*){5}/.test(expression);

/** The reason to refuse `expression`, for the client; undefined where it cannot run away. */
export function findRunaway(expression: string, meter: WorkMeter = FREE): string | undefined {
  if (!isInvolved(expression)) return undefined;
  meter.expression();
  let left = MAX_STEPS;
  try {
    const parsed = parseExpression(expression);
    if (parsed === undefined) return undefined;
    const { parser, whole } = parsed;
    left = [whole, ...parser.lookarounds].reduce((steps, node) => judge(parser, node, steps), MAX_STEPS);
    return undefined;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    left = 0;
    return refusal.message;
  } finally {
    meter.steps(MAX_STEPS - left);
  }
}
