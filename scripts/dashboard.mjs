// Writes monitoring/dashboard.json, the Grafana dashboard, from its panels. With --check it changes nothing, and fails where
// the file is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import prettier from 'prettier';
import { ROWS } from './dashboard-panels.mjs';
import { prepare, root } from './setup.mjs';

await prepare();

const FILE = join(root, 'monitoring/dashboard.json');
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const [WIDTH, HEIGHT, COLUMNS] = [8, 8, 3];

const OPTIONS = {
  timeseries: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  stat: {
    colorMode: 'none',
    graphMode: 'none',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    textMode: 'value_and_name',
  },
  'state-timeline': {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: false },
    mergeValues: true,
    showValue: 'never',
  },
};

const thresholds = (value) => ({
  mode: 'absolute',
  steps: [{ color: 'green', value: null }, ...(value === undefined ? [] : [{ color: 'red', value }])],
});

function panelOf([title, unit, description, queries, options = {}], index, y) {
  const { type = 'timeseries', mappings, threshold, min = type === 'timeseries' ? 0 : undefined } = options;
  return {
    type,
    title,
    description,
    datasource: DATASOURCE,
    gridPos: {
      h: HEIGHT,
      w: WIDTH,
      x: (index % COLUMNS) * WIDTH,
      y: y + Math.floor(index / COLUMNS) * HEIGHT,
    },
    fieldConfig: {
      defaults: {
        unit,
        ...(typeof min === 'number' && { min }),
        ...(threshold !== undefined && { custom: { thresholdsStyle: { mode: 'dashed' } } }),
        mappings: mappings === undefined ? [] : [{ type: 'value', options: mappings }],
        thresholds: thresholds(threshold),
      },
      overrides: [],
    },
    options: OPTIONS[type],
    targets: Object.entries(queries).map(([legendFormat, expr], target) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + target),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}

/** The panels of all rows, each row below the one before it. */
function layOut(rows) {
  let y = 0;
  const panels = rows.flatMap(([title, panels]) => {
    const top = y;
    y += 1 + Math.ceil(panels.length / COLUMNS) * HEIGHT;
    const row = { type: 'row', title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y: top }, panels: [] };
    return [row, ...panels.map((panel, index) => panelOf(panel, index, top + 1))];
  });
  return panels.map((panel, index) => ({ id: index + 1, ...panel }));
}

const variable = (name, label, query) => ({
  type: 'query',
  name,
  label,
  datasource: DATASOURCE,
  definition: query,
  query: { query, refId: name },
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: ['All'], value: ['$__all'] },
  refresh: 2,
  sort: 1,
});

const dashboard = {
  title: 'Inventory Job',
  uid: 'inventory-job',
  description: 'The Job service: docs/monitor.md has its metrics, docs/alerts.md its alerts.',
  tags: ['inventory-job'],
  schemaVersion: 42,
  editable: true,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  timezone: 'browser',
  annotations: { list: [] },
  links: [],
  templating: {
    list: [
      { type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus', refresh: 1 },
      variable('job', 'Job', 'label_values(inventory_job_build_info, job)'),
      variable('instance', 'Instance', 'label_values(inventory_job_build_info{job=~"$job"}, instance)'),
    ],
  },
  panels: layOut(ROWS),
};

const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
const options = await prettier.resolveConfig(FILE);
const after = await prettier.format(JSON.stringify(dashboard), { ...options, filepath: FILE });
if (after !== before && process.argv.includes('--check')) {
  process.stderr.write('Stale, run npm run generate: monitoring/dashboard.json\n');
  process.exitCode = 1;
} else if (after !== before) writeFileSync(FILE, after);
