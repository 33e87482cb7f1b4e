/** The duration of a job, computed of its dates (docs/query.md «duration»). */
import { isOfType, when } from '../query/expressions.js';
import type { ComputedField } from '../query/schema.js';

const isDate = (field: string) => isOfType(`$${field}`, 'date');

/** As doubles: the difference of two dates beyond the range of a long would be an error. */
const milliseconds = (field: string) => ({ $toDouble: `$${field}` });

/** Seconds from `start` to `end`; null where either is no date. */
export const secondsBetween = (start: string, end: string): ComputedField => ({
  type: 'number',
  value: when(
    { $and: [isDate(start), isDate(end)] },
    { $divide: [{ $subtract: [milliseconds(end), milliseconds(start)] }, 1000] },
    null,
  ),
});
