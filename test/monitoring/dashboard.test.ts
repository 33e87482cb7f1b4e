// The dashboard: its panels say their unit, and its queries find series in a scrape of a running service.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonClient } from '../harness/client.js';
import { fetchScrape, parseScrape } from '../harness/metrics.js';
import type { Sample } from '../harness/metrics.js';
import { withoutSamples } from '../harness/promql.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { DASHBOARD_TEXT, filledIn, PANELS, ROWS, VARIABLES } from './files.js';

let service: Service;
let scraped: readonly Sample[];

beforeAll(async () => {
  service = await startService('monitoring-dashboard', { adminPort: 0 });
  const client = jsonClient(service.address);
  await client.call('list', { domain_id: 'domain-3f1c9a7b2e40', query: { page: { limit: 3 } } });
  client.close();
  scraped = parseScrape(await fetchScrape(service.admin)).flatMap(({ samples }) => samples);
});
afterAll(() => service.stop());

test('it has rows for readiness, latency, the database, queues, the process and identity', () => {
  expect(ROWS).toEqual([
    'Readiness and calls',
    'Latency',
    'Database',
    'Queue and memory',
    'Process',
    'Identity and TLS',
  ]);
});

test('titles of panels are unique', () => {
  expect(new Set(PANELS.map(({ title }) => title)).size).toBe(PANELS.length);
});

test.each(PANELS)(
  'the panel $title has a unit, a description and queries',
  ({ unit, description, queries }) => {
    expect(unit).toMatch(/\S/);
    expect(description).toMatch(/\S.*\.$/);
    expect(queries).not.toEqual([]);
  },
);

test.each(PANELS)('the queries of $title find series in a scrape', ({ queries }) => {
  expect(queries.flatMap((query) => withoutSamples(filledIn(query), scraped))).toEqual([]);
});

test.each(PANELS)('the queries of $title keep to the chosen instances', ({ queries }) => {
  const braces = queries.flatMap((query) => query.match(/[a-z_]+\{/g) ?? []);
  const chosen = queries.flatMap((query) => query.match(/\{job=~"\$job", instance=~"\$instance"/g) ?? []);
  expect(chosen).toHaveLength(braces.length);
});

test('its variables are the data source, the job and the instance, and it names no host', () => {
  expect(VARIABLES.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
  expect(DASHBOARD_TEXT).not.toMatch(/https?:|"uid":"(?!inventory-job|\$\{datasource\})/);
});
