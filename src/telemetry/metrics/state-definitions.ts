/** Defines the metrics of the build and of readiness (docs/monitor.md «Metrics»). */
import { ALL_REASONS } from '../../reasons.js';
import type { Definitions } from './definition.js';

export interface Build {
  readonly version: string;
  readonly commit: string;
  readonly node: string;
}

export const stateDefinitions = ({ version, commit, node }: Build) =>
  ({
    inventory_job_build_info: {
      type: 'gauge',
      help: '1; the labels tell the build.',
      labels: { version: [version], commit: [commit], node: [node] },
    },
    inventory_job_serving: {
      type: 'gauge',
      help: '1 while the service serves, 0 otherwise.',
      labels: {},
    },
    inventory_job_not_serving_reason: {
      type: 'gauge',
      help: '1 for the reason for not serving, 0 for the others.',
      labels: { reason: ALL_REASONS },
    },
  }) as const satisfies Definitions;
