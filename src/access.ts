/** Who may call and by what encryption, as the settings say (docs/operations.md «Authentication», «TLS»). */
import type { Authenticate } from './auth/caller.js';
import { createFetchedKeys } from './auth/fetched-keys.js';
import { createIdentity } from './auth/identity.js';
import { createJwtAuthenticate } from './auth/jwt.js';
import { eitherKeys, createKeyFile } from './auth/keys.js';
import type { KeysOf } from './auth/keys.js';
import { anonymous } from './auth/anonymous.js';
import { createRoles } from './auth/roles.js';
import type { Config } from './config/config.js';
import type { Log } from './telemetry/log.js';
import { tlsFiles } from './server/tls.js';
import type { Tls } from './server/tls.js';

/** The settings, and the surroundings of a start; `cleanups` undo its steps at the end. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  /** The wall clock, and milliseconds that only grow. */
  readonly clock: { readonly now: () => number; readonly monotonicNow: () => number };
  readonly cleanups: (() => Promise<void>)[];
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1).join();

/** The keys in AUTH_PUBLIC_KEYS. Errors: the file cannot be used. */
async function keysInFile(path: string, { log, clock }: Surroundings): Promise<KeysOf> {
  const report = (error: unknown): void => {
    log.error({ err: error }, 'AUTH_PUBLIC_KEYS: the changed file cannot be used; the keys before it stay');
  };
  try {
    return await createKeyFile(path, { monotonicNow: clock.monotonicNow, report });
  } catch (error) {
    throw new Error(
      `AUTH_PUBLIC_KEYS: the file cannot be used: ${firstLine(error)}; set it to a JWK set of public keys`,
      { cause: error },
    );
  }
}

/** Who may call, as the settings say. Errors: the file with the keys cannot be used. */
export async function authentication(context: Surroundings): Promise<Authenticate> {
  const { config, log, clock, cleanups } = context;
  const { authPublicKeys, authIdentityEndpoint, authRoleCache: keep } = config;
  const { now, monotonicNow } = clock;
  const inFile = authPublicKeys === undefined ? undefined : await keysInFile(authPublicKeys, context);
  if (authIdentityEndpoint === undefined)
    return inFile === undefined ? anonymous : createJwtAuthenticate({ keysOf: inFile, now });
  const identity = createIdentity(authIdentityEndpoint, { now, monotonicNow: monotonicNow, log });
  cleanups.push(() => {
    identity.close();
    return Promise.resolve();
  });
  const fetched = createFetchedKeys(identity, { monotonicNow: monotonicNow, log });
  const keysOf = inFile === undefined ? fetched : eitherKeys(inFile, fetched);
  return createJwtAuthenticate({
    keysOf,
    now,
    roles: createRoles(identity, { keep, monotonicNow: monotonicNow }),
  });
}

/** TLS for the listeners, as the settings say. Errors: the files cannot be used. */
export async function encryption({ config, log, cleanups }: Surroundings): Promise<Tls | undefined> {
  const { tlsCertFile: cert, tlsKeyFile: key, tlsClientCaFile: clientCa } = config;
  if (cert === undefined || key === undefined) return undefined;
  const report = (error: unknown): void => {
    log.error({ err: error }, 'TLS_CERT_FILE: the changed files cannot be used; those before them stay');
  };
  try {
    const tls = await tlsFiles({ cert, key, clientCa }, { report });
    cleanups.push(() => {
      tls.stop();
      return Promise.resolve();
    });
    return tls;
  } catch (error) {
    throw new Error(
      `TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE: the files cannot be used: ${firstLine(error)}; set them to PEM files that belong together`,
      { cause: error },
    );
  }
}
