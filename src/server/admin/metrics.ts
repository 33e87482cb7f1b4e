/** The metrics of ADMIN_PORT, in Prometheus' text format (docs/monitor.md «Health»). */
import { ALL_REASONS } from '../../reasons.js';
import type { ServingState } from '../serving-state.js';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Gauge {
  readonly name: string;
  readonly help: string;
  /** The values by labels, in the syntax of the format. */
  readonly values: readonly (readonly [labels: string, value: boolean])[];
}

const gauges = (state: ServingState): readonly Gauge[] => [
  {
    name: 'inventory_job_serving',
    help: '1 while the service serves, 0 otherwise.',
    values: [['', state.serving()]],
  },
  {
    name: 'inventory_job_not_serving_reason',
    help: '1 for the reason for not serving, 0 for the others.',
    values: ALL_REASONS.map((reason) => [`{reason="${reason}"}`, state.reason() === reason]),
  },
];

const textOf = ({ name, help, values }: Gauge): string =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...values.map(([labels, value]) => `${name}${labels} ${Number(value)}`),
    '',
  ].join('\n');

export const metrics = (state: ServingState): string => gauges(state).map(textOf).join('');
