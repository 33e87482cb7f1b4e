// Each alert has what a person on call needs, and tests that fire it and that do not.
import { expect, test } from '@jest/globals';
import { metricDefinitions } from '../../src/telemetry/metrics/definitions.js';
import { KNOWN } from '../harness/metrics.js';
import { ALERTS, blocksOf, EVALUATIONS, RECORDS, SECTIONS } from './files.js';

const NAMES = ALERTS.map(({ alert }) => alert);

test('the runbook has one section an alert, in the order of the rules', () => {
  expect([...SECTIONS.keys()]).toEqual(NAMES);
});

test('names of alerts are unique', () => {
  expect(new Set(NAMES).size).toBe(NAMES.length);
});

test.each(ALERTS)('$alert has a severity, a summary and a description', ({ labels, annotations }) => {
  expect(['critical', 'warning']).toContain(labels['severity']);
  expect(annotations['summary']).toMatch(/\S/);
  expect(annotations['description']).toMatch(/\S.*\.$/);
});

test.each(ALERTS)('the runbook_url of $alert is its section', ({ alert, annotations }) => {
  expect(annotations['runbook_url']).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
});

test.each(NAMES)(
  'the section of %s has its meaning, queries, a filter of the log, commands and remedies',
  (alert) => {
    const section = SECTIONS.get(alert) ?? '';
    expect(['It means', 'A closer look', 'To do'].filter((part) => !section.includes(`**${part}**`))).toEqual(
      [],
    );
    expect(blocksOf(section, 'promql')).not.toEqual([]);
    expect(blocksOf(section, 'js')).not.toEqual([]);
    expect(blocksOf(section, 'sh').join('')).toContain('jq ');
  },
);

test.each(NAMES)('the tests of rules fire %s once, and hold it back once', (alert) => {
  const fires = EVALUATIONS.filter((evaluation) => evaluation.alert === alert).map((each) => each.fires);
  expect(fires.some((count) => count > 0)).toBe(true);
  expect(fires).toContain(0);
});

test('the budget of each method is a bound of the histograms of its calls', () => {
  const definitions = metricDefinitions(KNOWN);
  const budgets = RECORDS.filter(({ record }) => record === 'inventory_job:call_budget_seconds');
  expect(budgets.map(({ labels }) => labels['method']).sort()).toEqual(
    [...definitions.grpc_server_handling_seconds.labels.grpc_method].sort(),
  );
  const values = budgets.map(({ expr }) => Number(expr));
  expect(definitions.grpc_server_handling_seconds.buckets).toEqual(expect.arrayContaining(values));
  expect(definitions.inventory_job_call_duration_seconds.buckets).toEqual(expect.arrayContaining(values));
});
