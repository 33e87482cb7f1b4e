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

const uri: Reader<string> = (text) =>
  /^mongodb(\+srv)?:\/\/./.test(text) ? text : wrong('a MongoDB URI, mongodb://… or mongodb+srv://…');

const databaseName: Reader<string> = (text) =>
  /^[^/\\. "$*<>:|?]{1,63}$/.test(text)
    ? text
    : wrong('a database name, without any of / \\ . " $ * < > : | ? and blanks');

const endpoint: Reader<IdentityEndpoint> = (text) => {
  const [, secure, address] =
    /^grpc(\+ssl)?:\/\/([\w.-]+:\d{1,5}|\[[\da-f:.]+\]:\d{1,5})\/?$/i.exec(text) ?? [];
  return address === undefined
    ? wrong('grpc://host:port or grpc+ssl://host:port')
    : { address, secure: secure !== undefined };
};

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const origins: Reader<readonly string[]> = (text) => {
  const listed = text.split(',').map((origin) => origin.trim());
  return listed.every(isOrigin)
    ? listed
    : wrong('origins joined by commas, such as https://console.example.org');
};

/** All complaints about the environment, a line each. */
export class ConfigError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variable `name`; unset or empty it is `otherwise`. */
type Read = <T, Default>(name: string, reader: Reader<T>, otherwise: Default) => T | Default;

/** The settings; durations are in milliseconds, sizes in bytes. */
const settings = (read: Read) => ({
  mongodbUri: read('MONGODB_URI', uri, undefined),
  mongodbDatabase: read('MONGODB_DATABASE', databaseName, 'inventory'),
  host: read('HOST', anything, '127.0.0.1'),
  grpcPort: read('GRPC_PORT', port, 50_051),
  httpPort: read('HTTP_PORT', portOrOff, 8080),
  adminPort: read('ADMIN_PORT', portOrOff, 9090),
  embeddedDataDir: read('EMBEDDED_DATA_DIR', anything, '.data/mongodb'),
  mongodBinary: read('MONGOD_BINARY', anything, undefined),
  sampleData: read('SAMPLE_DATA', flag, true),
  maxPageSize: read('MAX_PAGE_SIZE', whole(0, 2 ** 32 - 1), 0),
  maxResponseBytes: read('MAX_RESPONSE_BYTES', size, 64 * 1024 ** 2),
  collectorCache: read('COLLECTOR_CACHE', duration(0), 1000),
  defaultTimeout: read('DEFAULT_TIMEOUT', duration(1), 30_000),
  maxTimeout: read('MAX_TIMEOUT', duration(1), 300_000),
  shutdownGrace: read('SHUTDOWN_GRACE', duration(0), 20_000),
  logLevel: read('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'), 'info' as const),
  auth: read('AUTH', oneOf('none', 'jwt'), 'none' as const),
  authPublicKeys: read('AUTH_PUBLIC_KEYS', anything, undefined),
  authIdentityEndpoint: read('AUTH_IDENTITY_ENDPOINT', endpoint, undefined),
  authRoleCache: read('AUTH_ROLE_CACHE', duration(0), 0),
  tlsCertFile: read('TLS_CERT_FILE', anything, undefined),
  tlsKeyFile: read('TLS_KEY_FILE', anything, undefined),
  tlsClientCaFile: read('TLS_CLIENT_CA_FILE', anything, undefined),
  corsOrigins: read('CORS_ORIGINS', origins, []),
  explorer: read('EXPLORER', oneOf('on', 'off'), 'on' as const),
});

export type Config = Readonly<ReturnType<typeof settings>>;

/** Reads the settings from `environment`. Errors: ConfigError with every complaint, each naming its variable. */
export function readConfig(environment: Environment): Config {
  const complaints: string[] = [];
  const config = settings((name, reader, otherwise) => {
    const text = environment[name] ?? '';
    try {
      return text === '' ? otherwise : reader(text);
    } catch (error) {
      complaints.push(`${name} ${error instanceof Error ? error.message : String(error)}`);
      return otherwise;
    }
  });
  if (config.defaultTimeout > config.maxTimeout)
    complaints.push('DEFAULT_TIMEOUT must not be longer than MAX_TIMEOUT');
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  if (tlsCertFile !== undefined && tlsKeyFile === undefined)
    complaints.push('TLS_KEY_FILE must be the file with the key, since TLS_CERT_FILE is set');
  if (tlsCertFile === undefined && (tlsKeyFile ?? tlsClientCaFile) !== undefined)
    complaints.push(
      `TLS_CERT_FILE must be the file with the certificate, since ${tlsKeyFile === undefined ? 'TLS_CLIENT_CA_FILE' : 'TLS_KEY_FILE'} is set`,
    );
  const { auth, authPublicKeys, authIdentityEndpoint } = config;
  if (auth === 'jwt' && authPublicKeys === undefined && authIdentityEndpoint === undefined)
    complaints.push(
      'AUTH_PUBLIC_KEYS or AUTH_IDENTITY_ENDPOINT must say whose keys count, since AUTH is jwt',
    );
  if (auth === 'none' && authPublicKeys !== undefined)
    complaints.push('AUTH_PUBLIC_KEYS must be left unset, since AUTH is not jwt');
  if (auth === 'none' && authIdentityEndpoint !== undefined)
    complaints.push('AUTH_IDENTITY_ENDPOINT must be left unset, since AUTH is not jwt');
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return Object.freeze(config);
}
