/** Registers the metrics of the parts of the service, most of them read at each scrape (docs/monitor.md «Metrics»). */
import { X509Certificate } from 'node:crypto';
import type { MonotonicClock } from '../clock.js';
import { AppError } from '../errors.js';
import type { ErrorName } from '../errors.js';
import { COLLECTIONS, JOB_INDEXES } from '../job/collections.js';
import { CLASSES, CLASS_NAMES } from '../limits/fair-scheduler.js';
import type { ClassName, SchedulerObserver, Schedulers } from '../limits/fair-scheduler.js';
import type { MeasuredMemoryBudget } from '../limits/memory-budget.js';
import type { DatabaseHandle } from '../mongo/connect.js';
import type { IndexWatch } from '../mongo/index-watch.js';
import { indexName } from '../mongo/indexes.js';
import { createOrphanCount } from '../mongo/orphans.js';
import type { OrphanCountOptions } from '../mongo/orphans.js';
import type { Kill } from '../mongo/session-killer.js';
import { ALL_REASONS } from '../reasons.js';
import type { ServingState } from '../server/serving-state.js';
import type { Tls } from '../server/tls.js';
import type { Meter, Metrics } from '../telemetry/metrics/registry.js';
import { BUILD } from '../version.js';

/** Values of labels that the settings and the schema determine. */
export const knownValues = (database: string) => ({
  build: BUILD,
  database,
  indexes: JOB_INDEXES.keys.map(indexName),
});

/** Readiness and its reason, and the build. */
export function registerServingMetrics(state: ServingState, { observable }: Metrics): void {
  observable('inventory_job_build_info', BUILD, () => 1);
  observable('inventory_job_serving', {}, () => Number(state.serving()));
  for (const reason of ALL_REASONS)
    observable('inventory_job_not_serving_reason', { reason }, () => Number(state.reason() === reason));
}

/** Observes the scheduler of each class. */
export const observeSchedulers =
  (meter: Meter, monotonicNow: MonotonicClock) =>
  (name: ClassName): SchedulerObserver => ({
    monotonicNow,
    began(waitedMs) {
      meter.observe('inventory_job_scheduler_wait_seconds', { class: name }, waitedMs / 1000);
    },
    refused(why) {
      meter.add('inventory_job_scheduler_refused_total', { class: name, why });
    },
  });

/** The use of what calls share. */
export function registerLimitMetrics(
  schedulers: Schedulers,
  memory: MeasuredMemoryBudget,
  { observable }: Metrics,
): void {
  for (const name of CLASS_NAMES) {
    const labels = { class: name };
    const { concurrency, waiting } = CLASSES[name];
    observable('inventory_job_scheduler_running', labels, () => schedulers[name].load().running);
    observable('inventory_job_scheduler_waiting', labels, () => schedulers[name].load().waiting);
    observable('inventory_job_scheduler_limit', { ...labels, kind: 'running' }, () => concurrency);
    observable('inventory_job_scheduler_limit', { ...labels, kind: 'waiting' }, () => waiting);
  }
  observable('inventory_job_answer_memory_bytes', {}, memory.used);
  observable('inventory_job_answer_memory_limit_bytes', {}, () => memory.maxBytes);
}

/** The indexes that lists need. */
export function registerIndexMetrics({ isPresent, age }: IndexWatch, { observable }: Metrics): void {
  for (const index of JOB_INDEXES.keys.map(indexName))
    observable('inventory_job_index_present', { index }, () => Number(isPresent(index)));
  observable('inventory_job_index_check_age_seconds', {}, () => age() / 1000);
}

const WHY_KILLED: ReadonlyMap<ErrorName, 'deadline' | 'client' | 'not_serving'> = new Map([
  ['REQUEST_TIMEOUT', 'deadline'],
  ['REQUEST_CANCELLED', 'client'],
  ['UNAVAILABLE', 'not_serving'],
]);

/** Counts the operations that `kill` ends, each at its first kill. */
export const measureKills =
  (kill: Kill, meter: Meter, monotonicNow: MonotonicClock): Kill =>
  async (id, reason) => {
    if (reason === undefined) return kill(id);
    const why = (reason instanceof AppError && WHY_KILLED.get(reason.error)) || 'needless';
    meter.add('inventory_job_killed_operations_total', { why });
    const begun = monotonicNow();
    await kill(id);
    meter.observe('inventory_job_kill_seconds', {}, (monotonicNow() - begun) / 1000);
  };

/** Operations past their time, looked up by connections of control. */
export function registerOrphanMetrics(
  { current }: DatabaseHandle,
  operations: Pick<OrphanCountOptions, 'database' | 'maxTimeMs'>,
  monotonicNow: MonotonicClock,
  { observable, beforeCollection }: Metrics,
): void {
  const servers = () => current().servers();
  const orphans = createOrphanCount({ ...operations, servers, collections: COLLECTIONS, monotonicNow });
  beforeCollection(orphans.refresh);
  observable('inventory_job_orphan_operations', {}, orphans.latest);
}

/** The certificate of the listeners, and whether changed files could be used. */
export function registerFileMetrics(
  tls: Tls | undefined,
  hasKeyFileFailed: () => boolean,
  { observable }: Metrics,
): void {
  const expiry = (): number => {
    if (tls === undefined) return 0;
    return Date.parse(new X509Certificate(tls.latest().cert).validTo) / 1000;
  };
  observable('inventory_job_tls_certificate_expiry_timestamp_seconds', {}, expiry);
  observable('inventory_job_reload_failed', { file: 'TLS_CERT_FILE' }, () =>
    Number(tls?.hasFailed() === true),
  );
  observable('inventory_job_reload_failed', { file: 'AUTH_PUBLIC_KEYS' }, () => Number(hasKeyFileFailed()));
}
