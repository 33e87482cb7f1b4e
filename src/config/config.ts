/** The environment as one frozen Config; every complaint is reported at once (docs/settings.md). */

/** Where the identity service is. */
interface IdentityEndpoint {
  readonly address: string;
  readonly secure: boolean;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const SIZES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);
const HOUR = 3_600_000;

/** Reads the text of one variable; throws what is wrong with it. */
type Reader<T> = (text: string) => T;

const wrong = (due: string): never => {
  throw new Error(`must be ${due}`);
};

const oneOf =
  <Choice extends string>(...choices: readonly Choice[]): Reader<Choice> =>
  (text) =>
    choices.find((choice) => choice === text) ?? wrong(choices.join(' or '));

const whole =
  (least: number, most: number): Reader<number> =>
  (text) => {
    const right = /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most;
    return right ? Number(text) : wrong(`a whole number from ${least} to ${most}`);
  };

/** A count with a unit, in the base unit; NaN for another text. */
function measured(text: string, units: ReadonlyMap<string, number>): number {
  const parts = /^(\d{1,15}) ?([a-zA-Z]*)$/.exec(text);
  return Number(parts?.[1] ?? NaN) * (units.get(parts?.[2] ?? '') ?? NaN);
}

const duration =
  (least: number): Reader<number> =>
  (text) => {
    const milliseconds = measured(text, UNITS);
    return milliseconds >= least && milliseconds <= HOUR
      ? milliseconds
      : wrong(`a time from ${least}ms to 1h, such as 500ms, 30s or 5m`);
  };

const size: Reader<number> = (text) => {
  const bytes = measured(text, SIZES);
  return bytes >= 1024 && bytes <= 2 ** 31 - 1
    ? bytes
    : wrong('a size from 1KiB to less than 2GiB, such as 64MiB');
};

const flag: Reader<boolean> = (text) => oneOf('true', 'false')(text) === 'true';
const port: Reader<number> = whole(0, 65_535);
const portOrOff: Reader<number | 'off'> = (text) => (text === 'off' ? text : port(text));
const anything: Reader<string> = (text) => text;

/** An address of IPv6 may stand in brackets. */
const host: Reader<string> = (text) => {
  const [, address = ''] = /^\[?([^\s/[\]]+)\]?$/.exec(text) ?? [];
  return address === '' ? wrong('an address or a host name, such as 0.0.0.0, :: or localhost') : address;
};

const isDatabaseName = (text: string): boolean => /^[^/\\. "$*<>:|?]{1,63}$/.test(text);
const A_DATABASE_NAME = 'a database name, without any of / \\ . " $ * < > : | ? and blanks';

const databaseName: Reader<string> = (text) => (isDatabaseName(text) ? text : wrong(A_DATABASE_NAME));

/** The path of a MongoDB URI; undefined where it has none. */
function pathOf(text: string): string | undefined {
  const [, path = ''] = /^[^:]+:\/\/(?:[^@/?]*@)?[^/?]*\/([^?]*)/.exec(text) ?? [];
  try {
    return path === '' ? undefined : decodeURIComponent(path);
  } catch {
    return '/'; // A name that cannot be decoded is none: neither is this.
  }
}

const A_URI = 'a MongoDB URI, mongodb://… or mongodb+srv://…';

const uri: Reader<string> = (text) => {
  if (!/^mongodb(\+srv)?:\/\/./.test(text)) return wrong(A_URI);
  const path = pathOf(text);
  // What follows such a character is a piece of a password.
  if (path?.includes('@') === true) return wrong(`${A_URI}, with / as %2F and @ as %40 in user and password`);
  return path === undefined || isDatabaseName(path)
    ? text
    : wrong(`a MongoDB URI whose path is ${A_DATABASE_NAME}`);
};

/** The database that a MongoDB URI names, if it does. */
function databaseInUri(text: string): string | undefined {
  const path = pathOf(text);
  return path !== undefined && isDatabaseName(path) ? path : undefined;
}

const endpoint: Reader<IdentityEndpoint> = (text) => {
  const [, secure, address] =
    /^grpc(\+ssl)?:\/\/([\w.-]+:\d{1,5}|\[[\da-f:.]+\]:\d{1,5})\/?$/i.exec(text) ?? [];
  return address === undefined
    ? wrong('grpc://host:port or grpc+ssl://host:port')
    : { address, secure: secure !== undefined };
};

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const origins: Reader<readonly string[]> = (text) => {
  if (text === '') return [];
  const listed = text.split(',').map((origin) => origin.trim());
  return listed.every(isOrigin)
    ? listed
    : wrong('origins joined by commas, such as https://console.example.org');
};

/** All complaints about the settings or the arguments, a line each. */
export class ConfigError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variable `name`; unset or empty it is as if it were the text `otherwise`. */
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
  embeddedDataDir: read('EMBEDDED_DATA_DIR', anything, '.data/mongodb'),
  mongodBinary: read('MONGOD_BINARY', anything),
  sampleData: read('SAMPLE_DATA', flag, 'true'),
  maxPageSize: read('MAX_PAGE_SIZE', whole(0, 2 ** 32 - 1), '0'),
  maxResponseBytes: read('MAX_RESPONSE_BYTES', size, '64MiB'),
  collectorCache: read('COLLECTOR_CACHE', duration(0), '1s'),
  defaultTimeout: read('DEFAULT_TIMEOUT', duration(1), '30s'),
  maxTimeout: read('MAX_TIMEOUT', duration(1), '300s'),
  shutdownGrace: read('SHUTDOWN_GRACE', duration(0), '20s'),
  logLevel: read('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'), 'info'),
  auth: read('AUTH', oneOf('none', 'jwt'), 'none'),
  authPublicKeys: read('AUTH_PUBLIC_KEYS', anything),
  authIdentityEndpoint: read('AUTH_IDENTITY_ENDPOINT', endpoint),
  authRoleCache: read('AUTH_ROLE_CACHE', duration(0), '0s'),
  tlsCertFile: read('TLS_CERT_FILE', anything),
  tlsKeyFile: read('TLS_KEY_FILE', anything),
  tlsClientCaFile: read('TLS_CLIENT_CA_FILE', anything),
  corsOrigins: read('CORS_ORIGINS', origins, ''),
  explorer: read('EXPLORER', oneOf('on', 'off'), 'on'),
});

