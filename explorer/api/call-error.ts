/** A failed call in the service's own words, with the fields at fault (docs/errors.md «Details»). */
import { listAt, parseJson, textAt } from './json.js';
import type { Json } from './json.js';

export const UNREACHABLE = 'The service does not answer.';

/** A field of a request at fault, such as `query.filter[2].value`. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

export class CallError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 without an answer. */
    readonly status: number,
    /** The same call may succeed a little later. */
    readonly isTransient: boolean,
    readonly violations: readonly Violation[] = [],
  ) {
    super(message);
  }
}

const violationOf = (value: Json): Violation => ({
  field: textAt(value, 'field'),
  description: textAt(value, 'description'),
});

/** Reads the body of a response with an error status. */
export function callErrorOf(status: number, body: string): CallError {
  try {
    const answer = parseJson(body);
    const details = listAt(answer, 'details');
    const isTransient = details.some((detail) => textAt(detail, '@type').endsWith('.RetryInfo'));
    const violations = details.flatMap((detail) => listAt(detail, 'field_violations')).map(violationOf);
    return new CallError(textAt(answer, 'message') || `HTTP ${status}`, status, isTransient, violations);
  } catch {
    // A proxy between the page and the service answered.
    return new CallError(`HTTP ${status}`, status, status >= 502);
  }
}

const CONDITION = /^query\.(filter|filter_or)\[(\d+)\]/;

/** The descriptions of faults in the condition at `index` of a list. */
export const conditionFaults = (
  violations: readonly Violation[],
  list: 'filter' | 'filter_or',
  index: number,
): readonly string[] => [
  ...new Set(
    violations
      .filter(({ field }) => CONDITION.exec(field)?.slice(1).join() === `${list},${index}`)
      .map(({ description }) => description),
  ),
];

/** The reader’s own conditions; in a request those of the page are behind them. */
interface Conditions {
  readonly filter: readonly unknown[];
  readonly filterOr: readonly unknown[];
}

/** Holds for a failure caused by the reader’s conditions alone: their rows explain it. */
export function isConditionError(
  { violations }: Pick<CallError, 'violations'>,
  { filter, filterOr }: Conditions,
): boolean {
  const isOwn = ({ field }: Violation): boolean => {
    const [, list, index] = CONDITION.exec(field) ?? [];
    return Number(index) < (list === 'filter' ? filter : filterOr).length;
  };
  return violations.length > 0 && violations.every(isOwn);
}

/** Holds for a failure by a time zone that the database does not know. */
export const isUnknownZone = ({ violations }: Pick<CallError, 'violations'>, zone: string): boolean =>
  violations.some(({ description }) => description.includes(`does not know the time zone ${zone})`));

/** The descriptions of faults in the stage at `index`. */
export const stageFaults = (violations: readonly Violation[], index: number): readonly string[] =>
  violations
    .filter(({ field }) => field.startsWith(`query.aggregate[${index}]`))
    .map(({ description }) => description);
