/** The errors of jobs by their code. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { numberAt, textAt } from './json.js';
import { condition, filtersOf, withStatus } from './selection.js';
import type { Selection } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';
import { FAILED } from './statuses.js';

const MAX_CODES = 10;

/** The errors with one code: their number, one of their messages, the creation time of the newest job with it. */
export interface ErrorCodeRow {
  readonly code: string;
  readonly errors: number;
  readonly message: string;
  readonly newest: string;
}

/** The most frequent error codes of the selected jobs; of failed ones if the selection has every status. */
export const statErrorCodes = (selection: Selection): Call<Results<ErrorCodeRow>> =>
  stat(
    'Errors by code',
    selection,
    {
      ...filtersOf(
        selection,
        selection.status === '' ? [condition(FIELDS.status, 'in', FAILED)] : withStatus(selection),
      ),
      aggregate: [
        { unwind: { path: FIELDS.errors } },
        {
          group: {
            keys: [named(FIELDS.errorCode, 'code')],
            fields: [
              { ...JOBS, name: 'errors' },
              { key: FIELDS.created, name: 'newest', operator: 'max' },
              { key: FIELDS.errorMessage, name: 'message', operator: 'first' },
            ],
          },
        },
        { sort: { keys: [{ key: 'errors', desc: true }, { key: 'code' }] } },
        { limit: MAX_CODES },
      ],
    },
    resultsOf((row) => ({
      code: textAt(row, 'code'),
      errors: numberAt(row, 'errors'),
      message: textAt(row, 'message'),
      newest: textAt(row, 'newest'),
    })),
  );
