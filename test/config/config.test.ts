// The settings: defaults, parsing and validation; all complaints are reported at once.
import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../src/config/config.js';
import type { Config } from '../../src/config/config.js';

test('every setting has a default', () => {
  expect(readConfig({ GRPC_PORT: '', MONGODB_URI: undefined })).toEqual({
    mongodbUri: undefined,
    mongodbDatabase: 'inventory',
    host: '127.0.0.1',
    grpcPort: 50_051,
    httpPort: 8080,
    adminPort: 9090,
    embeddedDataDir: '.data/mongodb',
    mongodBinary: undefined,
    sampleData: true,
    maxPageSize: 0,
    responseMemoryBytes: undefined,
    maxResponseBytes: 67_108_864,
    collectorCacheMs: 1000,
    defaultTimeoutMs: 30_000,
    maxTimeoutMs: 300_000,
    shutdownGraceMs: 20_000,
    logLevel: 'info',
    logQuietMethods: [],
    auth: 'none',
    authPublicKeys: undefined,
    authIdentityEndpoint: undefined,
    authRoleCacheMs: 0,
    tlsCertFile: undefined,
    tlsKeyFile: undefined,
    tlsClientCaFile: undefined,
    corsOrigins: [],
    explorer: 'on',
    explain: 'off',
    otlpEndpoint: undefined,
    otlpProtocol: 'http/protobuf',
    otelServiceName: undefined,
    otelResourceAttributes: {},
    otelTracesSampler: 'parentbased_always_on',
    otelTracesSamplerArg: 1,
    otelTracesExporter: 'otlp',
    otelMetricsExporter: 'otlp',
    otelMetricExportIntervalMs: 60_000,
    otelSdkDisabled: false,
  } satisfies Config);
});

/** Settings required beside others. */
const REQUIRED_BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AUTH: { AUTH_PUBLIC_KEYS: 'keys.json' },
  AUTH_PUBLIC_KEYS: { AUTH: 'jwt' },
  AUTH_IDENTITY_ENDPOINT: { AUTH: 'jwt' },
  DEFAULT_TIMEOUT: { MAX_TIMEOUT: '1h' },
  MAX_TIMEOUT: { DEFAULT_TIMEOUT: '1ms' },
  TLS_CERT_FILE: { TLS_KEY_FILE: 'key.pem' },
  TLS_KEY_FILE: { TLS_CERT_FILE: 'cert.pem' },
  TLS_CLIENT_CA_FILE: { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' },
};

