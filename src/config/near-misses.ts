/** Finds environment variables with the name of almost a setting (docs/settings.md «Names that are almost settings»). */
import { readConfig } from './config.js';
import type { Environment } from './config.js';
import { FUTURE_SETTINGS } from './contradictions.js';
import { isReadByPackages } from './otel.js';

/** The names of all settings. */
function namesOf(): readonly string[] {
  const names: string[] = [];
  readConfig({}, ({ name }) => names.push(name));
  return names;
}

const NAMES = [...namesOf(), ...FUTURE_SETTINGS];

const PORTS = 'GRPC_PORT, HTTP_PORT or ADMIN_PORT';

/** Whole names used by other programs, with the setting intended. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [
    /(?:MONGO|MONGO_?DB|DATABASE|DB)_?(?:URI|URL|DSN|CONNECTION(?:_?(?:STRING|URI|URL))?|HOSTS?|ADDRESS|ENDPOINT|SERVER|USER(?:NAME)?|PASS(?:WORD)?|PORT)/,
    'MONGODB_URI',
  ],
  [/(?:MONGO|MONGO_?DB|DATABASE|DB)_?(?:NAME|DB|DBNAME|DB_NAME|DATABASE|DATABASE_NAME)/, 'MONGODB_DATABASE'],
  [/(?:MONGO(?:DB)?|DATABASE|DB)/, 'MONGODB_URI or MONGODB_DATABASE'],
  [/(?:(?:SERVER|APP|LISTEN)_?)?PORT/, PORTS],
  [/(?:GRPC|RPC)_(?:ADDRESS|ADDR|HOST|LISTEN|BIND)|RPC_PORT/, 'HOST and GRPC_PORT'],
  [
    /(?:HTTP|REST|API|WEB)_(?:ADDRESS|ADDR|HOST|LISTEN|BIND)|(?:HTTPS|REST|API|WEB|JSON)_PORT/,
    'HOST and HTTP_PORT',
  ],
  [/(?:HEALTH|METRICS?|PROMETHEUS|MANAGEMENT|MONITORING|PROBE)_PORT/, 'ADMIN_PORT'],
  [/(?:BIND|LISTEN|SERVER|APP)(?:_?(?:ADDRESS|ADDR|HOST|IP|ON|TO))?/, 'HOST'],
  [/(?:DATA|DB|MONGO(?:DB)?|MONGOD)_?(?:DATA_?)?(?:DIR|PATH|FOLDER)/, 'EMBEDDED_DATA_DIR'],
  [
    /(?:MONGOD|MONGODB?_(?:BINARY|BIN|EXECUTABLE)|MONGOD_(?:BIN|PATH|EXECUTABLE)|MONGOMS_SYSTEM_BINARY)/,
    'MONGOD_BINARY',
  ],
  [/(?:LOAD_|EMBEDDED_)?SAMPLES?(?:_DATA)?/, 'SAMPLE_DATA'],
  [/(?:MAX_)?(?:PAGE|LIST)_(?:SIZE|LIMIT)|MAX_(?:LIMIT|PAGE)/, 'MAX_PAGE_SIZE'],
  [/MAX_(?:RESPONSE|ANSWER|MESSAGE)(?:_(?:SIZE|LENGTH|BYTES))?/, 'MAX_RESPONSE_BYTES'],
  [/(?:REQUEST_|CALL_|GRPC_)?TIMEOUT/, 'DEFAULT_TIMEOUT or MAX_TIMEOUT'],
  [/(?:GRACE|GRACEFUL|SHUTDOWN)(?:_(?:PERIOD|TIMEOUT|TIME|GRACE(?:_PERIOD)?|SHUTDOWN))?/, 'SHUTDOWN_GRACE'],
  [/LOG(?:GING|GER)?(?:_?(?:LEVEL|VERBOSITY))?|(?:VERBOSITY|PINO_LOG_LEVEL)/, 'LOG_LEVEL'],
  [/(?:AUTH(?:ENTICATION)?_(?:MODE|TYPE|METHOD|KIND)|AUTHENTICATION)/, 'AUTH'],
  [/(?:AUTH_|JWT_|PUBLIC_)?(?:JWKS?|PUBLIC_KEYS?|KEYS?)(?:_(?:FILE|PATH|SET))?/, 'AUTH_PUBLIC_KEYS'],
  [/(?:AUTH_)?IDENTITY(?:_(?:ENDPOINT|URI|URL|ADDRESS|HOST|SERVICE))?/, 'AUTH_IDENTITY_ENDPOINT'],
  [/(?:TLS|SSL|HTTPS|GRPC)_(?:CERT|CERTIFICATE|CRT)(?:_(?:FILE|PATH))?/, 'TLS_CERT_FILE'],
  [/(?:TLS|SSL|HTTPS|GRPC)_(?:PRIVATE_)?KEY(?:_(?:FILE|PATH))?/, 'TLS_KEY_FILE'],
  [
    /(?:TLS|SSL|HTTPS|GRPC)_(?:CLIENT_)?CA(?:_?(?:CERT|CRT|CERTIFICATE))?(?:_(?:FILE|PATH))?/,
    'TLS_CLIENT_CA_FILE',
  ],
  [/CORS(?:_(?:ALLOW(?:ED)?_)?(?:ORIGINS?|HOSTS?|DOMAINS?))?|ALLOW(?:ED)?_ORIGINS?/, 'CORS_ORIGINS'],
  [/(?:JOB_)?EXPLORER(?:_(?:ENABLED?|ON))?/, 'EXPLORER'],
];

const matchesAll = (name: string, { source }: RegExp): boolean => new RegExp(`^(?:${source})$`).test(name);

/** Matches the prefix of a deployment before the name of a setting. */
const OWN_PREFIX = /^(?:SPACEONE_|CLOUDFORET_)?(?:INVENTORY_)?(?:JOB_)?/;

