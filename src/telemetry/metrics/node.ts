/** Registers the metrics of the process and of Node's event loop (docs/monitor.md «Metrics»). */
import { readdir } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { descriptorLimit } from '../../limits/descriptors.js';
import type { Metrics } from './registry.js';

const MICROSECONDS_PER_SECOND = 1e6;
const NANOSECONDS_PER_SECOND = 1e9;
const DELAY_RESOLUTION_MS = 20;

/** The open descriptors of the process and their limit, by Linux. */
async function readDescriptors(): Promise<readonly [open: number, max: number]> {
  const [open, max = 0] = await Promise.all([readdir('/proc/self/fd').catch(() => []), descriptorLimit()]);
  return [open.length, max];
}

function registerProcessMetrics({ observable, beforeCollection }: Metrics): void {
  let [open, max] = [0, 0];
  beforeCollection(async () => {
    [open, max] = await readDescriptors();
  });
  const started = Date.now() / 1000 - process.uptime();
  const cpu = (part: 'user' | 'system'): number => process.cpuUsage()[part] / MICROSECONDS_PER_SECOND;
  observable('process_cpu_user_seconds_total', {}, () => cpu('user'));
  observable('process_cpu_system_seconds_total', {}, () => cpu('system'));
  observable('process_cpu_seconds_total', {}, () => cpu('user') + cpu('system'));
  observable('process_start_time_seconds', {}, () => started);
  observable('process_resident_memory_bytes', {}, () => process.memoryUsage.rss());
  observable('process_open_fds', {}, () => open);
  observable('process_max_fds', {}, () => max);
  observable('nodejs_heap_size_total_bytes', {}, () => process.memoryUsage().heapTotal);
  observable('nodejs_heap_size_used_bytes', {}, () => process.memoryUsage().heapUsed);
  observable('nodejs_external_memory_bytes', {}, () => process.memoryUsage().external);
}

/** Registers the metrics; the event loop is measured until the returned function is called. */
export function registerNodeMetrics(metrics: Metrics): () => Promise<void> {
  registerProcessMetrics(metrics);
  const { observable, beforeCollection } = metrics;
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  let before = performance.eventLoopUtilization();
  let [p50, p90, p99, utilization] = [0, 0, 0, 0];
  /** The delay of a timer beyond its interval. */
  const percentile = (percent: number): number =>
    Math.max(0, delay.percentile(percent) / NANOSECONDS_PER_SECOND - DELAY_RESOLUTION_MS / 1000);
  beforeCollection(() => {
    const now = performance.eventLoopUtilization();
    ({ utilization } = performance.eventLoopUtilization(now, before));
    before = now;
    if (delay.count > 0) [p50, p90, p99] = [percentile(50), percentile(90), percentile(99)];
    delay.reset();
    return Promise.resolve();
  });
  observable('nodejs_eventloop_lag_p50_seconds', {}, () => p50);
  observable('nodejs_eventloop_lag_p90_seconds', {}, () => p90);
  observable('nodejs_eventloop_lag_p99_seconds', {}, () => p99);
  observable('nodejs_eventloop_utilization_ratio', {}, () => utilization);
  return () => {
    delay.disable();
    return Promise.resolve();
  };
}
