// npm run promtool: checks monitoring/ by Prometheus' own tool, built once into .cache by Go. It checks the rules, runs their
// tests, and on a scrape of a running service checks the metrics and evaluates the queries of dashboard and runbook. For each
// alert it causes the fault and evaluates the rules on what was scraped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

const VERSION = 'v0.316.0';
const FOLDER = join(root, '.cache/promtool', VERSION);
const PROMTOOL = join(FOLDER, 'promtool');
/** Not optimized, and without the clients of cloud providers: for a shorter build. */
const INSTALL = [
  ...['install', '-tags', 'remove_all_sd', '-gcflags', 'all=-N -l', '-ldflags', '-s -w'],
  `github.com/prometheus/prometheus/cmd/promtool@${VERSION}`,
];
const RULES = join(root, 'monitoring/alerts.yaml');
const TESTS = join(root, 'monitoring/alerts.test.yaml');
const RUNBOOK = join(root, 'docs/alerts.md');
const DASHBOARD = join(root, 'monitoring/dashboard.json');

/** OpenTelemetry gives this name to a gauge; for promtool the ending is that of histograms. */
const KNOWN_COMPLAINTS = [
  'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix',
];

const BLOCK = /^```promql\n([^]*?)^```$/gm;
const TARGET = 'job="inventory-job",instance="127.0.0.1:9090"';
const MINUTES = 10;
/** Longer than any alert waits. */
const MINUTES_OF_FAULT = 20;

await prepare();
install();
const results = [
  ['check rules', run(['check', 'rules', RULES])],
  ['test rules', run(['test', 'rules', TESTS])],
  ...(await checkScrape()),
  ...(await checkFaults()),
];
for (const [check, failure] of results)
  process.stdout.write(`${failure === '' ? 'passed' : 'FAILED'}: promtool ${check}\n${failure}`);
// At a natural end, Node 20 may spin for ever on handles left half closed.
process.exit(results.every(([, failure]) => failure === '') ? 0 : 1);

function install() {
  if (existsSync(PROMTOOL)) return;
  process.stderr.write(`promtool: ${VERSION} into .cache, by go install (minutes, once) … `);
  const begun = performance.now();
  const env = { ...process.env, GOBIN: FOLDER };
  const { status, stderr, error } = spawnSync('go', INSTALL, { env, encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(`failed\n${error?.message ?? stderr}\n`);
    process.exit(1);
  }
  process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
}

/** Runs promtool. Answers what it says about a failure, and nothing after a success. */
function run(args, input = '') {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { input, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

async function checkScrape() {
  const { startProgram } = await import('../build/test/harness/program.js');
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  const program = startProgram({ EMBEDDED_DATA_DIR: join(folder, 'data') });
  try {
    await program.ready();
    const { admin } = await program.addresses();
    const scrape = await (await fetch(`http://${admin}/metrics`)).text();
    return [
      ['check metrics, on a scrape', unknownComplaints(run(['check', 'metrics'], scrape))],
      ['test rules, with the queries of dashboard and runbook on a scrape', evaluate(scrape, folder)],
    ];
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Causes faults, and evaluates the rules on series that go on as from the scrape before to the one after. */
async function checkFaults() {
  const { default: startMongod } = await import('../build/test/harness/global-setup.js');
  const { default: stopMongod } = await import('../build/test/harness/global-teardown.js');
  const { causeFaults } = await import('../build/test/monitoring/faults.js');
  const folder = mkdtempSync(join(tmpdir(), 'promtool-faults-'));
  await startMongod();
  try {
    const faults = await causeFaults();
    const results = faults.map((fault) => [
      `test rules, with ${fault.name}: ${fault.alerts.join(', ')}`,
      evaluateAlerts(fault, folder),
    ]);
    return [...results, ['test rules, with a fault for each alert', withoutFault(faults)]];
  } finally {
    await stopMongod();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The alerts that no fault makes due, a line each. */
function withoutFault(faults) {
  const due = new Set(faults.flatMap(({ alerts }) => alerts));
  const names = [...readFileSync(RULES, 'utf8').matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name);
  return names
    .filter((name) => !due.has(name))
    .map((name) => `no fault: ${name}\n`)
    .join('');
}

/** Evaluates the rules after the longest time that one waits. */
function evaluateAlerts({ alerts, before, after }, folder) {
  const earlier = new Map(samplesOf(before).map(({ series, value }) => [series, value]));
  return expectTrue(folder, {
    minutes: MINUTES_OF_FAULT,
    rules: [RULES],
    series: [
      { series: `up{${TARGET}}`, values: `1x${MINUTES_OF_FAULT}` },
      ...samplesOf(after).map(({ series, value, isCounter }) => ({
        series,
        values: `${value}+${isCounter ? value - earlier.get(series) : 0}x${MINUTES_OF_FAULT}`,
      })),
    ],
    expressions: alerts.map((alert) => `count(ALERTS{alertname="${alert}", alertstate="firing"}) > bool 0`),
  });
}

/** Runs a test of rules in which each expression has the value 1 after so many minutes of the series. */
function expectTrue(folder, { minutes, rules, series, expressions }) {
  const test = {
    interval: '1m',
    start_timestamp: Math.floor(Date.now() / 1000),
    input_series: series,
    promql_expr_test: expressions.map((expr) => ({
      expr,
      eval_time: `${minutes}m`,
      exp_samples: [{ labels: '{}', value: 1 }],
    })),
  };
  const file = join(folder, 'rules.test.yaml');
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify({ rule_files: rules, evaluation_interval: '1m', tests: [test] }));
  return run(['test', 'rules', file]);
}

/** The samples of a scrape as series of a target; all of a histogram's count. */
function samplesOf(scrape) {
  let isCounter = false;
  return scrape.split('\n').flatMap((line) => {
    const [, type] = /^# TYPE \S+ (\S+)$/.exec(line) ?? [];
    if (type !== undefined) isCounter = type !== 'gauge';
    if (line === '' || line.startsWith('#')) return [];
    return [{ ...sampleOf(line), isCounter }];
  });
}

/** The complaints about metrics, without the known ones. */
function unknownComplaints(said) {
  const lines = said.split('\n').filter((line) => line !== '' && !KNOWN_COMPLAINTS.includes(line));
  return lines.map((line) => `${line}\n`).join('');
}

/** Evaluates the queries on the series of a scrape that stand still; those of the dashboard have to have a result. */
function evaluate(scrape, folder) {
  return expectTrue(folder, {
    minutes: MINUTES,
    rules: [],
    series: samplesOf(scrape).map(({ series, value }) => ({ series, values: `${value}x${MINUTES}` })),
    expressions: [
      ...queriesOfDashboard().map((query) => `count(${query}) > bool 0`),
      ...queriesOfRunbook().map((query) => `(count(${query}) or vector(0)) >= bool 0`),
    ],
  });
}

/** A line of a scrape as the series of a target, with its value. */
function sampleOf(line) {
  const at = line.lastIndexOf(' ');
  const [, name, labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(line.slice(0, at));
  const series = `${name}{${[labels, TARGET].filter((part) => part !== '').join()}}`;
  return { series, value: line.slice(at + 1).replace('+', '') };
}

/** The queries of the dashboard for all instances. */
function queriesOfDashboard() {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8'));
  return panels
    .flatMap(({ targets = [] }) => targets)
    .map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:job|instance)/g, '.*'));
}

function queriesOfRunbook() {
  return [...readFileSync(RUNBOOK, 'utf8').matchAll(BLOCK)].map(([, query]) => query.trim());
}
