// Every gauge is read from a part of the service: none stays at its first value.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { knownValues } from '../../../src/start/register-metrics.js';
import { metricDefinitions } from '../../../src/telemetry/metrics/definitions.js';
import { createMetrics } from '../../../src/telemetry/metrics/registry.js';
import type { Metrics } from '../../../src/telemetry/metrics/registry.js';
import { scrapeText } from '../../../src/telemetry/metrics/exposition.js';
import { parseScrape, seriesOf } from '../../harness/metrics.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';

const DATABASE = 'metrics-gauges';

const own = createMetrics(metricDefinitions(knownValues(DATABASE)));
const read = new Set<string>();
const metrics: Metrics = {
  ...own,
  observable(name, labels, value) {
    read.add(seriesOf({ name, labels: { ...labels }, value: 0 }));
    own.observable(name, labels, value);
  },
};

let service: Service;

beforeAll(async () => {
  service = await startService(DATABASE, { adminPort: 0 }, { metrics });
});
afterAll(() => service.stop());

test('a service reads every series of every gauge', async () => {
  const gauges = parseScrape(await scrapeText(metrics)).filter(({ type }) => type === 'gauge');
  const series = gauges.flatMap(({ samples }) => samples.map(seriesOf));
  expect(series.length).toBeGreaterThan(0);
  expect(series.filter((each) => !read.has(each))).toEqual([]);
});
