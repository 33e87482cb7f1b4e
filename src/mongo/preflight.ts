/** Checks MONGODB_URI for permanent faults; they end the start (docs/troubleshooting.md «A start that ends»). */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createSecureContext } from 'node:tls';
import * as zlib from 'node:zlib';
import { MongoAPIError } from 'mongodb';
import type { MongoOptions } from 'mongodb';

/** Messages of the driver with a possible part of a password, or without information. */
const UNHELPFUL = /^(?:Invalid connection string|URI malformed|Unable to parse)/;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // The driver complains of text that cannot be decoded.
  }
};

/** Returns true if `message` holds no part of the password of `uri`; an unencoded @ ends the password early. */
function hasNoSecret(uri: string, message: string): boolean {
  const [, password = ''] = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(uri) ?? [];
  const pieces = [password, decoded(password)].filter((piece) => piece !== '');
  return (uri.match(/@/g)?.length ?? 0) < 2 && pieces.every((piece) => !message.includes(piece));
}

/** Words the line on a URI that the driver refuses with `error`. */
export function uriComplaint(uri: string, error: unknown): string {
  // The driver's URI parser has a MongoParseError of its own.
  const isAboutOptions =
    error instanceof MongoAPIError || (error instanceof Error && error.name === 'MongoParseError');
  return isAboutOptions && !UNHELPFUL.test(error.message) && hasNoSecret(uri, error.message)
    ? `MONGODB_URI cannot be used: ${error.message.replaceAll(/\s+/g, ' ').replace(/\.$/, '')}; correct that, or leave it out`
    : 'MONGODB_URI cannot be read; write hosts as host:port, and each of : / ? # [ ] @ % in user and password as its percent-encoding';
}

/** An option with modules that the driver loads, and does not depend on. */
interface OptionalModule {
  readonly option: string;
  readonly modules: readonly string[];
  readonly isNeeded: (options: MongoOptions) => boolean;
  readonly remedy: string;
}

const compressesBy =
  (name: 'snappy' | 'zstd') =>
  ({ compressors }: MongoOptions): boolean =>
    compressors.includes(name);

const authenticatesBy =
  (name: string) =>
  ({ credentials }: MongoOptions): boolean =>
    credentials?.mechanism === name;

const COMPRESS_BY_ZLIB = 'write compressors=zlib in MONGODB_URI, or leave it out';
const HAS_ZSTD = 'zstdCompress' in zlib;

const OPTIONAL_MODULES: readonly OptionalModule[] = [
  {
    option: 'compressors=snappy',
    modules: ['snappy'],
    isNeeded: compressesBy('snappy'),
    remedy: COMPRESS_BY_ZLIB,
  },
  {
    option: 'compressors=zstd',
    modules: HAS_ZSTD ? [] : ['@mongodb-js/zstd'],
    isNeeded: compressesBy('zstd'),
    remedy: `${COMPRESS_BY_ZLIB}, or run on Node 22.15 or newer`,
  },
  {
    option: 'authMechanism=GSSAPI',
    modules: ['kerberos'],
    isNeeded: authenticatesBy('GSSAPI'),
    remedy: 'use another mechanism, or install it',
  },
  {
    option: 'authMechanism=MONGODB-AWS',
    modules: ['@aws-sdk/credential-providers'],
    isNeeded: authenticatesBy('MONGODB-AWS'),
    remedy: 'use another mechanism, or install it',
  },
  {
    option: 'proxyHost',
    modules: ['socks'],
    isNeeded: ({ proxyHost }) => proxyHost !== undefined,
    remedy: 'leave it out, or install it',
  },
];

/** Resolves modules as the driver does. */
const { resolve } = createRequire(import.meta.resolve('mongodb'));

function isInstalled(name: string): boolean {
  try {
    return resolve(name) !== '';
  } catch {
    return false; // MODULE_NOT_FOUND
  }
}

function checkModules(options: MongoOptions): void {
  for (const { option, modules, isNeeded, remedy } of OPTIONAL_MODULES) {
    const missing = isNeeded(options) ? modules.find((name) => !isInstalled(name)) : undefined;
    if (missing !== undefined)
      throw new Error(
        `MONGODB_URI cannot be used: ${option} needs the module ${missing}, which is not installed; ${remedy}`,
      );
  }
}

const CERTIFICATE_BEGIN = 'CERTIFICATE-----';

async function readOptionFile(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no file';
    throw new Error(`MONGODB_URI: ${option} ${path} cannot be read (${code}); name a file that is there`, {
      cause: error,
    });
  }
}

function checkContext(
  option: string,
  path: string | undefined,
  options: Parameters<typeof createSecureContext>[0],
  expected: string,
): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new Error(`MONGODB_URI: ${option} ${path ?? ''} cannot be used; name a PEM file with ${expected}`, {
      cause: error,
    });
  }
}

