/** Settings that contradict each other (docs/settings.md): the rules, each with the settings that it is about. */
import { databaseInUri } from './settings.js';
import type { Config } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of later versions: ignoring one would silently drop a behaviour its operator relies on. */
export const FUTURE_SETTINGS: ReadonlySet<string> = new Set([
  'SPACEONE_CONFIG_FILE',
  'SHUTDOWN_DELAY',
  'MAX_CONNECTION_AGE',
  'TOTAL_COUNT_LIMIT',
]);

interface Rule {
  readonly settings: readonly string[];
  readonly isBroken: boolean;
  readonly complaint: string;
}

function databaseRule({ mongodbUri, mongodbDatabase }: Config): Rule {
  const ofUri = databaseInUri(mongodbUri ?? '') ?? mongodbDatabase;
  return {
    settings: ['MONGODB_DATABASE', 'MONGODB_URI'],
    isBroken: ofUri !== mongodbDatabase,
    complaint: `MONGODB_DATABASE must be ${ofUri}, as in the path of MONGODB_URI, or unset; the database of the user goes to authSource in MONGODB_URI`,
  };
}

const limitRules = ({
  maxResponseBytes,
  responseMemoryBytes,
  defaultTimeoutMs,
  maxTimeoutMs,
}: Config): readonly Rule[] => [
  {
    settings: ['RESPONSE_MEMORY', 'MAX_RESPONSE_BYTES'],
    isBroken: responseMemoryBytes !== undefined && responseMemoryBytes < maxResponseBytes,
    complaint: 'RESPONSE_MEMORY must not be less than MAX_RESPONSE_BYTES',
  },
  {
    settings: ['DEFAULT_TIMEOUT', 'MAX_TIMEOUT'],
    isBroken: defaultTimeoutMs > maxTimeoutMs,
    complaint: 'DEFAULT_TIMEOUT must not be longer than MAX_TIMEOUT',
  },
];

function tlsRules({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: Config): readonly Rule[] {
  const dependent = tlsKeyFile === undefined ? 'TLS_CLIENT_CA_FILE' : 'TLS_KEY_FILE';
  return [
    {
      settings: ['TLS_KEY_FILE', 'TLS_CERT_FILE'],
      isBroken: tlsCertFile !== undefined && tlsKeyFile === undefined,
      complaint: 'TLS_KEY_FILE must be the file with the key, since TLS_CERT_FILE is set',
    },
    {
      settings: ['TLS_CERT_FILE', dependent],
      isBroken: tlsCertFile === undefined && (tlsKeyFile ?? tlsClientCaFile) !== undefined,
      complaint: `TLS_CERT_FILE must be the file with the certificate, since ${dependent} is set`,
    },
  ];
}

const authRules = ({ auth, authPublicKeys, authIdentityEndpoint }: Config): readonly Rule[] => [
  {
    settings: ['AUTH_PUBLIC_KEYS', 'AUTH_IDENTITY_ENDPOINT', 'AUTH'],
    isBroken: auth === 'jwt' && authPublicKeys === undefined && authIdentityEndpoint === undefined,
    complaint: 'AUTH_PUBLIC_KEYS or AUTH_IDENTITY_ENDPOINT must be set, since AUTH is jwt',
  },
  ...Object.entries({ AUTH_PUBLIC_KEYS: authPublicKeys, AUTH_IDENTITY_ENDPOINT: authIdentityEndpoint }).map(
    ([name, value]) => ({
      settings: [name, 'AUTH'],
      isBroken: auth === 'none' && value !== undefined,
      complaint: `${name} must be left unset, since AUTH is not jwt`,
    }),
  ),
];

const futureRules = (environment: Environment): readonly Rule[] =>
  [...FUTURE_SETTINGS].map((name) => ({
    settings: [name],
    isBroken: (environment[name] ?? '') !== '',
    complaint: `${name} must be left unset: this version does not support it`,
  }));

/** Each port that is set for several listeners is told once, with the first of them. */
function portRules({ grpcPort, httpPort, adminPort }: Config, wrong: ReadonlySet<string>): readonly Rule[] {
  const all = [
    ['GRPC_PORT', grpcPort],
    ['HTTP_PORT', httpPort],
    ['ADMIN_PORT', adminPort],
  ] as const;
  const ports = all.filter(([name]) => !wrong.has(name));
  return ports.flatMap(([name, value], nth) => {
    const other = ports.slice(0, nth).find(([, taken]) => taken === value && value !== 0 && value !== 'off');
    return other === undefined
      ? []
      : [
          {
            settings: [name, other[0]],
            isBroken: true,
            complaint: `${name} must be another port than ${other[0]}, which is ${value}`,
          },
        ];
  });
}

/**
 * The complaints about settings that contradict each other, each naming all of them. Settings with `wrong` values are left
 * out: nobody has set the defaults in their places.
 */
export const contradictions = (
  config: Config,
  environment: Environment,
  wrong: ReadonlySet<string>,
): readonly string[] =>
  [
    ...portRules(config, wrong),
    databaseRule(config),
    ...limitRules(config),
    ...tlsRules(config),
    ...authRules(config),
    ...futureRules(environment),
  ]
    .filter(({ settings, isBroken }) => isBroken && !settings.some((name) => wrong.has(name)))
    .map(({ complaint }) => complaint);
