/** Keys of the identity service: fetched once at a time a domain, kept for a while, and longer while it is away (docs/operations.md «Identity service»). */
import { echo, messageOf } from '../errors.js';
import { raceAbort } from '../limits/abort.js';
import { createFairScheduler } from '../limits/fair-scheduler.js';
import { away, TIMEOUT_MS } from './identity.js';
import type { Identity } from './identity.js';
import { oneKey } from './keys.js';
import type { KeysOf, VerifyingKey } from './keys.js';
import { createLru } from './lru.js';

/** How long a key is kept, and how long it is remembered that a domain has none that can be used. */
const KEY_TTL_MS = 600_000;
const NONE_TTL_MS = 30_000;

/** Between two fetches of a key that is known, while identity is away. */
const RETRY_DELAY_MS = 5_000;

/** Fetches at once. The rest wait, no longer than their callers: made-up domains are not to flood identity. */
const FETCHES = { concurrency: 16, waiting: Infinity };

type Keys = readonly VerifyingKey[];

interface Known {
  readonly keys: Keys;
  /** Until when identity is not asked again, in milliseconds of the clock. */
  readonly until: number;
  /** Whether identity was away when it was last asked. */
  readonly stale: boolean;
}

interface None {
  readonly until: number;
  /** Why the key that identity has cannot be used; '': it has none. */
  readonly complaint: string;
}

/** What is written to the log; a subset of pino's. */
export interface KeyLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

export interface FetchedKeysOptions {
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
  readonly log: KeyLog;
  /** Milliseconds that a fetch may take, the wait for its turn included. */
  readonly timeout?: number;
}

const ABANDONED = new Error('nobody waits for this key any more');

/** Waits for a turn. Errors: UNAVAILABLE after `timeout` milliseconds, and why `signal` was aborted. */
async function turnWithin<T>(
  turn: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  timeout: number,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(away()), timeout);
  try {
    return await turn(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** A fetch, and those who wait for it. */
interface Flight {
  readonly keys: Promise<Keys>;
  readonly abandoned: AbortController;
  waiters: number;
}

type Fetch = (abandoned: AbortSignal) => Promise<Keys>;

/** Shares one fetch a domain among those who wait for it; the last of them who leaves ends it. */
function sharedFetches(): (domainId: string, fetch: Fetch, signal: AbortSignal) => Promise<Keys> {
  const flights = new Map<string, Flight>();

  function begin(domainId: string, fetch: Fetch): Flight {
    const abandoned = new AbortController();
    const flight = { keys: fetch(abandoned.signal), abandoned, waiters: 0 };
    flights.set(domainId, flight);
    return flight;
  }

  return async (domainId, fetch, signal) => {
    const flight = flights.get(domainId) ?? begin(domainId, fetch);
    flight.waiters += 1;
    try {
      return await raceAbort(flight.keys, signal);
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0) {
        flights.delete(domainId);
        flight.abandoned.abort(ABANDONED);
      }
    }
  };
}

/** What is known of domains; a line in the log for each key that cannot be used, or can again. */
function keyCache({ monotonicNow, log }: FetchedKeysOptions) {
  // Apart, so that made-up domains displace none that has a key.
  const withKey = createLru<Known>();
  const without = createLru<None>();

  function tell(domainId: string, complaint: string): void {
    const about = { domain_id: echo(domainId) };
    if (complaint === (without.get(domainId)?.complaint ?? '')) return;
    if (complaint === '') log.info(about, 'the key of a domain can be used again');
    else log.warn({ ...about, reason: complaint }, 'the key of a domain cannot be used');
  }

  return {
    known: withKey.get,
    hasNone: (domainId: string): boolean => (without.get(domainId)?.until ?? -Infinity) > monotonicNow(),
    keep(domainId: string, keys: Keys): Keys {
      tell(domainId, '');
      without.delete(domainId);
      withKey.set(domainId, { keys, until: monotonicNow() + KEY_TTL_MS, stale: false });
      return keys;
    },
    /** Keeps that a domain has no key, or by `complaint` none that can be used. */
    keepNone(domainId: string, complaint: string): Keys {
      tell(domainId, complaint);
      withKey.delete(domainId);
      without.set(domainId, { until: monotonicNow() + NONE_TTL_MS, complaint });
      return [];
    },
    keepStale(domainId: string, { keys }: Known): Keys {
      withKey.set(domainId, { keys, until: monotonicNow() + RETRY_DELAY_MS, stale: true });
      return keys;
    },
  };
}

/** The keys that `identity` has. Errors: UNAVAILABLE where it is away and the domain's key is not known. */
export function createFetchedKeys(
  identity: Pick<Identity, 'publicKey'>,
  options: FetchedKeysOptions,
): KeysOf {
  const { monotonicNow, timeout = TIMEOUT_MS } = options;
  const cache = keyCache(options);
  const share = sharedFetches();
  const turn = createFairScheduler(FETCHES);

  async function fetched(domainId: string, signal: AbortSignal): Promise<Keys> {
    const begun = monotonicNow();
    using _turn = await turnWithin((waiting) => turn(domainId, waiting), signal, timeout);
    const left = Math.max(1, timeout - (monotonicNow() - begun));
    const text = await identity.publicKey(domainId, signal, left);
    if (text === undefined) return cache.keepNone(domainId, '');
    return await oneKey(text).then(
      (key) => cache.keep(domainId, [key]),
      (error: unknown) => cache.keepNone(domainId, messageOf(error)),
    );
  }

  /** The keys that identity has, and where it is away those of `before`. */
  const refreshed = (domainId: string, before: Known | undefined, signal: AbortSignal): Promise<Keys> =>
    share(
      domainId,
      (abandoned) =>
        fetched(domainId, abandoned).catch((error: unknown) => {
          if (before === undefined || abandoned.aborted) throw error;
          return cache.keepStale(domainId, before);
        }),
      signal,
    );

  return async (domainId, signal) => {
    const known = cache.known(domainId);
    if (known !== undefined && known.until > monotonicNow()) return known.keys;
    if (cache.hasNone(domainId)) return [];
    if (known?.stale !== true || monotonicNow() - known.until > KEY_TTL_MS)
      return refreshed(domainId, known, signal);
    // While identity is away, nobody waits for it whose key is known.
    void refreshed(domainId, known, new AbortController().signal);
    return known.keys;
  };
}
