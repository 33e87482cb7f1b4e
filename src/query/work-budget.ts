/** Limits the work of one request before it reaches the database; the planner there pays by the clause. */
import { fail } from '../errors.js';
import type { WorkMeter } from '../regex/runaway.js';

/** The work left to one request. Errors: LIMIT_EXCEEDED. */
export interface WorkBudget extends WorkMeter {
  /** Takes the clauses of a condition that becomes more than one. */
  clauses(count: number): void;
  /** Takes the look-up of a time zone. */
  timeZone(): void;
}

const MAX_EXPRESSIONS = 100;
/** Some 0.25 µs each. */
const MAX_STEPS = 400_000;
const MAX_CLAUSES = 20_000;
/** Some 0.2 ms each. */
const MAX_TIME_ZONES = 20;

/** Counts down from `max`. */
function createAllowance(limit: string, max: number): (count: number) => void {
  let left = max;
  return (count) => {
    left -= count;
    if (left < 0) fail('LIMIT_EXCEEDED', { limit, max: String(max) });
  };
}

export function createWorkBudget(): WorkBudget {
  const expressions = createAllowance('expressions with groups or many repeats', MAX_EXPRESSIONS);
  const timeZones = createAllowance('time zones of date formats', MAX_TIME_ZONES);
  return {
    timeZone: () => timeZones(1),
    expression: () => expressions(1),
    steps: createAllowance('steps to judge the expressions of a request', MAX_STEPS),
    clauses: createAllowance('clauses that the conditions of a request come to', MAX_CLAUSES),
  };
}
