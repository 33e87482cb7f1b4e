/** Rows of any shape: the values of a field, and the results of the reader's own stages. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { textAt } from './json.js';
import type { Json } from './json.js';
import { condition, createdWithin, filtersOf } from './selection.js';
import type { Selection } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

const MAX_VALUES = 20;
const MAX_NAMES = 50;

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

/** A collector by its id, with its name. */
export interface CollectorName {
  readonly value: string;
  readonly name: string;
}

const statNames = (title: string, domain: string, filters: object): Call<Results<CollectorName>> =>
  stat(
    title,
    { domain },
    {
      ...filters,
      aggregate: [
        {
          group: {
            keys: [named(FIELDS.collector, 'value'), named(FIELDS.collectorName, 'name')],
            fields: [JOBS],
          },
        },
        { sort: { keys: [{ key: 'jobs', desc: true }] } },
        { limit: MAX_NAMES },
      ],
    },
    resultsOf((row) => ({
      value: textAt(row, 'value'),
      name: textAt(row, 'name').trim() || textAt(row, 'value'),
    })),
  );

/** The names of the collectors with these ids. */
export const statCollectorNames = (
  { domain }: Pick<Selection, 'domain'>,
  ids: readonly string[],
): Call<Results<CollectorName>> =>
  statNames('The names of collectors', domain, { filter: [condition(FIELDS.collector, 'in', ids)] });

/** The collectors in the time range of the selection whose name or id contains a text, that of most jobs first. */
export const findCollectorNames = (
  selection: Pick<Selection, 'domain' | 'from' | 'to'>,
  contained: string,
): Call<Results<CollectorName>> =>
  statNames('Collectors to choose from', selection.domain, {
    filter: createdWithin(selection),
    ...(contained === ''
      ? {}
      : {
          filter_or: [FIELDS.collectorName, FIELDS.collector].map((key) =>
            condition(key, 'contain', contained),
          ),
        }),
  });

/** The selected jobs in every status through stages of the reader's own. */
export const statStages = (selection: Selection, aggregate: Json): Call<Results<Json>> =>
  stat('The statistics', selection, { ...filtersOf(selection), aggregate }, rawResults);
