// The metrics pushed to a receiver: those of a scrape, under the names of OpenTelemetry where it has any.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Config } from '../../../src/config/config.js';
import { metricDefinitions } from '../../../src/telemetry/metrics/definitions.js';
import { callHttp } from '../../harness/http-client.js';
import { fetchScrape, KNOWN, parseScrape } from '../../harness/metrics.js';
import type { Family } from '../../harness/metrics.js';
import { startReceiver } from '../../harness/otlp.js';
import type { ReceivedMetric, Receiver } from '../../harness/otlp.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { until } from '../../harness/until.js';

const REQUEST = { domain_id: 'domain-07d2e9c4a6b1', query: { page: { limit: 2 } } };
const CALLS = 7;
const TIMEOUT_MS = 8000;

let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());

const serve = (database: string, settings: Partial<Config> = {}): Promise<Service> =>
  startService(database, { otlpEndpoint: receiver.url, otelServiceName: database, ...settings });

/** The latest metrics of a service. */
const latest = (name: string): readonly ReceivedMetric[] =>
  receiver.pushes.findLast((metrics) => metrics[0]?.resource['service.name'] === name) ?? [];

const metricNamed = (metrics: readonly ReceivedMetric[], name: string): ReceivedMetric | undefined =>
  metrics.find((metric) => metric.name === name);

describe('with an endpoint', () => {
  let service: Service;
  let families: readonly Family[];
  let pushed: readonly ReceivedMetric[];

  const listed = () =>
    metricNamed(latest('pushed'), 'inventory_job_calls_total')?.points.find(
      ({ attributes: { method, status, transport } }) =>
        method === 'list' && status === 'OK' && transport === 'json',
    )?.value;

  beforeAll(async () => {
    service = await serve('pushed', { adminPort: 0, otelMetricExportIntervalMs: 100 });
    for (let nth = 0; nth < CALLS; nth++) await callHttp(service.http, 'list', REQUEST);
    await until('the calls are pushed', () => listed() === CALLS, TIMEOUT_MS);
    families = parseScrape(await fetchScrape(service.admin));
    pushed = latest('pushed');
  });
  afterAll(() => service.stop());

  test('every metric of a scrape is pushed, with as many series', () => {
    const conventions = Object.values(metricDefinitions(KNOWN)).flatMap((definition) =>
      'convention' in definition ? [definition.convention] : [],
    );
    const scraped = Object.entries(metricDefinitions(KNOWN)).map(([name, definition]) => [
      'convention' in definition ? definition.convention : name,
      families
        .find((family) => family.name === name)
        ?.samples.filter((sample) => sample.name === name || sample.name.endsWith('_count')).length,
    ]);
    expect(conventions).toContain('rpc.server.call.duration');
    expect(pushed.map(({ name, points }) => [name, points.length])).toEqual(scraped);
  });

  test('a histogram has the counts of its buckets, a unit, and the attributes of its convention', () => {
    const metric = metricNamed(pushed, 'db.client.operation.duration');
    const find = metric?.points.find(
      ({ attributes }) =>
        attributes['db.operation.name'] === 'find' && attributes['db.collection.name'] === 'job',
    );
    expect(metric).toMatchObject({ kind: 'histogram', unit: 's', temporality: 'CUMULATIVE' });
    expect(find?.attributes).toEqual({
      'db.system.name': 'mongodb',
      'db.namespace': 'pushed',
      'db.operation.name': 'find',
      'db.collection.name': 'job',
    });
    expect(find?.counts).toHaveLength(10);
    expect(find?.value).toBeGreaterThanOrEqual(CALLS);
    expect(find?.counts.reduce((sum, count) => sum + count, 0)).toBe(find?.value);
  });

  test('gauges, and counters that only grow, are pushed as such', () => {
    expect(metricNamed(pushed, 'inventory_job_serving')).toMatchObject({
      ...{ kind: 'gauge', unit: '1', points: [{ attributes: {}, value: 1 }] },
      resource: { 'service.name': 'pushed', 'service.instance.id': expect.any(String) },
    });
    expect(metricNamed(pushed, 'db.client.connection.count')).toMatchObject({
      ...{ kind: 'sum', unit: '{connection}', temporality: 'CUMULATIVE' },
    });
    expect(metricNamed(pushed, 'inventory_job_calls_total')).toMatchObject({
      ...{ kind: 'sum', temporality: 'CUMULATIVE' },
    });
  });

  test('the last values are pushed at the end', async () => {
    const ending = await serve('pushed_last');
    await callHttp(ending.http, 'list', REQUEST);
    await ending.stop();
    const calls = metricNamed(latest('pushed_last'), 'inventory_job_calls_total');
    expect(calls?.points.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  });
});

test.each<readonly [string, Partial<Config>, metrics: boolean, spans: boolean]>([
  ['only metrics', { otelTracesExporter: 'none' }, true, false],
  ['only spans', { otelMetricsExporter: 'none' }, false, true],
  ['nothing', { otelSdkDisabled: true }, false, false],
])('%s are exported where the settings say so', async (name, settings, metrics, spans) => {
  const database = `pushed_${name.replace(' ', '_')}`;
  const service = await serve(database, settings);
  await callHttp(service.http, 'list', REQUEST);
  await service.stop();
  expect(latest(database).length > 0).toBe(metrics);
  expect(receiver.spans.some(({ resource }) => resource['service.name'] === database)).toBe(spans);
});
