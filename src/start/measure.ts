/** Feeds the metrics from the parts of the service, read at each scrape (docs/monitor.md «Metrics»). */
import { ALL_REASONS } from '../reasons.js';
import type { ServingState } from '../server/serving-state.js';
import type { Metrics } from '../telemetry/metrics/registry.js';
import { BUILD } from '../version.js';

/** Readiness and its reason, and the build. */
export function measureServing(state: ServingState, { read }: Metrics): void {
  read('inventory_job_build_info', BUILD, () => 1);
  read('inventory_job_serving', {}, () => Number(state.serving()));
  for (const reason of ALL_REASONS)
    read('inventory_job_not_serving_reason', { reason }, () => Number(state.reason() === reason));
}
