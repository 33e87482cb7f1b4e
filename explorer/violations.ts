/** What the service says of fields of a request, told at the place that the reader typed them (docs/errors.md «Details»). */
import type { Answer } from './answer.js';
import type { CallError, Violation } from './service.js';

const CONDITION = /^query\.(filter|filter_or)\[(\d+)\]/;

export const violationsOf = (answers: readonly Answer[]): readonly Violation[] =>
  answers.flatMap(({ error }) => error?.violations ?? []);

/** What is said of the condition with this number in this list. */
export const faultsOf = (violations: readonly Violation[], list: string, row: number): readonly string[] => [
  ...new Set(
    violations
      .filter(({ field }) => CONDITION.exec(field)?.slice(1).join() === `${list},${row}`)
      .map(({ description }) => description),
  ),
];

/** Whether a failure is told at rows of conditions. */
export const isToldAtRows = ({ violations }: CallError): boolean =>
  violations.length > 0 && violations.every(({ field }) => CONDITION.test(field));

/** What is said of the stage with this number. */
export const atStage = (violations: readonly Violation[], stage: number): readonly string[] =>
  violations
    .filter(({ field }) => field.startsWith(`query.aggregate[${stage}]`))
    .map(({ description }) => description);