test.each<readonly [string, string, keyof Config, unknown]>([
  ['MONGODB_URI', 'mongodb://a:1,b:2/?replicaSet=rs', 'mongodbUri', 'mongodb://a:1,b:2/?replicaSet=rs'],
  ['MONGODB_URI', 'mongodb+srv://a', 'mongodbUri', 'mongodb+srv://a'],
  ['MONGODB_DATABASE', 'x'.repeat(63), 'mongodbDatabase', 'x'.repeat(63)],
  ['MONGODB_URI', 'mongodb://a/jobs?tls=true', 'mongodbDatabase', 'jobs'],
  ['MONGODB_URI', 'mongodb://me:x@a:1,b:2/jobs', 'mongodbDatabase', 'jobs'],
  ['MONGODB_URI', 'mongodb+srv://a/caf%C3%A9', 'mongodbDatabase', 'café'],
  ['MONGODB_URI', 'mongodb://a', 'mongodbDatabase', 'inventory'],
  ['MONGODB_URI', 'mongodb://a/', 'mongodbDatabase', 'inventory'],
  ['MONGODB_URI', 'mongodb://a/?appName=x/y', 'mongodbDatabase', 'inventory'],
  ['MONGODB_URI', 'mongodb://%2Ftmp%2Fmongodb.sock/jobs', 'mongodbDatabase', 'jobs'],
  ['HOST', '::1', 'host', '::1'],
  ['HOST', '[::1]', 'host', '::1'],
  ['HOST', 'localhost', 'host', 'localhost'],
  ['GRPC_PORT', '0', 'grpcPort', 0],
  ['HTTP_PORT', '65535', 'httpPort', 65_535],
  ['HTTP_PORT', 'off', 'httpPort', 'off'],
  ['ADMIN_PORT', 'off', 'adminPort', 'off'],
  ['EMBEDDED_DATA_DIR', '/data', 'embeddedDataDir', '/data'],
  ['MONGOD_BINARY', '/bin/mongod', 'mongodBinary', '/bin/mongod'],
  ['SAMPLE_DATA', 'false', 'sampleData', false],
  ['SAMPLE_DATA', 'true', 'sampleData', true],
  ['MAX_PAGE_SIZE', '4294967295', 'maxPageSize', 4_294_967_295],
  ['MAX_RESPONSE_BYTES', '1024', 'maxResponseBytes', 1024],
  ['MAX_RESPONSE_BYTES', '1KiB', 'maxResponseBytes', 1024],
  ['MAX_RESPONSE_BYTES', '3 MiB', 'maxResponseBytes', 3_145_728],
  ['MAX_RESPONSE_BYTES', '1GiB', 'maxResponseBytes', 1_073_741_824],
  ['MAX_RESPONSE_BYTES', '2147483647', 'maxResponseBytes', 2_147_483_647],
  ['RESPONSE_MEMORY', '128MiB', 'responseMemoryBytes', 134_217_728],
  ['RESPONSE_MEMORY', '4GiB', 'responseMemoryBytes', 4_294_967_296],
  ['COLLECTOR_CACHE', '0ms', 'collectorCacheMs', 0],
  ['COLLECTOR_CACHE', '500ms', 'collectorCacheMs', 500],
  ['DEFAULT_TIMEOUT', '7 s', 'defaultTimeoutMs', 7000],
  ['DEFAULT_TIMEOUT', '1ms', 'defaultTimeoutMs', 1],
  ['MAX_TIMEOUT', '5m', 'maxTimeoutMs', 300_000],
  ['MAX_TIMEOUT', '1h', 'maxTimeoutMs', 3_600_000],
  ['SHUTDOWN_GRACE', '0s', 'shutdownGraceMs', 0],
  ['LOG_LEVEL', 'trace', 'logLevel', 'trace'],
  ['LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ['LOG_LEVEL', 'warn', 'logLevel', 'warn'],
  ['LOG_LEVEL', 'error', 'logLevel', 'error'],
  ['LOG_LEVEL', 'fatal', 'logLevel', 'fatal'],
  ['LOG_QUIET_METHODS', 'get, list', 'logQuietMethods', ['get', 'list']],
  ['AUTH', 'jwt', 'auth', 'jwt'],
  ['AUTH_PUBLIC_KEYS', 'a.json', 'authPublicKeys', 'a.json'],
  [
    'AUTH_IDENTITY_ENDPOINT',
    'grpc://identity-1.example.org:50051',
    'authIdentityEndpoint',
    { address: 'identity-1.example.org:50051', secure: false },
  ],
  [
    'AUTH_IDENTITY_ENDPOINT',
    'GRPC+SSL://[::1]:443/',
    'authIdentityEndpoint',
    { address: '[::1]:443', secure: true },
  ],
  ['AUTH_ROLE_CACHE', '30s', 'authRoleCacheMs', 30_000],
  ['TLS_CERT_FILE', 'c.pem', 'tlsCertFile', 'c.pem'],
  ['TLS_KEY_FILE', 'k.pem', 'tlsKeyFile', 'k.pem'],
  ['TLS_CLIENT_CA_FILE', 'ca.pem', 'tlsClientCaFile', 'ca.pem'],
  ['CORS_ORIGINS', 'https://a.org, http://b:81', 'corsOrigins', ['https://a.org', 'http://b:81']],
  ['EXPLORER', 'off', 'explorer', 'off'],
  ['EXPLAIN', 'on', 'explain', 'on'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://a:4318/base', 'otlpEndpoint', 'https://a:4318/base'],
  ['OTEL_SERVICE_NAME', 'jobs', 'otelServiceName', 'jobs'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'a.b=c%2Cd, e=', 'otelResourceAttributes', { 'a.b': 'c,d', e: '' }],
  ['OTEL_TRACES_SAMPLER', 'traceidratio', 'otelTracesSampler', 'traceidratio'],
  ['OTEL_TRACES_SAMPLER_ARG', '0.25', 'otelTracesSamplerArg', 0.25],
  ['OTEL_TRACES_SAMPLER_ARG', '0', 'otelTracesSamplerArg', 0],
  ['OTEL_TRACES_EXPORTER', 'none', 'otelTracesExporter', 'none'],
  ['OTEL_METRICS_EXPORTER', 'none', 'otelMetricsExporter', 'none'],
  ['OTEL_METRIC_EXPORT_INTERVAL', '1000', 'otelMetricExportIntervalMs', 1000],
  ['OTEL_SDK_DISABLED', 'true', 'otelSdkDisabled', true],
  ['OTEL_SDK_DISABLED', 'TRUE', 'otelSdkDisabled', true],
])('%s=%s is parsed', (name, text, key, expected) => {
  expect(readConfig({ ...REQUIRED_BESIDE[name], [name]: text })[key]).toEqual(expected);
});

/** Returns the complaints about an environment, one line each. */
function complaints(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    return [`nothing: ${JSON.stringify(readConfig(environment))}`];
  } catch (error) {
    return error instanceof ConfigError ? error.message.split('\n') : [`no ConfigError: ${String(error)}`];
  }
}

const A_TIME = 'must be a time from 1ms to 1h, such as 500ms, 30s or 5m';
const A_TIME_OR_NONE = 'must be a time from 0ms to 1h, such as 500ms, 30s or 5m';
const A_SIZE = 'must be a size from 1KiB to less than 2GiB, such as 64MiB';
const A_BUDGET = 'must be a size from 16MiB to less than 1024GiB, such as 512MiB';
const A_PORT = 'must be a whole number from 0 to 65535';
const A_PORT_OR_OFF = `${A_PORT}, or off`;
const A_DATABASE =
  'must be a database name of at most 63 bytes, without any of / \\ . " $ * < > : | ? and blanks';
const A_URI_WITH_PATH =
  'must be a MongoDB URI whose path is a database name of at most 63 bytes, without any of / \\ . " $ * < > : | ? and blanks';
const ENCODED =
  'must be a MongoDB URI, mongodb://… or mongodb+srv://…, with / as %2F and @ as %40 in user and password';
const A_HOST = 'must be an address or a host name, such as 0.0.0.0, :: or localhost';
const AN_ENDPOINT = 'must be grpc://host:port or grpc+ssl://host:port';
const HEADERS = 'must be pairs of a header and a value joined by commas, such as authorization=Basic%20abc';
const A_URL = 'must be a URL such as http://localhost:4318; credentials go to OTEL_EXPORTER_OTLP_HEADERS';
const PAIRS = 'must be pairs joined by commas, such as deployment.environment.name=test,team=inventory';
const ORIGINS = 'must be origins joined by commas, such as https://console.example.org';

describe('the validation', () => {
  test.each([
    ['MONGODB_URI', 'localhost:27017', 'must be a MongoDB URI, mongodb://… or mongodb+srv://…'],
    ['MONGODB_URI', 'mongodb://', 'must be a MongoDB URI, mongodb://… or mongodb+srv://…'],
    ['MONGODB_URI', 'amongodb://a', 'must be a MongoDB URI, mongodb://… or mongodb+srv://…'],
    ['MONGODB_URI', 'mongodb://a/b.c', A_URI_WITH_PATH],
    ['MONGODB_URI', 'mongodb://a/b%2Fc', A_URI_WITH_PATH],
    ['MONGODB_URI', 'mongodb://a/b%', A_URI_WITH_PATH],
    ['MONGODB_URI', 'mongodb://me:pass/word@a/', ENCODED],
    ['MONGODB_URI', 'mongodb://me:pass/word@a/jobs', ENCODED],
    ['HOST', 'a b', A_HOST],
    ['HOST', '[::', A_HOST],
    ['HOST', '::1]', A_HOST],
    ['HOST', ' ', A_HOST],
    ['HOST', 'http://a', A_HOST],
    ['MONGODB_DATABASE', 'a.b', A_DATABASE],
    ['MONGODB_DATABASE', 'x'.repeat(64), A_DATABASE],
    ['MONGODB_DATABASE', '\u00e9'.repeat(32), A_DATABASE],
    ['GRPC_PORT', '65536', A_PORT],
    ['GRPC_PORT', '-1', A_PORT],
    ['GRPC_PORT', '1.5', A_PORT],
    ['GRPC_PORT', 'off', A_PORT],
    ['HTTP_PORT', 'OFF', A_PORT_OR_OFF],
    ['ADMIN_PORT', '65536', A_PORT_OR_OFF],
    ['SAMPLE_DATA', 'yes', 'must be true or false'],
    ['MAX_PAGE_SIZE', '4294967296', 'must be a whole number from 0 to 4294967295'],
    ['MAX_RESPONSE_BYTES', '1023', A_SIZE],
    ['MAX_RESPONSE_BYTES', '2GiB', A_SIZE],
    ['MAX_RESPONSE_BYTES', '64MB', A_SIZE],
    ['RESPONSE_MEMORY', '15MiB', A_BUDGET],
    ['RESPONSE_MEMORY', '1024GiB', A_BUDGET],
    ['MAX_RESPONSE_BYTES', 'x64MiB', A_SIZE],
    ['COLLECTOR_CACHE', '1d', A_TIME_OR_NONE],
    ['COLLECTOR_CACHE', '1', A_TIME_OR_NONE],
    ['DEFAULT_TIMEOUT', '0s', A_TIME],
    ['MAX_TIMEOUT', '61m', A_TIME],
    ['MAX_TIMEOUT', '1h 30m', A_TIME],
    ['MAX_TIMEOUT', '0ms', A_TIME],
    ['SHUTDOWN_GRACE', '3600001ms', A_TIME_OR_NONE],
    ['LOG_LEVEL', 'all', 'must be trace or debug or info or warn or error or fatal'],
    ['AUTH', 'basic', 'must be none or jwt'],
    ['AUTH_IDENTITY_ENDPOINT', 'http://a:1', AN_ENDPOINT],
    ['AUTH_IDENTITY_ENDPOINT', 'grpc://a', AN_ENDPOINT],
    ['AUTH_IDENTITY_ENDPOINT', 'grpc://a:0', AN_ENDPOINT],
    ['AUTH_IDENTITY_ENDPOINT', 'grpc://a:65536', AN_ENDPOINT],
    ['AUTH_IDENTITY_ENDPOINT', 'xgrpc://a:1', AN_ENDPOINT],
    ['AUTH_IDENTITY_ENDPOINT', 'grpc://a:1/b', AN_ENDPOINT],
    ['AUTH_ROLE_CACHE', '-1s', A_TIME_OR_NONE],
    ['CORS_ORIGINS', '*', ORIGINS],
    ['CORS_ORIGINS', 'https://a.org,https://b.org/', ORIGINS],
    ['LOG_QUIET_METHODS', 'get,got', 'must be get, list, stat, delete, or some of them joined by commas'],
    ['EXPLORER', 'true', 'must be on or off'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4317', A_URL],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:x@localhost:4318', A_URL],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be http/protobuf'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a', PAIRS],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%', PAIRS],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1', 'must be a number from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', '-1', 'must be a number from 0 to 1'],
    ['OTEL_METRICS_EXPORTER', 'prometheus', 'must be otlp or none'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '1s', 'must be a whole number from 100 to 3600000'],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '0', 'must be a whole number from 1 to 1000000'],
    ['OTEL_BSP_SCHEDULE_DELAY', 'abc', 'must be a whole number from 1 to 3600000'],
    ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', '-5', 'must be a whole number from 1 to 3600000'],
    ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'foo', 'must be gzip or none'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b,k', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a header=x', HEADERS],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/ca.pem', 'must be a file that can be read'],
    ['OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY', '/nowhere/key.pem', 'must be a file that can be read'],
  ])('rejects %s=%s', (name, text, expected) => {
    expect(complaints({ [name]: text })).toContain(`${name} ${expected}`);
  });

  test.each<readonly [string, Readonly<Record<string, string>>, ...string[]]>([
    [
      'times that contradict each other',
      { DEFAULT_TIMEOUT: '2s', MAX_TIMEOUT: '1999ms' },
      'DEFAULT_TIMEOUT must not be longer than MAX_TIMEOUT',
    ],
    [
      'less memory than an answer may have',
      { MAX_RESPONSE_BYTES: '64MiB', RESPONSE_MEMORY: '63MiB' },
      'RESPONSE_MEMORY must not be less than MAX_RESPONSE_BYTES',
    ],
    [
      'two databases',
      { MONGODB_URI: 'mongodb://a/one', MONGODB_DATABASE: 'other' },
      'MONGODB_DATABASE must be one, as in the path of MONGODB_URI, or unset; the database of the user goes to authSource in MONGODB_URI',
    ],
    ['one port twice', { GRPC_PORT: '8080' }, 'HTTP_PORT must be another port than GRPC_PORT, which is 8080'],
    [
      'a port three times',
      { GRPC_PORT: '1', HTTP_PORT: '1', ADMIN_PORT: '1' },
      'HTTP_PORT must be another port than GRPC_PORT, which is 1',
      'ADMIN_PORT must be another port than GRPC_PORT, which is 1',
    ],
    ...['SPACEONE_CONFIG_FILE', 'SHUTDOWN_DELAY', 'MAX_CONNECTION_AGE', 'TOTAL_COUNT_LIMIT'].map(
      (name) =>
        [
          `${name} of a later version`,
          { [name]: '1' },
          `${name} must be left unset: this version does not support it`,
        ] as const,
    ),
    [
      'a certificate without its key',
      { TLS_CERT_FILE: 'c' },
      'TLS_KEY_FILE must be the file with the key, since TLS_CERT_FILE is set',
    ],
    [
      'a key without its certificate',
      { TLS_KEY_FILE: 'k' },
      'TLS_CERT_FILE must be the file with the certificate, since TLS_KEY_FILE is set',
    ],
    [
      'clients’ certificates without one’s own',
      { TLS_CLIENT_CA_FILE: 'a' },
      'TLS_CERT_FILE must be the file with the certificate, since TLS_CLIENT_CA_FILE is set',
    ],
    [
      'tokens without keys',
      { AUTH: 'jwt' },
      'AUTH_PUBLIC_KEYS or AUTH_IDENTITY_ENDPOINT must be set, since AUTH is jwt',
    ],
    [
      'keys without tokens',
      { AUTH_PUBLIC_KEYS: 'k' },
      'AUTH_PUBLIC_KEYS must be left unset, since AUTH is not jwt',
    ],
    [
      'identity without tokens',
      { AUTH_IDENTITY_ENDPOINT: 'grpc://a:1' },
      'AUTH_IDENTITY_ENDPOINT must be left unset, since AUTH is not jwt',
    ],
  ])('rejects %s', (_, environment: Readonly<Record<string, string>>, ...expected) => {
    expect(complaints(environment)).toEqual(expected);
  });

  test.each<readonly [Readonly<Record<string, string>>, ...string[]]>([
    [{ AUTH: 'JWT', AUTH_PUBLIC_KEYS: '/x' }, 'AUTH'],
    [{ AUTH: 'JWT', AUTH_IDENTITY_ENDPOINT: 'grpc://a:1' }, 'AUTH'],
    [{ AUTH: 'jwt', AUTH_IDENTITY_ENDPOINT: 'a:1' }, 'AUTH_IDENTITY_ENDPOINT'],
    [{ DEFAULT_TIMEOUT: '600s', MAX_TIMEOUT: '10min' }, 'MAX_TIMEOUT'],
    [{ RESPONSE_MEMORY: '16MiB', MAX_RESPONSE_BYTES: '8MB' }, 'MAX_RESPONSE_BYTES'],
    [{ GRPC_PORT: 'abc', HTTP_PORT: '50051' }, 'GRPC_PORT'],
    [{ GRPC_PORT: 'abc', HTTP_PORT: '50051', ADMIN_PORT: '50051' }, 'GRPC_PORT', 'ADMIN_PORT'],
  ])('names of %j no setting for what the default of a wrong one is', (environment, ...names) => {
    expect(complaints(environment).map((line) => line.split(' ')[0])).toEqual(names);
  });

  test('reports all complaints at once', () => {
    expect(
      complaints({ AUTH: 'x', GRPC_PORT: 'x', LOG_LEVEL: 'x' }).map((line) => line.split(' ')[0]),
    ).toEqual(['GRPC_PORT', 'LOG_LEVEL', 'AUTH']);
  });

  test('accepts the same database named twice, and port 0 and off more than once', () => {
    const alike = { MONGODB_URI: 'mongodb://a/jobs', MONGODB_DATABASE: 'jobs' };
    const any = { GRPC_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: 'off' };
    expect(readConfig({ ...alike, ...any })).toMatchObject({ mongodbDatabase: 'jobs', httpPort: 0 });
  });

  test.each([
    ['29s', 29_000],
    ['1ms', 1],
    ['30s', 30_000],
    ['31s', 30_000],
    ['1h', 30_000],
  ])('gives a call without a deadline 30 s, or all of a shorter MAX_TIMEOUT: %s', (text, expected) => {
    expect(readConfig({ MAX_TIMEOUT: text })).toHaveProperty('defaultTimeoutMs', expected);
  });

  test('accepts timeouts equal to each other and to their upper bound', () => {
    expect(readConfig({ DEFAULT_TIMEOUT: '1h', MAX_TIMEOUT: '1h' })).toMatchObject({
      maxTimeoutMs: 3_600_000,
    });
  });
});

test('the configuration is frozen', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});
