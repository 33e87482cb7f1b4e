// The rows and panels of the Grafana dashboard (docs/monitor.md «Dashboard»): title, unit, description and queries.

/** A selector of the instances that the dashboard shows. */
const of = (metric, ...labels) =>
  `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...labels].join(', ')}}`;
const rate = (metric, ...labels) => `rate(${of(metric, ...labels)}[$__rate_interval])`;
const sum = (by, expr) => `sum by (${by}) (${expr})`;
const max = (by, expr) => `max by (${by}) (${expr})`;
const quantile = (share, by, metric, ...labels) =>
  `histogram_quantile(${share}, ${sum(`${by}, le`, rate(`${metric}_bucket`, ...labels))})`;

const JOB = 'grpc_service="spaceone.api.inventory.v1.Job"';
const POOL = 'db_client_connection_pool_name';
const STATE = 'db_client_connection_state';

/** Calls of all transports: failures of the service, and all. */
const FAILED = `${rate('grpc_server_handled_total', JOB, 'grpc_code=~"DeadlineExceeded|Internal|Unavailable"')} or ${rate('inventory_job_calls_total', 'status=~"DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE"')}`;
const ALL = `${rate('grpc_server_handled_total', JOB)} or ${rate('inventory_job_calls_total')}`;

const YES_NO = { 0: { text: 'no', color: 'red' }, 1: { text: 'yes', color: 'green' } };
const FAILED_OR_NOT = { 0: { text: 'no', color: 'green' }, 1: { text: 'yes', color: 'red' } };

