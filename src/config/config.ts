/** The environment as one frozen Config; every complaint is reported at once (docs/settings.md). */
import { baseUrl, pairs, ratio, SAMPLERS, wrongForPackages } from './otel.js';
import {
  complaintOf,
  duration,
  invalid,
  MAX_DURATION_MS,
  oneOf,
  size,
  someOf,
  wholeNumber,
} from './reader.js';
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
const portOrOff: Reader<number | 'off'> = (text) => (text === 'off' ? text : port(text));
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

/** Answers the path of a MongoDB URI; undefined without one. */
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

/** Answers the database named by a MongoDB URI, if any. */
function databaseInUri(text: string): string | undefined {
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

/** All complaints about the settings or the arguments, a line each. */
export class ConfigError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variable `name`; unset or empty, it takes the text `otherwise`. */
interface Read {
  <T>(name: string, reader: Reader<T>, otherwise: string): T;
  <T>(name: string, reader: Reader<T>): T | undefined;
}

const DEFAULT_DATABASE = 'inventory';

/** The settings; durations are in milliseconds, sizes in bytes. */
const settings = (read: Read, ofUri: string | undefined) => ({
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
  responseMemory: read('RESPONSE_MEMORY', size('16MiB', '1024GiB', '512MiB')),
  collectorCache: read('COLLECTOR_CACHE', duration(0), '1s'),
  defaultTimeout: read('DEFAULT_TIMEOUT', duration(1), '30s'),
  maxTimeout: read('MAX_TIMEOUT', duration(1), '300s'),
  shutdownGrace: read('SHUTDOWN_GRACE', duration(0), '20s'),
  logLevel: read('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'), 'info'),
  logQuietMethods: read('LOG_QUIET_METHODS', someOf('get', 'list', 'stat', 'delete'), ''),
  auth: read('AUTH', oneOf('none', 'jwt'), 'none'),
  authPublicKeys: read('AUTH_PUBLIC_KEYS', anyText),
  authIdentityEndpoint: read('AUTH_IDENTITY_ENDPOINT', endpoint),
  authRoleCache: read('AUTH_ROLE_CACHE', duration(0), '0s'),
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
  otelMetricExportInterval: read('OTEL_METRIC_EXPORT_INTERVAL', wholeNumber(100, MAX_DURATION_MS), '60000'),
  otelSdkDisabled: read('OTEL_SDK_DISABLED', anyCase(flag), 'false'),
});

export type Config = Readonly<ReturnType<typeof settings>>;

/** Settings of later versions: ignoring one would silently drop a behaviour its operator relies on. */
export const FUTURE_SETTINGS: ReadonlySet<string> = new Set([
  'SPACEONE_CONFIG_FILE',
  'SHUTDOWN_DELAY',
  'MAX_CONNECTION_AGE',
  'TOTAL_COUNT_LIMIT',
]);

/** The origin of a setting. */
type Source = 'environment' | 'MONGODB_URI' | 'default';

/** A setting as it is effective. */
export interface Effective {
  readonly name: string;
  /** As written in the environment; undefined if unset and without a default. */
  readonly text: string | undefined;
  readonly source: Source;
}

