/** The settings: the name, the values and the default of each variable (docs/settings.md). */
import { RPCS } from '../rpcs.js';
import { baseUrl, pairs, ratio, SAMPLERS } from './otel.js';
import { duration, invalid, MAX_DURATION_MS, oneOf, orWord, size, someOf, wholeNumber } from './reader.js';
import type { Reader } from './reader.js';

/** The address of the identity service. */
interface IdentityEndpoint {
  readonly address: string;
  readonly secure: boolean;
}

const flag: Reader<boolean> = (text) => oneOf('true', 'false')(text) === 'true';
/** OpenTelemetry takes true and false in any case. */
const anyCase =
  <T>(reader: Reader<T>): Reader<T> =>
  (text) =>
    reader(text.toLowerCase());

const MAX_PORT = 65_535;
const port: Reader<number> = wholeNumber(0, MAX_PORT);
const portOrOff = orWord('off', port);
const anyText: Reader<string> = (text) => text;

/** Accepts an IPv6 address with or without brackets. */
const host: Reader<string> = (text) => {
  const [, inBrackets, address = inBrackets ?? ''] = /^(?:\[([^\s/[\]]+)\]|([^\s/[\]]+))$/.exec(text) ?? [];
  return address === '' ? invalid('an address or a host name, such as 0.0.0.0, :: or localhost') : address;
};