/** A panel is [title, unit, description, queries by legend, options]; it is a graph unless its options say otherwise. */
export const ROWS = [
  [
    'Readiness and calls',
    [
      [
        'Serving',
        'none',
        'Instances that serve. One that does not answers every call with ERROR_UNAVAILABLE.',
        { '{{instance}}': max('instance', of('inventory_job_serving')) },
        { type: 'state-timeline', mappings: YES_NO },
      ],
      [
        'Reason for not serving',
        'none',
        'Instances by their reason for not serving; docs/troubleshooting.md has the remedy of each.',
        { '{{reason}}': sum('reason', of('inventory_job_not_serving_reason')) },
      ],
      [
        'Build',
        'none',
        'Version, commit and Node of each instance.',
        {
          '{{version}} {{commit}} on Node {{node}}': sum(
            'version, commit, node',
            of('inventory_job_build_info'),
          ),
        },
        { type: 'stat' },
      ],
      [
        'Calls',
        'reqps',
        'Ended calls by transport and method.',
        {
          'grpc {{grpc_method}}': sum('grpc_method', rate('grpc_server_handled_total', JOB)),
          '{{transport}} {{method}}': sum('transport, method', rate('inventory_job_calls_total')),
        },
      ],
      [
        'Calls by status',
        'reqps',
        'Ended calls by their status, over gRPC and over HTTP.',
        {
          'grpc {{rpc_status_code}}': sum(
            'rpc_status_code',
            rate('rpc_server_call_duration_seconds_count', 'rpc_method=~"spaceone.api.inventory.v1.Job/.+"'),
          ),
          'http {{status}}': sum('status', rate('inventory_job_calls_total')),
        },
      ],
      [
        'Failed calls',
        'percentunit',
        'Share of DEADLINE_EXCEEDED, INTERNAL and UNAVAILABLE: failures of the service, not of requests.',
        { '{{job}}': `${sum('job', FAILED)} / ${sum('job', ALL)}` },
        { threshold: 0.01 },
      ],
      [
        'Calls in progress',
        'short',
        'Calls over gRPC that have begun and not ended.',
        {
          '{{grpc_method}}': `${sum('grpc_method', of('grpc_server_started_total', JOB))} - ${sum('grpc_method', of('grpc_server_handled_total', JOB))}`,
        },
      ],
      [
        'Calls refused by a limit',
        'reqps',
        'Calls with ERROR_LIMIT_EXCEEDED. queue, memory, request_memory and event_loop are overload; the others are limits of a request or its answer.',
        { '{{limit}}': sum('limit', rate('inventory_job_limits_hit_total')) },
      ],
    ],
  ],
  [
    'Latency',
    [
      [
        'gRPC, 99th percentile',
        's',
        'One in a hundred calls takes longer. The alert has a budget for each method.',
        { '{{grpc_method}}': quantile(0.99, 'grpc_method', 'grpc_server_handling_seconds', JOB) },
      ],
      [
        'gRPC, median',
        's',
        'Half of the calls take longer.',
        { '{{grpc_method}}': quantile(0.5, 'grpc_method', 'grpc_server_handling_seconds', JOB) },
      ],
      [
        'HTTP, 99th percentile',
        's',
        'One in a hundred calls takes longer. Exports end with their last row.',
        {
          '{{transport}} {{method}}': quantile(
            0.99,
            'transport, method',
            'inventory_job_call_duration_seconds',
          ),
        },
      ],
      [
        'gRPC by status, 99th percentile',
        's',
        'Time of calls by their end: the time of a deadline, of a refusal, of an answer.',
        { '{{rpc_status_code}}': quantile(0.99, 'rpc_status_code', 'rpc_server_call_duration_seconds') },
      ],
      [
        'Answers',
        'Bps',
        'Bytes of answers a second by method.',
        { '{{method}}': sum('method', rate('inventory_job_answer_bytes_sum')) },
      ],
      [
        'Answer, 99th percentile',
        'bytes',
        'One in a hundred answers is larger.',
        { '{{method}}': quantile(0.99, 'method', 'inventory_job_answer_bytes') },
      ],
      [
        'Exported rows',
        'cps',
        'Jobs read for exports a second, by format.',
        { '{{format}}': sum('format', rate('inventory_job_exported_rows_total')) },
      ],
    ],
  ],
  [
    'Database',
    [
      [
        'Operations',
        'ops',
        'Commands of the driver by name and collection, the reads of the readiness check included.',
        {
          '{{db_operation_name}} {{db_collection_name}}': sum(
            'db_operation_name, db_collection_name',
            rate('db_client_operation_duration_seconds_count'),
          ),
        },
      ],
      [
        'Operations, 99th percentile',
        's',
        'One in a hundred commands takes longer.',
        {
          '{{db_operation_name}} {{db_collection_name}}': quantile(
            0.99,
            'db_operation_name, db_collection_name',
            'db_client_operation_duration_seconds',
          ),
        },
      ],
      [
        'Failed operations',
        'ops',
        '50: the end of its time. 11601: killed, as its call ended. network: without an answer.',
        {
          '{{error_type}}': sum(
            'error_type',
            rate('db_client_operation_duration_seconds_count', 'error_type!=""'),
          ),
        },
      ],
      [
        'Connections',
        'short',
        'Open connections of each pool by state, and its limit.',
        {
          [`{{${POOL}}} {{${STATE}}}`]: sum(`${POOL}, ${STATE}`, of('db_client_connection_count')),
          [`{{${POOL}}} limit`]: sum(POOL, of('db_client_connection_max')),
        },
      ],
      [
        'Wait for a connection, 99th percentile',
        's',
        'One in a hundred operations waits longer for a connection of its pool.',
        { [`{{${POOL}}}`]: quantile(0.99, POOL, 'db_client_connection_wait_time_seconds') },
        { threshold: 0.5 },
      ],
      [
        'Operations without a connection',
        'short',
        'Operations waiting for a connection, and those a second that got none in time.',
        {
          [`{{${POOL}}} waiting`]: sum(POOL, of('db_client_connection_pending_requests')),
          [`{{${POOL}}} timeouts a second`]: sum(POOL, rate('db_client_connection_timeouts_total')),
        },
      ],
      [
        'Killed operations',
        'ops',
        'Operations killed in the database since nothing waits for them, by the reason.',
        { '{{why}}': sum('why', rate('inventory_job_killed_operations_total')) },
      ],
      [
        'Kill, 99th percentile',
        's',
        "Time of the first kill of an operation, to the database's answer.",
        { '{{instance}}': quantile(0.99, 'instance', 'inventory_job_kill_seconds') },
      ],
      [
        'Orphan operations',
        'short',
        'Operations of the service past their time in the database: 0 at rest.',
        { '{{instance}}': sum('instance', of('inventory_job_orphan_operations')) },
        { threshold: 1 },
      ],
      [
        'Indexes',
        'none',
        'Indexes that lists need, as the last check has found them.',
        { '{{index}}': `min by (index) (${of('inventory_job_index_present')})` },
        { type: 'state-timeline', mappings: YES_NO },
      ],
      [
        'Age of the index check',
        's',
        'Time since the last successful check of the indexes. It grows without the right listIndexes.',
        { '{{instance}}': max('instance', of('inventory_job_index_check_age_seconds')) },
      ],
      [
        'Clock skew',
        's',
        "The database's clock minus that of the instance.",
        { '{{instance}}': max('instance', of('inventory_job_database_clock_skew_seconds')) },
        { min: null },
      ],
      [
        'Further reads for ties',
        'ops',
        'Further reads of pages whose edge cuts jobs of one date.',
        { '{{instance}}': sum('instance', rate('inventory_job_tie_reads_total')) },
      ],
      [
        'Collectors found in the cache',
        'percentunit',
        'Share of the collectors of shown jobs that needed no lookup.',
        {
          '{{instance}}': `${sum('instance', rate('inventory_job_collector_cache_total', 'result="hit"'))} / ${sum('instance', rate('inventory_job_collector_cache_total'))}`,
        },
      ],
    ],
  ],
  [
    'Queue and memory',
    [
      [
        'Running work',
        'short',
        'Pieces of work of each class, and the limit of one instance.',
        {
          '{{class}}': max('class', of('inventory_job_scheduler_running')),
          '{{class}} limit': max('class', of('inventory_job_scheduler_limit', 'kind="running"')),
        },
      ],
      [
        'Queued work',
        'short',
        'Pieces of work waiting for their turn: the longest queue of one instance.',
        { '{{class}}': max('class', of('inventory_job_scheduler_waiting')) },
      ],
      [
        'Full part of the queue',
        'percentunit',
        'The fullest queue of one instance. One domain gets half of a queue.',
        {
          '{{class}}': max(
            'class',
            `${of('inventory_job_scheduler_waiting')} / ignoring (kind) ${of('inventory_job_scheduler_limit', 'kind="waiting"')}`,
          ),
        },
      ],
      [
        'Time in the queue, 99th percentile',
        's',
        'One in a hundred pieces of work waits longer for its turn.',
        { '{{class}}': quantile(0.99, 'class', 'inventory_job_scheduler_wait_seconds') },
      ],
      [
        'Refused work',
        'ops',
        'class_full: the queue was full. domain_full: the share of a domain in it was.',
        { '{{class}} {{why}}': sum('class, why', rate('inventory_job_scheduler_refused_total')) },
      ],
      [
        'Memory for requests and answers',
        'bytes',
        'Reserved bytes of each instance, and their limit (RESPONSE_MEMORY).',
        {
          '{{instance}}': max('instance', of('inventory_job_answer_memory_bytes')),
          '{{instance}} limit': max('instance', of('inventory_job_answer_memory_limit_bytes')),
        },
      ],
      [
        'Coalesced work',
        'ops',
        'Calls that lead work in the database, and calls that join it, by kind.',
        { '{{kind}} {{how}}': sum('kind, how', rate('inventory_job_coalesced_total')) },
      ],
    ],
  ],
  [
    'Process',
    [
      [
        'Delay of the event loop',
        's',
        'Median and percentiles since the last scrape. Every call waits as long, several times.',
        {
          '{{instance}} p50': max('instance', of('nodejs_eventloop_lag_p50_seconds')),
          '{{instance}} p90': max('instance', of('nodejs_eventloop_lag_p90_seconds')),
          '{{instance}} p99': max('instance', of('nodejs_eventloop_lag_p99_seconds')),
        },
        { threshold: 0.2 },
      ],
      [
        'Busy part of the event loop',
        'percentunit',
        'Near 100 % more instances are needed.',
        { '{{instance}}': max('instance', of('nodejs_eventloop_utilization_ratio')) },
      ],
      [
        'CPU',
        'short',
        'Cores in use, by user and system.',
        {
          '{{instance}} user': sum('instance', rate('process_cpu_user_seconds_total')),
          '{{instance}} system': sum('instance', rate('process_cpu_system_seconds_total')),
        },
      ],
      [
        'Memory',
        'bytes',
        'Resident memory, the used heap, and memory outside of it held by its objects.',
        {
          '{{instance}} resident': max('instance', of('process_resident_memory_bytes')),
          '{{instance}} heap': max('instance', of('nodejs_heap_size_used_bytes')),
          '{{instance}} external': max('instance', of('nodejs_external_memory_bytes')),
        },
      ],
      [
        'File descriptors',
        'percentunit',
        'Open descriptors as a share of their limit.',
        { '{{instance}}': max('instance', `${of('process_open_fds')} / ${of('process_max_fds')}`) },
      ],
      [
        'Time since the start',
        's',
        'A fall is a restart.',
        { '{{instance}}': `time() - ${max('instance', of('process_start_time_seconds'))}` },
      ],
      [
        'Connections of clients',
        'short',
        'Open connections by listener.',
        { '{{transport}}': sum('transport', of('inventory_job_connections')) },
      ],
      [
        'Closed connections',
        'cps',
        'Connections refused since a listener has its most, and those ended since their client did not take an answer in time.',
        {
          '{{transport}} refused': sum('transport', rate('inventory_job_connections_refused_total')),
          'slow clients': `sum(${rate('inventory_job_slow_clients_ended_total')})`,
        },
      ],
    ],
  ],
  [
    'Identity and TLS',
    [
      [
        'Requests to identity',
        'reqps',
        'Requests for keys (get_public_key) and roles (verify), by the status of their answer.',
        { '{{rpc}} {{status}}': sum('rpc, status', rate('inventory_job_identity_requests_total')) },
      ],
      [
        'Requests to identity, 99th percentile',
        's',
        'One in a hundred requests takes longer.',
        { '{{instance}}': quantile(0.99, 'instance', 'inventory_job_identity_request_seconds') },
      ],
      [
        'Refused tokens',
        'reqps',
        'Calls with a token that is not valid, by the fault; the caller is not told.',
        { '{{why}}': sum('why', rate('inventory_job_tokens_refused_total')) },
      ],
      [
        'End of the certificate',
        'dateTimeAsIso',
        'The end of the TLS certificate in use.',
        {
          '{{instance}}': `1000 * ${max('instance', of('inventory_job_tls_certificate_expiry_timestamp_seconds'))}`,
        },
        { type: 'stat', mappings: { 0: { text: 'no TLS', color: 'text' } } },
      ],
      [
        'Changed files that cannot be used',
        'none',
        'The files before them stay in use; the log has the reason.',
        { '{{file}}': max('file', of('inventory_job_reload_failed')) },
        { type: 'state-timeline', mappings: FAILED_OR_NOT },
      ],
    ],
  ],
];