/** Complaints about contradictory settings, each naming all of them. */
function contradictions(config: Config, environment: Environment): readonly string[] {
  const { defaultTimeout, maxTimeout, tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  const { auth, authPublicKeys, authIdentityEndpoint, mongodbUri, mongodbDatabase } = config;
  const { maxResponseBytes, responseMemory } = config;
  const ofUri = databaseInUri(mongodbUri ?? '') ?? mongodbDatabase;
  const rules: readonly (readonly [boolean, string])[] = [
    [
      ofUri !== mongodbDatabase,
      `MONGODB_DATABASE must be ${ofUri}, as in the path of MONGODB_URI, or unset; the database of the user goes to authSource in MONGODB_URI`,
    ],
    [
      responseMemory !== undefined && responseMemory < maxResponseBytes,
      'RESPONSE_MEMORY must not be less than MAX_RESPONSE_BYTES',
    ],
    [defaultTimeout > maxTimeout, 'DEFAULT_TIMEOUT must not be longer than MAX_TIMEOUT'],
    [
      tlsCertFile !== undefined && tlsKeyFile === undefined,
      'TLS_KEY_FILE must be the file with the key, since TLS_CERT_FILE is set',
    ],
    [
      tlsCertFile === undefined && (tlsKeyFile ?? tlsClientCaFile) !== undefined,
      `TLS_CERT_FILE must be the file with the certificate, since ${tlsKeyFile === undefined ? 'TLS_CLIENT_CA_FILE' : 'TLS_KEY_FILE'} is set`,
    ],
    [
      auth === 'jwt' && authPublicKeys === undefined && authIdentityEndpoint === undefined,
      'AUTH_PUBLIC_KEYS or AUTH_IDENTITY_ENDPOINT must be set, since AUTH is jwt',
    ],
    [
      auth === 'none' && authPublicKeys !== undefined,
      'AUTH_PUBLIC_KEYS must be left unset, since AUTH is not jwt',
    ],
    [
      auth === 'none' && authIdentityEndpoint !== undefined,
      'AUTH_IDENTITY_ENDPOINT must be left unset, since AUTH is not jwt',
    ],
    ...[...FUTURE_SETTINGS].map(
      (name) =>
        [
          (environment[name] ?? '') !== '',
          `${name} must be left unset: this version does not support it`,
        ] as const,
    ),
  ];
  return rules.flatMap(([broken, complaint]) => (broken ? [complaint] : []));
}

/** Complaints about a port set for two listeners, leaving out the settings with `wrong` values. */
function sharedPorts(
  { grpcPort, httpPort, adminPort }: Config,
  wrong: ReadonlySet<string>,
): readonly string[] {
  const all = [
    ['GRPC_PORT', grpcPort],
    ['HTTP_PORT', httpPort],
    ['ADMIN_PORT', adminPort],
  ] as const;
  const ports = all.filter(([name]) => !wrong.has(name));
  return ports.flatMap(([name, value], nth) => {
    const other = ports.slice(0, nth).find(([, taken]) => taken === value && value !== 0 && value !== 'off');
    return other === undefined ? [] : [`${name} must be another port than ${other[0]}, which is ${value}`];
  });
}

/** Tells whether `complaint` is about settings without `wrong` values: what their defaults contradict, nobody has set. */
const isAboutRight = (complaint: string, wrong: ReadonlySet<string>): boolean =>
  !(complaint.match(/\w+/g) ?? []).some((word) => wrong.has(word));

/** Reads the settings from `environment`, and calls `onSetting` for each. Errors: ConfigError with every complaint, each naming its variable. */
export function readConfig(
  environment: Environment,
  onSetting: (setting: Effective) => void = () => undefined,
): Config {
  const complaints: string[] = [];
  const wrong = new Set<string>();
  const ofUri = databaseInUri(environment['MONGODB_URI'] ?? '');

  function read<T>(name: string, reader: Reader<T>, otherwise: string): T;
  function read<T>(name: string, reader: Reader<T>): T | undefined;
  function read<T>(name: string, reader: Reader<T>, otherwise?: string): T | undefined {
    const own = environment[name] ?? '';
    const text = own === '' ? otherwise : own;
    const inUri = name === 'MONGODB_DATABASE' && ofUri !== undefined;
    onSetting({ name, text, source: own !== '' ? 'environment' : inUri ? 'MONGODB_URI' : 'default' });
    try {
      return text === undefined ? undefined : reader(text);
    } catch (error) {
      complaints.push(complaintOf(name, error));
      wrong.add(name);
      return otherwise === undefined || own === '' ? undefined : reader(otherwise);
    }
  }

  const config = settings(read, ofUri);
  complaints.push(...wrongForPackages(environment));
  complaints.push(...sharedPorts(config, wrong));
  complaints.push(...contradictions(config, environment).filter((each) => isAboutRight(each, wrong)));
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return Object.freeze(config);
}
