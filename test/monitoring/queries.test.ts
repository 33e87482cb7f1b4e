// The queries of rules, dashboard and runbook name metrics, labels and values that the service has.
import { beforeAll, expect, test } from '@jest/globals';
import type { Sample } from '../harness/metrics.js';
import { parseQuery, unknownGrouping, withoutSamples } from '../harness/promql.js';
import { ALERTS, blocksOf, everySeries, filledIn, PANELS, SECTIONS, TESTED_SERIES } from './files.js';

let series: readonly Sample[];

beforeAll(async () => {
  series = await everySeries();
});

const QUERIES: readonly (readonly [where: string, query: string])[] = [
  ...ALERTS.map(({ alert, expr }) => [`the rule ${alert}`, expr] as const),
  ...PANELS.flatMap(({ title, queries }) =>
    queries.map((query) => [`the panel ${title}`, filledIn(query)] as const),
  ),
  ...[...SECTIONS].flatMap(([heading, section]) =>
    blocksOf(section, 'promql').map((query) => [`the runbook of ${heading}`, query] as const),
  ),
];

test.each(QUERIES)('%s selects series of the service: %s', (_, query) => {
  expect(parseQuery(query).selectors).not.toEqual([]);
  expect(withoutSamples(query, series)).toEqual([]);
});

test.each(QUERIES)('%s groups by labels of its series: %s', (_, query) => {
  expect(unknownGrouping(query, series)).toEqual([]);
});

test('the series in the tests of rules are those of the service', () => {
  expect(TESTED_SERIES.flatMap((query) => withoutSamples(query, series))).toEqual([]);
});

test.each([
  ['another metric', 'rate(inventory_job_call_total[5m])'],
  ['another label', 'inventory_job_calls_total{rpc="list"}'],
  ['another value', 'inventory_job_calls_total{status="Internal"}'],
  ['another value among others', 'inventory_job_calls_total{status=~"OK|UNKNOWN"}'],
])('%s would be noticed: %s', (_, query) => {
  expect(withoutSamples(query, series)).toHaveLength(1);
});

test('a label that no series of a query has would be noticed', () => {
  expect(unknownGrouping('sum by (rpc, method) (inventory_job_calls_total)', series)).toEqual(['rpc']);
});

test('text that is not PromQL would be noticed', () => {
  expect(() => parseQuery('sum by (')).toThrow('no PromQL');
});