/** Options that Node takes from programs alone, as numbers, lists, bytes and functions: text of a URI is none of them. */
const NO_TEXT = [
  'ALPNProtocols',
  'checkServerIdentity',
  'hints',
  'localPort',
  'lookup',
  'minDHSize',
  'pfx',
  'secureContext',
  'session',
] as const satisfies readonly (keyof MongoOptions)[];

/** Options of TLS that may be text. */
const OF_TLS = ['ca', 'cert', 'ciphers', 'crl', 'ecdhCurve', 'key', 'secureProtocol'] as const;

function isUsableForTls(name: (typeof OF_TLS)[number], { [name]: value, passphrase }: MongoOptions): boolean {
  if (value === undefined) return true;
  // OpenSSL silently ignores a CA file without a certificate.
  if (name === 'ca' && typeof value === 'string' && !value.includes(CERTIFICATE_BEGIN)) return false;
  try {
    createSecureContext({ [name]: value, ...(passphrase === undefined ? {} : { passphrase }) });
    return true;
  } catch {
    return false;
  }
}

function checkNodeOptions(options: MongoOptions): void {
  const unfit = NO_TEXT.find((name) => typeof options[name] === 'string');
  if (unfit !== undefined)
    throw new Error(`MONGODB_URI cannot be used: ${unfit} cannot be written in a URI; leave it out`);
  const wrong = OF_TLS.find((name) => !isUsableForTls(name, options));
  if (wrong !== undefined)
    throw new Error(
      `MONGODB_URI cannot be used: ${wrong} has a value that TLS does not take; correct that, or leave it out`,
    );
}

async function checkFiles(options: MongoOptions): Promise<void> {
  const { tlsCAFile, tlsCertificateKeyFile, tlsCRLFile, passphrase } = options;
  const ca = await readOptionFile('tlsCAFile', tlsCAFile);
  const own = await readOptionFile('tlsCertificateKeyFile', tlsCertificateKeyFile);
  const crl = await readOptionFile('tlsCRLFile', tlsCRLFile);
  if (ca?.includes(CERTIFICATE_BEGIN) === false)
    throw new Error(
      `MONGODB_URI: tlsCAFile ${tlsCAFile ?? ''} has no certificate; name a PEM file with those of the authority`,
    );
  if (ca !== undefined) checkContext('tlsCAFile', tlsCAFile, { ca }, 'the certificates of the authority');
  if (own !== undefined)
    checkContext(
      'tlsCertificateKeyFile',
      tlsCertificateKeyFile,
      { cert: own, key: own, ...(passphrase === undefined ? {} : { passphrase }) },
      'a certificate and its key, whose password is tlsCertificateKeyFilePassword where it has one',
    );
  if (crl !== undefined) checkContext('tlsCRLFile', tlsCRLFile, { crl }, 'the list of revoked certificates');
}

const MIN_STALENESS_SECONDS = 90;
const READ_CONCERNS: readonly (string | undefined)[] = [
  undefined,
  'local',
  'available',
  'majority',
  'linearizable',
  'snapshot',
];

/** Options that the driver or the database refuses only later, at every connection or read. */
const WRONG_VALUES: readonly (readonly [isWrong: (options: MongoOptions) => boolean, line: string])[] = [
  [
    ({ minPoolSize, maxPoolSize }) => maxPoolSize > 0 && minPoolSize > maxPoolSize,
    'minPoolSize is more than maxPoolSize; write a smaller one, or leave it out',
  ],
  [
    ({ readPreference: { maxStalenessSeconds = MIN_STALENESS_SECONDS } }) =>
      maxStalenessSeconds < MIN_STALENESS_SECONDS,
    `maxStalenessSeconds is less than ${MIN_STALENESS_SECONDS}; write a greater one, or leave it out`,
  ],
  [
    ({ readConcern }: Partial<MongoOptions>) => !READ_CONCERNS.includes(readConcern?.level),
    `readConcernLevel is none of MongoDB's; write ${READ_CONCERNS.slice(1).join(', ')}, or leave it out`,
  ],
];

function checkValues(options: MongoOptions): void {
  const wrong = WRONG_VALUES.find(([isWrong]) => isWrong(options));
  if (wrong !== undefined) throw new Error(`MONGODB_URI cannot be used: ${wrong[1]}`);
}

/** Checks the values of `options`, and the modules and files that they need. Errors: a line that names the option. */
export async function checkOptions(options: MongoOptions): Promise<void> {
  checkValues(options);
  checkModules(options);
  checkNodeOptions(options);
  await checkFiles(options);
}
