/** Rows of any shape: the values of a field, and the results of the reader's own stages. */
import type { Call } from './call.js';
import type { Json } from './json.js';
import { condition, createdWithin, ownFiltersOf } from './selection.js';
import type { Selection } from './selection.js';
import { resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

const MAX_VALUES = 20;

const rawResults = resultsOf((row) => row);

/** Values of a field that contain a text, as suggestions; of all jobs in the time range of the selection. */
export const statValues = (
  selection: Pick<Selection, 'domain' | 'from' | 'to'>,
  field: string,
  contained: string,
): Call<Results<Json>> =>
  stat(
    `Values of ${field}`,
    selection,
    {
      filter: [
        ...createdWithin(selection),
        ...(contained === '' ? [] : [condition(field, 'contain', contained)]),
      ],
      distinct: field,
      page: { limit: MAX_VALUES },
    },
    rawResults,
  );

/** The selected jobs through stages of the reader's own. */
export const statStages = (selection: Selection, aggregate: Json): Call<Results<Json>> =>
  stat('The statistics', selection, { ...ownFiltersOf(selection), aggregate }, rawResults);