export type Config = Readonly<ReturnType<typeof settings>>;

/** Settings of later versions: a start with one of them would leave out what is relied on. */
export const LATER: ReadonlySet<string> = new Set([
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
  /** As it is written in the environment; undefined: it is not set, and has no default. */
  readonly text: string | undefined;
  readonly source: Source;
}

/** Complaints about settings that do not go together. */
function contradictions(config: Config, environment: Environment): readonly string[] {
  const { defaultTimeout, maxTimeout, tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  const { auth, authPublicKeys, authIdentityEndpoint, mongodbUri, mongodbDatabase } = config;
  const ofUri = databaseInUri(mongodbUri ?? '') ?? mongodbDatabase;
  const rules: readonly (readonly [boolean, string])[] = [
    [
      ofUri !== mongodbDatabase,
      `MONGODB_DATABASE must be ${ofUri}, as in the path of MONGODB_URI, or unset; the database of the user goes to authSource in MONGODB_URI`,
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
      'AUTH_PUBLIC_KEYS or AUTH_IDENTITY_ENDPOINT must say whose keys count, since AUTH is jwt',
    ],
    [
      auth === 'none' && authPublicKeys !== undefined,
      'AUTH_PUBLIC_KEYS must be left unset, since AUTH is not jwt',
    ],
    [
      auth === 'none' && authIdentityEndpoint !== undefined,
      'AUTH_IDENTITY_ENDPOINT must be left unset, since AUTH is not jwt',
    ],
    ...[...LATER].map(
      (name) =>
        [
          (environment[name] ?? '') !== '',
          `${name} must be left unset: this version does not have it`,
        ] as const,
    ),
  ];
  return [...sharedPorts(config), ...rules.flatMap(([broken, complaint]) => (broken ? [complaint] : []))];
}

/** Ports that two listeners would have. */
function sharedPorts({ grpcPort, httpPort, adminPort }: Config): readonly string[] {
  const ports = [
    ['GRPC_PORT', grpcPort],
    ['HTTP_PORT', httpPort],
    ['ADMIN_PORT', adminPort],
  ] as const;
  return ports.flatMap(([name, value], nth) => {
    const other = ports.slice(0, nth).find(([, taken]) => taken === value && value !== 0 && value !== 'off');
    return other === undefined ? [] : [`${name} must be another port than ${other[0]}, which is ${value}`];
  });
}

/** Reads the settings from `environment`, and hands each to `told`. Errors: ConfigError with every complaint, each naming its variable. */
export function readConfig(
  environment: Environment,
  told: (setting: Effective) => void = () => undefined,
): Config {
  const complaints: string[] = [];
  const ofUri = databaseInUri(environment['MONGODB_URI'] ?? '');

  function read<T>(name: string, reader: Reader<T>, otherwise: string): T;
  function read<T>(name: string, reader: Reader<T>): T | undefined;
  function read<T>(name: string, reader: Reader<T>, otherwise?: string): T | undefined {
    const own = environment[name] ?? '';
    const text = own === '' ? otherwise : own;
    const inUri = name === 'MONGODB_DATABASE' && ofUri !== undefined;
    told({ name, text, source: own !== '' ? 'environment' : inUri ? 'MONGODB_URI' : 'default' });
    try {
      return text === undefined ? undefined : reader(text);
    } catch (error) {
      complaints.push(`${name} ${error instanceof Error ? error.message : String(error)}`);
      return otherwise === undefined || own === '' ? undefined : reader(otherwise);
    }
  }

  const config = settings(read, ofUri);
  complaints.push(...contradictions(config, environment));
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return Object.freeze(config);
}
