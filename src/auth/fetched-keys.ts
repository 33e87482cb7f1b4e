/** Caches the keys of the identity service: one fetch at a time per domain, stale keys during an outage (docs/secure.md «Identity service»). */
import type { MonotonicClock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { AuthenticationResponse } from '../gen/spaceone/api/core/v1/handler.js';
import { raceAbort, raceTimeout, withTimeout } from '../limits/abort.js';
import { createCache } from '../limits/cache.js';
import { createFairScheduler } from '../limits/fair-scheduler.js';
import type { FairScheduler } from '../limits/fair-scheduler.js';
import { createSingleflight } from '../limits/singleflight.js';
import { loggedDomain } from '../telemetry/logged-id.js';
import type { Origin } from './caller.js';
import { identityUnavailable, IDENTITY_TIMEOUT_MS } from './identity.js';
import type { Identity } from './identity.js';
import { readKey } from './keys.js';
import type { KeysOf, VerifyingKey } from './keys.js';

/** Lifetimes of a cached key, and of the knowledge that a domain has no usable key. */
const KEY_TTL_MS = 600_000;
const ABSENCE_TTL_MS = 30_000;

/** Delay between two fetches of a cached key during an outage of identity. */
const RETRY_DELAY_MS = 5_000;

/** Cached domains with a key, and as many without. */
const MAX_DOMAINS = 10_000;

/** Time for a new key, after which callers go on with the known one. */
const GRACE_MS = 500;

/** Limits concurrent fetches, so that made-up domains cannot flood identity. The rest wait, no longer than their callers. */
const FETCH_LIMITS = { concurrency: 16, waiting: Infinity };

type Keys = readonly VerifyingKey[];

/** Reads the key in an answer about a domain. Errors: an Error about the fault, without any content of the answer. */
async function keyIn(
  { domain_id, public_key }: AuthenticationResponse,
  asked: string,
): Promise<VerifyingKey> {
  if (domain_id !== asked) throw new Error('the answer is about another domain');
  return readKey(public_key);
}

interface CachedKeys {
  readonly keys: Keys;
  /** The end of the entry's life, in milliseconds of the monotonic clock. */
  readonly until: number;
  /** The last fetch failed in an outage of identity. */
  readonly stale: boolean;
}

export interface KeyLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

export interface FetchedKeysOptions {
  readonly monotonicNow: MonotonicClock;
  readonly log: KeyLog;
  /** Milliseconds for a fetch, including the wait for its slot. */
  readonly timeoutMs?: number;
  /** Cached domains with a key, and as many without. */
  readonly capacity?: number | undefined;
}

/** Holds keys and their absence by domain, and logs each key on becoming unusable or usable again. */
function createKeyCache({ monotonicNow, log, capacity = MAX_DOMAINS }: FetchedKeysOptions) {
  const bounds = { monotonicNow, capacity };
  // Two caches, so that made-up domains cannot evict domains with keys.
  const withKey = createCache<CachedKeys>({ ...bounds, ttlMs: Infinity });
  const without = createCache<true>({ ...bounds, ttlMs: ABSENCE_TTL_MS });
  /** The faults of unusable keys, as logged. */
  const complaints = createCache<string>({ ...bounds, ttlMs: Infinity });

  function keepNone(domainId: string): Keys {
    withKey.delete(domainId);
    without.set(domainId, true);
    return [];
  }

  return {
    known: withKey.get,
    hasNone: (domainId: string): boolean => without.get(domainId) !== undefined,
    keep(domainId: string, keys: Keys): Keys {
      if (complaints.get(domainId) !== undefined)
        log.info({ domain_id: loggedDomain(domainId) }, 'the key of a domain can be used again');
      complaints.delete(domainId);
      without.delete(domainId);
      withKey.set(domainId, { keys, until: monotonicNow() + KEY_TTL_MS, stale: false });
      return keys;
    },
    /** Caches the absence of a key. */
    keepNone,
    /** Caches the absence of a usable key; `complaint` is the fault of the unusable one. */
    keepUnusable(domainId: string, complaint: string): Keys {
      if (complaint !== complaints.get(domainId))
        log.warn(
          { domain_id: loggedDomain(domainId), reason: complaint },
          'the key of a domain cannot be used',
        );
      complaints.set(domainId, complaint);
      return keepNone(domainId);
    },
    keepStale(domainId: string, { keys }: CachedKeys): Keys {
      withKey.set(domainId, { keys, until: monotonicNow() + RETRY_DELAY_MS, stale: true });
      return keys;
    },
  };
}

/** Returns the keys of `identity`. Errors: UNAVAILABLE in an outage, for a domain without cached keys. */
export function createFetchedKeys(
  identity: Pick<Identity, 'publicKey'>,
  options: FetchedKeysOptions,
): KeysOf {
  const { monotonicNow, timeoutMs = IDENTITY_TIMEOUT_MS } = options;
  const cache = createKeyCache(options);
  // One fetch per domain.
  const share = createSingleflight<Keys>();
  // Two schedulers, so that made-up domains cannot delay domains with keys.
  const slotForNew = createFairScheduler(FETCH_LIMITS);
  const slotForKnown = createFairScheduler(FETCH_LIMITS);

  async function fetched(
    acquireSlot: FairScheduler,
    domainId: string,
    signal: AbortSignal,
    origin?: Origin,
  ): Promise<Keys> {
    const begun = monotonicNow();
    const acquire = (waiting: AbortSignal): Promise<Disposable> => acquireSlot(domainId, waiting);
    using _slot = await withTimeout(timeoutMs, signal, acquire, identityUnavailable);
    const left = Math.max(1, timeoutMs - (monotonicNow() - begun));
    const answer = await identity.publicKey(domainId, signal, left, origin);
    if (answer === undefined) return cache.keepNone(domainId);
    return await keyIn(answer, domainId).then(
      (key) => cache.keep(domainId, [key]),
      (error: unknown) => cache.keepUnusable(domainId, messageOf(error)),
    );
  }

  /** Fetches the keys anew, even if every caller leaves. Those of `before` stay valid in an outage, and once the grace has passed. */
  function refresh(domainId: string, before: CachedKeys, origin?: Origin): Promise<Keys> {
    const { signal } = new AbortController();
    const withinGrace = (): Promise<Keys> =>
      raceTimeout(fetched(slotForKnown, domainId, signal, origin), GRACE_MS).catch(() =>
        cache.keepStale(domainId, before),
      );
    return share(domainId, withinGrace, signal);
  }

  return async (domainId, signal, origin) => {
    const known = cache.known(domainId);
    if (known !== undefined && known.until > monotonicNow()) return known.keys;
    if (cache.hasNone(domainId)) return [];
    if (known === undefined)
      return share(domainId, (abandoned) => fetched(slotForNew, domainId, abandoned, origin), signal);
    const refreshed = refresh(domainId, known, origin);
    const isOutage = known.stale && monotonicNow() - known.until <= KEY_TTL_MS;
    return isOutage ? known.keys : raceAbort(refreshed, signal);
  };
}
