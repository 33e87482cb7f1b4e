// The files of monitoring/ and the runbook: rules, their tests, panels and queries.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { JOB_INDEXES } from '../../src/job/collections.js';
import { indexName } from '../../src/mongo/indexes.js';
import { metricDefinitions } from '../../src/telemetry/metrics/definitions.js';
import { scrapeText } from '../../src/telemetry/metrics/exposition.js';
import { createMetrics } from '../../src/telemetry/metrics/registry.js';
import { isObject, objectOf, parseObject, stringOf } from '../harness/json.js';
import { parseScrape } from '../harness/metrics.js';
import type { Sample } from '../harness/metrics.js';

type Fields = ReturnType<typeof objectOf>;

const read = (path: string): string => readFileSync(join(process.cwd(), path), 'utf8');
const yaml = (path: string): Fields => objectOf(parse(read(path)));
const objectsOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(objectOf(value)).map(([name, text]) => [name, stringOf(text)]));

export interface Rule {
  readonly alert: string;
  readonly record: string;
  /** A rule may record a number. */
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const RULES: readonly Rule[] = objectsOf(yaml('monitoring/alerts.yaml')['groups'])
  .flatMap(({ rules }) => objectsOf(rules))
  .map(({ alert, record, expr, labels, annotations }) => ({
    alert: stringOf(alert),
    record: stringOf(record),
    expr: typeof expr === 'number' ? String(expr) : stringOf(expr),
    labels: textsOf(labels),
    annotations: textsOf(annotations),
  }));

export const ALERTS = RULES.filter(({ alert }) => alert !== '');
export const RECORDS = RULES.filter(({ record }) => record !== '');

const TESTS = objectsOf(yaml('monitoring/alerts.test.yaml')['tests']);

/** The series of the tests of rules, as queries. */
export const TESTED_SERIES = TESTS.flatMap(({ input_series: series }) => objectsOf(series)).map(
  ({ series }) => stringOf(series),
);

/** The number of alerts that each evaluation in the tests of rules expects. */
export const EVALUATIONS = TESTS.flatMap(({ alert_rule_test: rules }) => objectsOf(rules)).map(
  ({ alertname, exp_alerts: alerts }) => ({ alert: stringOf(alertname), fires: objectsOf(alerts).length }),
);

const dashboard = parseObject(read('monitoring/dashboard.json'));

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly string[];
}

export const DASHBOARD_TEXT = JSON.stringify(dashboard);
export const VARIABLES = objectsOf(objectOf(dashboard['templating'])['list']);

export const PANELS: readonly Panel[] = objectsOf(dashboard['panels'])
  .filter(({ type }) => type !== 'row')
  .map(({ title, description, fieldConfig, targets }) => ({
    title: stringOf(title),
    description: stringOf(description),
    unit: stringOf(objectOf(objectOf(fieldConfig)['defaults'])['unit']),
    queries: objectsOf(targets).map(({ expr }) => stringOf(expr)),
  }));

export const ROWS = objectsOf(dashboard['panels'])
  .filter(({ type }) => type === 'row')
  .map(({ title }) => stringOf(title));

/** The query as Prometheus receives it of Grafana. */
export const filledIn = (query: string): string =>
  query.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:job|instance)/g, '.*');

/** The runbook's sections by their headings. */
export const SECTIONS: ReadonlyMap<string, string> = new Map(
  read('docs/alerts.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0] ?? '', section]),
);

/** The blocks of a section in a language. */
export const blocksOf = (section: string, language: string): readonly string[] =>
  [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , block = '']) => block);

/** The recorded series. */
const RECORDED = RECORDS.map(({ record, labels }): Sample => ({ name: record, labels, value: 0 }));

/** The series of a target, from Prometheus itself. */
const UP: Sample = { name: 'up', labels: {}, value: 1 };

/** Every series there can be: those of the service, of the rules, and of Prometheus. */
export async function everySeries(): Promise<readonly Sample[]> {
  const definitions = metricDefinitions({
    build: { version: '1.0.0', commit: 'abc', node: '20.0.0' },
    database: 'inventory',
    indexes: JOB_INDEXES.keys.map(indexName),
  });
  const families = parseScrape(await scrapeText(createMetrics(definitions)));
  return [...families.flatMap(({ samples }) => samples), ...RECORDED, UP];
}
