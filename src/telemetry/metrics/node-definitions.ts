/** Defines the metrics of the process and of Node, named as by Prometheus' client for Node (docs/monitor.md «Metrics»). */
import type { Definitions } from './definition.js';

export const NODE_DEFINITIONS = {
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of the process, of users and of the system.',
    labels: {},
  },
  process_cpu_user_seconds_total: { type: 'counter', help: 'User CPU time of the process.', labels: {} },
  process_cpu_system_seconds_total: { type: 'counter', help: 'System CPU time of the process.', labels: {} },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'Start of the process in seconds since 1970.',
    labels: {},
  },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the process.', labels: {} },
  process_open_fds: { type: 'gauge', help: 'Open file descriptors; 0 on systems without /proc.', labels: {} },
  process_max_fds: {
    type: 'gauge',
    help: 'The limit on file descriptors; 0 on systems without /proc.',
    labels: {},
  },
  nodejs_eventloop_lag_p50_seconds: {
    type: 'gauge',
    help: 'Median delay of the event loop since the last scrape.',
    labels: {},
  },
  nodejs_eventloop_lag_p90_seconds: {
    type: 'gauge',
    help: '90th percentile of the delay of the event loop since the last scrape.',
    labels: {},
  },
  nodejs_eventloop_lag_p99_seconds: {
    type: 'gauge',
    help: '99th percentile of the delay of the event loop since the last scrape.',
    labels: {},
  },
  nodejs_eventloop_utilization_ratio: {
    type: 'gauge',
    help: 'Busy share of the event loop since the last scrape.',
    labels: {},
  },
  nodejs_heap_size_total_bytes: { type: 'gauge', help: 'Size of the JavaScript heap.', labels: {} },
  nodejs_heap_size_used_bytes: { type: 'gauge', help: 'Used part of the JavaScript heap.', labels: {} },
  nodejs_external_memory_bytes: {
    type: 'gauge',
    help: 'Memory outside of the heap held by its objects, mostly buffers.',
    labels: {},
  },
} as const satisfies Definitions;
