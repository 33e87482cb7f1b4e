/** The causes of failed jobs: their error codes, and failures without an error. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { listAt, numberAt, textAt } from './json.js';
import { condition, filtersOf } from './selection.js';
import type { Condition, Selection } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';
import { FAILED } from './statuses.js';

/** Codes in the answer; one more is read, as errors without a code are two rows of the service. */
export const MAX_CODES = 10;

/** The failed jobs with one error code. */
export interface ErrorCodeRow {
  readonly code: string;
  readonly jobs: number;
  /** A job may have several entries with a code. */
  readonly errors: number;
  readonly message: string;
  /** The creation time of the newest of the jobs. */
  readonly newest: string;
  readonly collectors: readonly string[];
}

const onlyFailed = condition(FIELDS.status, 'in', FAILED);

const combined = (one: ErrorCodeRow, other: ErrorCodeRow): ErrorCodeRow => ({
  ...one,
  jobs: one.jobs + other.jobs,
  errors: one.errors + other.errors,
  newest: one.newest > other.newest ? one.newest : other.newest,
  collectors: [...new Set([...one.collectors, ...other.collectors])],
});

/** Errors of an empty code and of none are one row; a job with both counts twice there. */
export function withoutCodeTogether(rows: readonly ErrorCodeRow[]): readonly ErrorCodeRow[] {
  const [first, ...others] = rows.filter(({ code }) => code === '');
  const coded = rows.filter(({ code }) => code !== '');
  return [...coded, ...(first === undefined ? [] : [others.reduce(combined, first)])]
    .toSorted((one, other) => other.jobs - one.jobs || other.errors - one.errors)
    .slice(0, MAX_CODES);
}

const readRows = resultsOf((row): ErrorCodeRow => ({
  code: textAt(row, 'code'),
  jobs: numberAt(row, 'jobs'),
  errors: numberAt(row, 'errors'),
  message: textAt(row, 'message'),
  newest: textAt(row, 'newest'),
  collectors: listAt(row, 'collectors').filter((each) => typeof each === 'string'),
}));

/** The error codes of the failed jobs, that of most jobs first. */
export const statErrorCodes = (selection: Selection): Call<Results<ErrorCodeRow>> =>
  stat(
    'Failed jobs by error code',
    selection,
    {
      ...filtersOf(selection, [onlyFailed]),
      aggregate: [
        { unwind: { path: FIELDS.errors } },
        {
          group: {
            keys: [named(FIELDS.errorCode, 'code')],
            fields: [
              { ...JOBS, name: 'errors' },
              { key: FIELDS.id, name: 'ids', operator: 'add_to_set' },
              { key: FIELDS.collector, name: 'collectors', operator: 'add_to_set' },
              { key: FIELDS.created, name: 'newest', operator: 'max' },
              { key: FIELDS.errorMessage, name: 'message', operator: 'first' },
            ],
          },
        },
        {
          project: {
            fields: [
              { key: 'ids', name: 'jobs', operator: 'size' },
              ...['errors', 'collectors', 'newest', 'message'].map((name) => named(name, name)),
            ],
          },
        },
        { sort: { keys: [{ key: 'jobs', desc: true }, { key: 'errors', desc: true }, { key: 'code' }] } },
        { limit: MAX_CODES + 1 },
      ],
    },
    (answer) => ({ results: withoutCodeTogether(readRows(answer).results) }),
  );

/** The conditions of failed jobs without an error. */
export const FAILED_WITHOUT_ERROR: readonly Condition[] = [
  onlyFailed,
  condition(FIELDS.firstError, 'exists', false),
];

/** The number of failed jobs that have no error. */
export const countUnexplained = (selection: Selection): Call<number> => ({
  title: 'Failed jobs without an error',
  rpc: 'list',
  request: {
    domain_id: selection.domain,
    query: { ...filtersOf(selection, FAILED_WITHOUT_ERROR), count_only: true },
  },
  read: (answer) => numberAt(answer, 'total_count'),
});

/** The conditions of failed jobs with an error code. An error without a code has an empty one or none. */
export const failedWith = (code: string): readonly Condition[] =>
  code === ''
    ? [
        onlyFailed,
        condition(FIELDS.errorCode, 'in', ['', null]),
        condition(FIELDS.firstError, 'exists', true),
      ]
    : [onlyFailed, condition(FIELDS.errorCode, 'eq', code)];

/** The messages of the newest failed job with an error code. */
export const listMessages = (selection: Selection, code: string): Call<readonly string[]> => ({
  title: `The newest job with ${code || 'no code'}`,
  rpc: 'list',
  request: {
    domain_id: selection.domain,
    query: {
      ...filtersOf(selection, failedWith(code)),
      only: [FIELDS.errors],
      page: { limit: 1 },
    },
  },
  read: (answer) =>
    listAt(answer, 'results')
      .flatMap((job) => listAt(job, 'errors'))
      .filter((error) => textAt(error, 'error_code') === code)
      .map((error) => textAt(error, 'message')),
});