/** Matches beginnings reserved for settings. */
const FAMILY = /^(?:MONGODB|EMBEDDED|AUTH|TLS|SHUTDOWN|CORS)_/;

/** Variables of the system with names close to a setting by chance. */
const SYSTEM_VARIABLES: ReadonlySet<string> = new Set(['PATH', 'HOME', 'SSL_CERT_FILE']);

/** The edit distance of two names: insertions, deletions, substitutions and transpositions of neighbours. */
function distance(one: string, other: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: other.length + 1 }, (_, nth) => nth);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      const changed = (row[j - 1] ?? Infinity) + Number(!same);
      const swapped =
        i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
          ? (before[j - 2] ?? Infinity) + 1
          : Infinity;
      next.push(Math.min(changed, swapped, (row[j] ?? Infinity) + 1, (next[j - 1] ?? Infinity) + 1));
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Returns the maximum edit distance: any two words of four letters are close, so short names allow one edit. */
const maxDistance = ({ length }: string): number => (length < 6 ? 1 : 2);

function closestSetting(name: string): string | undefined {
  const near = NAMES.map((setting) => ({ setting, edits: distance(name, setting) }));
  const [best] = near
    .filter(({ setting, edits }) => edits <= maxDistance(setting))
    .sort((one, other) => one.edits - other.edits);
  return best?.setting;
}

/** Returns the setting probably meant by `name`; undefined for none. */
export function intendedSetting(name: string): string | undefined {
  const upper = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  const own = upper.replace(OWN_PREFIX, '');
  const alias = ALIASES.find(([names]) => matchesAll(upper, names))?.[1];
  return alias ?? closestSetting(upper) ?? (NAMES.includes(own) ? own : undefined);
}

/** Returns the settings with the beginning of `name`, if it is reserved for settings. */
function settingsOfFamily(name: string): string | undefined {
  const [family] = FAMILY.exec(name.toUpperCase()) ?? [];
  const known = NAMES.filter((setting) => family !== undefined && setting.startsWith(family));
  return known.length === 0 ? undefined : known.join(', ');
}

/** Matches the variables that Kubernetes sets for a service: those of one named `mongodb` are like settings. */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PORT|PROTO|ADDR))?$/;

/** Ignores the addresses set by Kubernetes, such as `PORT` for a service of that name. */
const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && !/^(?:tcp|udp|sctp):\/\//.test(value);

/** Returns a line for each variable of `environment` probably meant as a setting. */
export function nearMisses(environment: Environment): readonly string[] {
  return Object.keys(environment)
    .filter((name) => isSet(environment[name]) && !NAMES.includes(name) && !OF_KUBERNETES.test(name))
    .filter((name) => !SYSTEM_VARIABLES.has(name.toUpperCase()) && !isReadByPackages(name))
    .sort()
    .flatMap((name) => {
      if (/^OTEL_EXPORTER_OTLP_/.test(name))
        return [
          `${name} has no effect: spans and metrics go to OTEL_EXPORTER_OTLP_ENDPOINT, and nothing else is exported`,
        ];
      const meant = intendedSetting(name) ?? settingsOfFamily(name);
      return meant === undefined
        ? []
        : [`${name} is not a setting and has no effect; did you mean ${meant}?`];
    });
}
