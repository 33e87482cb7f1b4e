/** Counts refusals by the limit that they meet (docs/monitor.md «Metrics»). */
import { AppError } from '../errors.js';
import type { Meter } from '../telemetry/metrics/registry.js';

/** Counts a limit that refuses a call with `error`, if that is one. */
export function countLimit(meter: Pick<Meter, 'add'>, error: unknown): void {
  if (error instanceof AppError && error.error === 'LIMIT_EXCEEDED')
    meter.add('inventory_job_limits_hit_total', { limit: error.limit ?? 'request' });
}
