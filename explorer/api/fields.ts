/** The fields of a job by the names that conditions, sort keys and stages use (docs/query.md «Keys»). */

export const FIELDS = {
  id: 'job_id',
  status: 'status',
  created: 'created_at',
  updated: 'updated_at',
  finished: 'finished_at',
  totalTasks: 'total_tasks',
  remainedTasks: 'remained_tasks',
  project: 'project_id',
  errors: 'errors',
  firstError: 'errors.0',
  errorCode: 'errors.error_code',
  errorMessage: 'errors.message',
  collector: 'collector_id',
  collectorInfo: 'collector_info',
  collectorName: 'collector.name',
  provider: 'collector.provider',
} as const;

export type FieldName = (typeof FIELDS)[keyof typeof FIELDS];
