// The registry: every series is there from the start, observations reach theirs, and the text keeps to the format.
import { describe, expect, test } from '@jest/globals';
import { metricDefinitions } from '../../../src/telemetry/metrics/definitions.js';
import { scrapeText } from '../../../src/telemetry/metrics/exposition.js';
import { createMetrics } from '../../../src/telemetry/metrics/registry.js';
import { parseScrape, seriesOf } from '../../harness/metrics.js';
import { KNOWN } from '../../harness/metrics.js';

const DEFINITIONS = metricDefinitions(KNOWN);

const created = () => createMetrics(DEFINITIONS);
const GET = { transport: 'json', method: 'get' } as const;

test('every series is 0 before the first event', async () => {
  const families = parseScrape(await scrapeText(created()));
  const samples = families.flatMap((family) => family.samples);
  expect(samples.filter(({ value }) => value !== 0)).toEqual([]);
  expect(families.map(({ name }) => name).sort()).toEqual(Object.keys(DEFINITIONS).sort());
});

test('names say their unit and that they count', () => {
  const counters = Object.entries(DEFINITIONS).filter(([name]) => name.endsWith('_total'));
  expect(counters.map(([, { type }]) => type)).toEqual(counters.map(() => 'counter'));
  const odd = Object.entries(DEFINITIONS).filter(([name, { type, help }]) => {
    const isNamed = type !== 'counter' || name.endsWith('_total');
    return !isNamed || !/^[A-Z\d].*[^.]\.$|^OpenTelemetry's .*\.$/.test(help);
  });
  expect(odd).toEqual([]);
});

test('a counter grows by one or by a number, in its own series', async () => {
  const metrics = created();
  metrics.add('inventory_job_calls_total', { ...GET, status: 'OK' });
  metrics.add('inventory_job_calls_total', { ...GET, status: 'OK' }, 4);
  const families = parseScrape(await scrapeText(metrics));
  const moved = families.flatMap(({ samples }) => samples).filter(({ value }) => value !== 0);
  expect(moved).toEqual([{ name: 'inventory_job_calls_total', labels: { ...GET, status: 'OK' }, value: 5 }]);
});

describe('a histogram counts a value', () => {
  test.each([
    ['on a bound in its bucket', 0.1, '0.1'],
    ['below the first bound in the first bucket', 0, '0.005'],
    ['beyond the last bound in +Inf alone', 61, '+Inf'],
  ])('%s', async (_, value, first) => {
    const metrics = created();
    metrics.observe('inventory_job_call_duration_seconds', GET, value);
    const families = parseScrape(await scrapeText(metrics));
    const moved = families.flatMap(({ samples }) => samples).filter((sample) => sample.value !== 0);
    expect(moved[0]?.labels['le']).toBe(first);
    expect(moved.find(({ name }) => name.endsWith('_count'))?.value).toBe(1);
    const sum = families
      .flatMap(({ samples }) => samples)
      .find(
        ({ name, labels }) =>
          name === 'inventory_job_call_duration_seconds_sum' &&
          labels['transport'] === 'json' &&
          labels['method'] === 'get',
      );
    expect(sum?.value).toBe(value);
  });
});

test('a value is read at each scrape, after what refreshes it', async () => {
  const metrics = created();
  let refreshed = 0;
  metrics.beforeCollection(async () => {
    await Promise.resolve();
    refreshed += 1;
  });
  metrics.observable('inventory_job_serving', {}, () => refreshed);
  const valueOf = async (): Promise<number | undefined> =>
    parseScrape(await scrapeText(metrics)).find(({ name }) => name === 'inventory_job_serving')?.samples[0]
      ?.value;
  expect([await valueOf(), await valueOf()]).toEqual([1, 2]);
});

test('labels are escaped', async () => {
  const version = 'a "quoted" \\ version\nof two lines';
  const definitions = metricDefinitions({ ...KNOWN, build: { ...KNOWN.build, version } });
  const families = parseScrape(await scrapeText(createMetrics(definitions)));
  const [info] = families.find(({ name }) => name === 'inventory_job_build_info')?.samples ?? [];
  expect(info?.labels['version']).toBe(version);
});

test('a label without a text is left out', async () => {
  const families = parseScrape(await scrapeText(created()));
  const texts = families.flatMap(({ samples }) => samples.flatMap(({ labels }) => Object.values(labels)));
  expect(texts).not.toContain('');
  expect(families.flatMap(({ samples }) => samples.map(seriesOf)).length).toBeLessThan(2000);
});
