/** spaceone.api.core.v1.StatisticsQuery to the query model (docs/query.md «stat»). */
import { fail, limited } from '../errors.js';
import type { StatisticsAggregate, StatisticsQuery } from '../gen/spaceone/api/core/v1/query.js';
import type { Stage, StatQuery } from './model.js';
import { readFilters } from './parse-filter.js';
import { readPage } from './parse-list.js';
import type { ReadSettings } from './read-settings.js';
import { anyKey } from './schema.js';
import type { Names } from './stages/names.js';
import { definitionOf, readStage } from './stages/registry.js';

const MAX_STAGES = 100;

function readStages(sent: readonly StatisticsAggregate[], settings: ReadSettings): readonly Stage[] {
  limited(sent.length, MAX_STAGES, 'stages of query.aggregate', 'query.aggregate');
  let names: Names = { settings, row: undefined, keys: [] };
  return sent.map((each, i) => {
    const read = readStage(each, `query.aggregate[${i}]`, names);
    names = read.names;
    return read.stage;
  });
}

type Rows = StatQuery['rows'];

function sortPathOf(rows: Rows): string {
  const stages = 'stages' in rows ? rows.stages : [];
  const [path, ...others] = stages.flatMap((stage, i) =>
    definitionOf(stage).sorts === true ? [`query.aggregate[${i}].${stage.kind}`] : [],
  );
  return path === undefined || others.length > 0 ? 'query.aggregate' : path;
}

const readRows = (query: StatisticsQuery, settings: ReadSettings): Rows =>
  query.aggregate.length > 0
    ? { stages: readStages(query.aggregate, settings) }
    : { distinct: anyKey(settings.schema, query.distinct, 'query.distinct') };

/** Reads the query of a stat. Errors: INVALID_ARGUMENT and RESOURCE_EXHAUSTED, naming the part at fault. */
export function readStat(query: StatisticsQuery, settings: ReadSettings): StatQuery {
  if (query.aggregate.length === 0 && query.distinct === '')
    fail('REQUIRED_PARAMETER', { key: 'aggregate' }, 'query.aggregate');
  const filter = readFilters(query, settings);
  const rows = readRows(query, settings);
  return { filter, sortPath: sortPathOf(rows), rows, page: readPage(query.page, settings.maxPageSize) };
}