const MAX_DATABASE_NAME_BYTES = 63;
const isDatabaseName = (text: string): boolean =>
  /^[^/\\. "$*<>:|?]+$/.test(text) && Buffer.byteLength(text) <= MAX_DATABASE_NAME_BYTES;
const A_DATABASE_NAME = `a database name of at most ${MAX_DATABASE_NAME_BYTES} bytes, without any of / \\ . " $ * < > : | ? and blanks`;

const databaseName: Reader<string> = (text) => (isDatabaseName(text) ? text : invalid(A_DATABASE_NAME));

/** Returns the path of a MongoDB URI; undefined without one. */
function pathOf(text: string): string | undefined {
  const [, path = ''] = /^[^:]+:\/\/(?:[^@/?]*@)?[^/?]*\/([^?]*)/.exec(text) ?? [];
  try {
    return path === '' ? undefined : decodeURIComponent(path);
  } catch {
    return '/'; // An undecodable path is an invalid name, and so is this.
  }
}

const A_URI = 'a MongoDB URI, mongodb://… or mongodb+srv://…';

const uri: Reader<string> = (text) => {
  if (!/^mongodb(\+srv)?:\/\/./.test(text)) return invalid(A_URI);
  const path = pathOf(text);
  // The text after such a character is part of a password.
  if (path?.includes('@') === true)
    return invalid(`${A_URI}, with / as %2F and @ as %40 in user and password`);
  return path === undefined || isDatabaseName(path)
    ? text
    : invalid(`a MongoDB URI whose path is ${A_DATABASE_NAME}`);
};

/** Returns the database named by a MongoDB URI, if any. */
export function databaseInUri(text: string): string | undefined {
  const path = pathOf(text);
  return path !== undefined && isDatabaseName(path) ? path : undefined;
}

const endpoint: Reader<IdentityEndpoint> = (text) => {
  const [, secure, address] =
    /^grpc(\+ssl)?:\/\/([\w.-]+:\d{1,5}|\[[\da-f:.]+\]:\d{1,5})\/?$/i.exec(text) ?? [];
  const isPort = /:0*[1-9]\d*$/.test(address ?? '') && Number(/\d+$/.exec(address ?? '')?.[0]) <= MAX_PORT;
  return address === undefined || !isPort
    ? invalid('grpc://host:port or grpc+ssl://host:port')
    : { address, secure: secure !== undefined };
};

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const origins: Reader<readonly string[]> = (text) => {
  if (text === '') return [];
  const listed = text.split(',').map((origin) => origin.trim());
  return listed.every(isOrigin)
    ? listed
    : invalid('origins joined by commas, such as https://console.example.org');
};

/** Reads the variable `name`; unset or empty, it takes the text `otherwise`. */
export interface Read {
  <T>(name: string, reader: Reader<T>, otherwise: string): T;
  <T>(name: string, reader: Reader<T>): T | undefined;
}

const DEFAULT_DATABASE = 'inventory';
const DEFAULT_TIMEOUT_MS = 30_000;

/** The times of calls. By default a call without a deadline has no more than the maximum, where that is the shorter time. */
function timeouts(read: Read) {
  const maxTimeoutMs = read('MAX_TIMEOUT', duration(1), '300s');
  const shorter = maxTimeoutMs < DEFAULT_TIMEOUT_MS ? `${maxTimeoutMs}ms` : '30s';
  return { maxTimeoutMs, defaultTimeoutMs: read('DEFAULT_TIMEOUT', duration(1), shorter) };
}

/** The settings; durations are in milliseconds, sizes in bytes. */
export const settings = (read: Read, ofUri: string | undefined) => ({
  mongodbUri: read('MONGODB_URI', uri),
  mongodbDatabase: read('MONGODB_DATABASE', databaseName, ofUri ?? DEFAULT_DATABASE),
  host: read('HOST', host, '127.0.0.1'),
  grpcPort: read('GRPC_PORT', port, '50051'),
  httpPort: read('HTTP_PORT', portOrOff, '8080'),
  adminPort: read('ADMIN_PORT', portOrOff, '9090'),
  embeddedDataDir: read('EMBEDDED_DATA_DIR', anyText, '.data/mongodb'),
  mongodBinary: read('MONGOD_BINARY', anyText),
  sampleData: read('SAMPLE_DATA', flag, 'true'),
  maxPageSize: read('MAX_PAGE_SIZE', wholeNumber(0, 2 ** 32 - 1), '0'),
  maxResponseBytes: read('MAX_RESPONSE_BYTES', size('1KiB', '2GiB', '64MiB'), '64MiB'),
  responseMemoryBytes: read('RESPONSE_MEMORY', size('16MiB', '1024GiB', '512MiB')),
  collectorCacheMs: read('COLLECTOR_CACHE', duration(0), '1s'),
  ...timeouts(read),
  shutdownGraceMs: read('SHUTDOWN_GRACE', duration(0), '20s'),
  logLevel: read('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'), 'info'),
  logQuietMethods: read('LOG_QUIET_METHODS', someOf(...RPCS), ''),
  auth: read('AUTH', oneOf('none', 'jwt'), 'none'),
  authPublicKeys: read('AUTH_PUBLIC_KEYS', anyText),
  authIdentityEndpoint: read('AUTH_IDENTITY_ENDPOINT', endpoint),
  authRoleCacheMs: read('AUTH_ROLE_CACHE', duration(0), '0s'),
  tlsCertFile: read('TLS_CERT_FILE', anyText),
  tlsKeyFile: read('TLS_KEY_FILE', anyText),
  tlsClientCaFile: read('TLS_CLIENT_CA_FILE', anyText),
  corsOrigins: read('CORS_ORIGINS', origins, ''),
  explorer: read('EXPLORER', oneOf('on', 'off'), 'on'),
  explain: read('EXPLAIN', oneOf('on', 'off'), 'off'),
  otlpEndpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT', baseUrl),
  otlpProtocol: read('OTEL_EXPORTER_OTLP_PROTOCOL', oneOf('http/protobuf'), 'http/protobuf'),
  otelServiceName: read('OTEL_SERVICE_NAME', anyText),
  otelResourceAttributes: read('OTEL_RESOURCE_ATTRIBUTES', pairs, ''),
  otelTracesSampler: read('OTEL_TRACES_SAMPLER', oneOf(...SAMPLERS), 'parentbased_always_on'),
  otelTracesSamplerArg: read('OTEL_TRACES_SAMPLER_ARG', ratio, '1'),
  otelTracesExporter: read('OTEL_TRACES_EXPORTER', oneOf('otlp', 'none'), 'otlp'),
  otelMetricsExporter: read('OTEL_METRICS_EXPORTER', oneOf('otlp', 'none'), 'otlp'),
  otelMetricExportIntervalMs: read('OTEL_METRIC_EXPORT_INTERVAL', wholeNumber(100, MAX_DURATION_MS), '60000'),
  otelSdkDisabled: read('OTEL_SDK_DISABLED', anyCase(flag), 'false'),
});

export type Config = Readonly<ReturnType<typeof settings>>;
