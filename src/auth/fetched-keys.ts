/** Keys that the identity service has, kept for a while, and longer where it is away (docs/operations.md «Identity service»). */
import { turns } from '../job/turns.js';
import { unlessAborted } from '../job/operation.js';
import type { Identity } from './identity.js';
import { oneKey } from './keys.js';
import type { KeysOf, VerifyingKey } from './keys.js';

/** Milliseconds that a key is kept, that it is known that a domain has none, and between two tries while identity is away. */
const KEPT = 600_000;
const NONE_KEPT = 30_000;
const PAUSE = 5_000;

/** Domains that are remembered, those with a key and those without apart: made-up ones displace no other. */
const MOST = 10_000;

/** Fetches at once, and those that wait: made-up domains are not to flood identity. */
const FETCHES = { atOnce: 16, waiting: 4000 };

interface Known {
  readonly keys: readonly VerifyingKey[];
  /** Until when it is not asked again, in milliseconds of the clock. */
  readonly until: number;
}

const NEVER = new AbortController().signal;

/** The entries of `map` used last, `MOST` of them at most. */
function touch(map: Map<string, Known>, domainId: string, known: Known): void {
  map.delete(domainId);
  map.set(domainId, known);
  const [oldest] = map.size > MOST ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
}

export interface FetchedKeysOptions {
  /** Milliseconds that only grow. */
  readonly clock: () => number;
}

/** The keys that `identity` has. Errors: UNAVAILABLE where it is away and the domain's key is not known. */
export function fetchedKeys(identity: Pick<Identity, 'publicKey'>, { clock }: FetchedKeysOptions): KeysOf {
  const withKey = new Map<string, Known>();
  const without = new Map<string, Known>();
  const fetching = new Map<string, Promise<readonly VerifyingKey[]>>();
  const turn = turns(FETCHES);

  async function fetched(domainId: string): Promise<readonly VerifyingKey[]> {
    using _turn = await turn(domainId, NEVER);
    const text = await identity.publicKey(domainId);
    const keys = text === undefined ? [] : [await oneKey(text)];
    const [into, kept] = keys.length === 0 ? [without, NONE_KEPT] : [withKey, KEPT];
    withKey.delete(domainId);
    touch(into, domainId, { keys, until: clock() + kept });
    return keys;
  }

  /** What was known before, where identity has no answer. */
  async function refreshed(domainId: string, before: Known | undefined): Promise<readonly VerifyingKey[]> {
    try {
      return await fetched(domainId);
    } catch (error) {
      if (before === undefined) throw error;
      touch(withKey, domainId, { keys: before.keys, until: clock() + PAUSE });
      return before.keys;
    }
  }

  function fetch(domainId: string, before: Known | undefined): Promise<readonly VerifyingKey[]> {
    const running = fetching.get(domainId);
    if (running !== undefined) return running;
    const fetch = refreshed(domainId, before).finally(() => fetching.delete(domainId));
    fetching.set(domainId, fetch);
    return fetch;
  }

  return async (domainId, signal) => {
    const known = withKey.get(domainId);
    const fresh = [known, without.get(domainId)].find((each) => each !== undefined && each.until > clock());
    if (fresh === undefined) return unlessAborted(fetch(domainId, known), signal);
    if (fresh === known) touch(withKey, domainId, known);
    return fresh.keys;
  };
}
