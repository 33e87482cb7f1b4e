/** Authentication by the settings: tokens with keys from a file or from the identity service, or none (docs/secure.md «Authentication»). */
import type { MonotonicClock } from '../clock.js';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import type { Log } from '../telemetry/log.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { Tracer } from '../telemetry/traces/tracer.js';
import { anonymous } from './anonymous.js';
import type { Authenticate } from './caller.js';
import { createFetchedKeys } from './fetched-keys.js';
import { createIdentity } from './identity.js';
import type { IdentityEndpoint } from './identity-channel.js';
import { createJwtAuthenticate } from './jwt.js';
import { createKeyFile, eitherKeys } from './keys.js';
import type { KeyFile, KeysOf } from './keys.js';
import { createRoles } from './roles.js';

export type AuthSettings = Pick<Config, 'authPublicKeys' | 'authIdentityEndpoint' | 'authRoleCacheMs'>;

export interface AuthOptions {
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicNow: MonotonicClock;
  readonly meter?: Meter;
  readonly tracer?: Tracer;
}

export interface Authentication {
  readonly authenticate: Authenticate;
  /** True while the changed file of AUTH_PUBLIC_KEYS cannot be used. */
  hasKeyFileFailed(): boolean;
  /** Closes the connections to the identity service. */
  close(): Promise<void>;
}

/** The keys in AUTH_PUBLIC_KEYS. Errors: the file cannot be used. */
async function openKeyFile(path: string, { log, monotonicNow }: AuthOptions): Promise<KeyFile> {
  const report = (error: unknown): void => {
    log.error({ err: error }, 'AUTH_PUBLIC_KEYS: the changed file cannot be used; the keys before it stay');
  };
  try {
    return await createKeyFile(path, { monotonicNow, report });
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n', 1);
    throw new Error(
      `AUTH_PUBLIC_KEYS: the file cannot be used: ${reason}; set it to a JWK set of public keys`,
      { cause: error },
    );
  }
}

/** Keys of the file, if any, come before those of the identity service. Roles come from the identity service. */
function byIdentity(
  endpoint: IdentityEndpoint,
  inFile: KeysOf | undefined,
  roleTtlMs: number,
  options: AuthOptions,
): Pick<Authentication, 'authenticate' | 'close'> {
  const { now, monotonicNow, meter = NO_METER } = options;
  const identity = createIdentity(endpoint, options);
  const fetched = createFetchedKeys(identity, options);
  const keysOf = inFile === undefined ? fetched : eitherKeys(inFile, fetched);
  const roles = createRoles(identity, { ttlMs: roleTtlMs, monotonicNow });
  return {
    authenticate: createJwtAuthenticate({ keysOf, now, meter, roles }),
    close() {
      identity.close();
      return Promise.resolve();
    },
  };
}

/** Errors: AUTH_PUBLIC_KEYS cannot be used. */
export async function createAuthenticate(
  { authPublicKeys, authIdentityEndpoint, authRoleCacheMs }: AuthSettings,
  options: AuthOptions,
): Promise<Authentication> {
  const file = authPublicKeys === undefined ? undefined : await openKeyFile(authPublicKeys, options);
  const hasKeyFileFailed = (): boolean => file?.hasFailed() === true;
  if (authIdentityEndpoint !== undefined)
    return { ...byIdentity(authIdentityEndpoint, file?.keysOf, authRoleCacheMs, options), hasKeyFileFailed };
  const { now, meter = NO_METER } = options;
  const authenticate =
    file === undefined ? anonymous : createJwtAuthenticate({ keysOf: file.keysOf, now, meter });
  return { authenticate, hasKeyFileFailed, close: () => Promise.resolve() };
}
