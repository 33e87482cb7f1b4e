// Misspelt environment variables and the settings suggested for them.
import { describe, expect, test } from '@jest/globals';
import { nearMisses } from '../../src/config/near-misses.js';

test.each([
  ['MONGO_URI', 'MONGODB_URI'],
  ['MONGODB_URL', 'MONGODB_URI'],
  ['MONGO_URL', 'MONGODB_URI'],
  ['DATABASE_URL', 'MONGODB_URI'],
  ['DB_HOST', 'MONGODB_URI'],
  ['MONGODB_PASSWORD', 'MONGODB_URI'],
  ['MOGNODB_URI', 'MONGODB_URI'],
  ['MONGODB_URIS', 'MONGODB_URI'],
  ['MONGO_DATABASE', 'MONGODB_DATABASE'],
  ['DB_NAME', 'MONGODB_DATABASE'],
  ['MONGODB_DB', 'MONGODB_DATABASE'],
  ['PORT', 'GRPC_PORT, HTTP_PORT or ADMIN_PORT'],
  ['GRPC_PROT', 'GRPC_PORT'],
  ['GPRC_PORT', 'GRPC_PORT'],
  ['GRPCPORT', 'GRPC_PORT'],
  ['GRPC-PORT', 'GRPC_PORT'],
  ['grpc_port', 'GRPC_PORT'],
  ['Grpc_Port', 'GRPC_PORT'],
  ['INVENTORY_JOB_GRPC_PORT', 'GRPC_PORT'],
  ['HTTP_PROT', 'HTTP_PORT'],
  ['METRICS_PORT', 'ADMIN_PORT'],
  ['HSOT', 'HOST'],
  ['HOTS', 'HOST'],
  ['BIND_ADDRESS', 'HOST'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['LOG_LEVLE', 'LOG_LEVEL'],
  ['LOG', 'LOG_LEVEL'],
  ['ATUH', 'AUTH'],
  ['AUTHS', 'AUTH'],
  ['AUTH_MODE', 'AUTH'],
  ['JWKS_FILE', 'AUTH_PUBLIC_KEYS'],
  ['AUTH_PUBLIC_KEY', 'AUTH_PUBLIC_KEYS'],
  ['IDENTITY_ENDPOINT', 'AUTH_IDENTITY_ENDPOINT'],
  ['TLS_CERT', 'TLS_CERT_FILE'],
  ['SSL_KEY_FILE', 'TLS_KEY_FILE'],
  ['TLS_CA_FILE', 'TLS_CLIENT_CA_FILE'],
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['TIMEOUT', 'DEFAULT_TIMEOUT or MAX_TIMEOUT'],
  ['GRACE_PERIOD', 'SHUTDOWN_GRACE'],
  ['MAX_PAGESIZE', 'MAX_PAGE_SIZE'],
  ['SPACEONE_CONFIG_FIL', 'SPACEONE_CONFIG_FILE'],
  ['TOTAL_COUNT_LIMITS', 'TOTAL_COUNT_LIMIT'],
  ['MAX_CONECTION_AGE', 'MAX_CONNECTION_AGE'],
  ['shutdown_delay', 'SHUTDOWN_DELAY'],
  ['TLS_FOO', 'TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE'],
])('%s gets the suggestion %s', (name, suggestion) => {
  expect(nearMisses({ [name]: 'x' })).toEqual([
    `${name} is not a setting and has no effect; did you mean ${suggestion}?`,
  ]);
});

describe('no suggestion is made', () => {
  test.each([
    ...['PATH', 'HOME', 'LANG', 'PWD', 'SHELL', 'TERM', 'USER', 'EDITOR', 'TZ', 'HOSTNAME', 'HOSTTYPE'],
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'no_proxy', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
    ...[
      'NODE_ENV',
      'NODE_OPTIONS',
      'NODE_EXTRA_CA_CERTS',
      'npm_config_cache',
      'npm_package_name',
      'INIT_CWD',
    ],
    ...[
      'GRPC_TRACE',
      'GRPC_VERBOSITY',
      'OTEL_SERVICE_NAME',
      'MONGOMS_VERSION',
      'SSH_AUTH_SOCK',
      'SSH_CLIENT',
    ],
    ...['KUBERNETES_SERVICE_HOST', 'KUBERNETES_PORT', 'INVENTORY_SERVICE_PORT', 'INVENTORY_PORT_50051_TCP'],
    ...['MONGODB_SERVICE_HOST', 'MONGODB_SERVICE_PORT', 'MONGODB_SERVICE_PORT_MONGO'],
    ...['TCP', 'TCP_PORT', 'UDP_PROTO', 'SCTP_ADDR'].map((end) => `MONGODB_PORT_27017_${end}`),
    ...['HTTPS_PORTAL', 'OUR_HTTPS_PORT', 'RPC_PORTAL', 'OUR_PROBE_PORT', 'TIMEOUTS', 'OUR_CORS_ORIGINS'],
    ...['ARCH', 'ROOT', 'TEST', 'DEBUG', 'CI', 'XDG_DATA_DIRS', 'LOGNAME', 'COLORTERM', 'DISPLAY', 'MAIL'],
  ])('for %s', (name) => {
    expect(nearMisses({ [name]: 'x' })).toEqual([]);
  });

  test('for settings, empty variables and addresses of services', () => {
    expect(nearMisses({ GRPC_PORT: '1', LOG_LEVEL: 'x', GRPC_PROT: '', MONGO_URI: undefined })).toEqual([]);
    expect(nearMisses({ MONGODB_PORT: 'tcp://10.0.0.1:27017', PORT: 'tcp://10.0.0.2:80' })).toEqual([]);
  });
});

test.each([
  ['OTEL_EXPORTER_OTLP_HEADERS', []],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', []],
  ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', []],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', []],
  [
    'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    [
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT has no effect: spans and metrics go to OTEL_EXPORTER_OTLP_ENDPOINT, and nothing else is exported',
    ],
  ],
])('%s of OpenTelemetry is reported only where it has no effect', (name, expected) => {
  expect(nearMisses({ [name]: 'x' })).toEqual(expected);
});
