// Keys fetched from the identity service: their lifetime, outages, and callers waiting for a fetch.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createFetchedKeys } from '../../src/auth/fetched-keys.js';
import { identityUnavailable } from '../../src/auth/identity.js';
import type { Identity } from '../../src/auth/identity.js';
import { createRecordedLog } from '../harness/log.js';
import { pairOf, publicJwk } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const MINUTE_MS = 60_000;
const SIGNAL = new AbortController().signal;
/** Timeout of a fetch. */
const TIMEOUT_MS = 300;

let jwk: string;

beforeAll(async () => {
  jwk = JSON.stringify(await publicJwk(await pairOf('ES256')));
});

type Fetch = Identity['publicKey'];
type Answer = Awaited<ReturnType<Fetch>>;

/** Creates keys fetched by `fetch`, with the domains requested, a clock to set and the log. */
function createKeys(fetch: Fetch, timeoutMs = TIMEOUT_MS, capacity?: number) {
  const requested: string[] = [];
  const clock = { now: 0 };
  const log = createRecordedLog();
  const publicKey: Fetch = (domainId, ...rest) => {
    requested.push(domainId);
    return fetch(domainId, ...rest);
  };
  const keysOf = createFetchedKeys(
    { publicKey },
    { monotonicNow: () => clock.now, log, timeoutMs, capacity },
  );
  return { requested, clock, log, keysOf };
}

const known: Fetch = (domain_id) => Promise.resolve({ domain_id, public_key: jwk });
const unusable: Fetch = (domain_id) => Promise.resolve({ domain_id, public_key: '[]' });
const unavailable: Fetch = () => Promise.reject(identityUnavailable());
const none: Fetch = () => Promise.resolve(undefined);
/** Answers nothing until its caller aborts. */
const silent: Fetch = (_, signal) =>
  new Promise((__, reject) => {
    signal.addEventListener('abort', () => reject(new Error('ended')));
  });

const resultOf = (keys: Promise<unknown>): Promise<string> =>
  keys.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const UNAVAILABLE = expect.stringMatching(/^ERROR_UNAVAILABLE: /);

describe('the result of a fetch', () => {
  test.each<readonly [string, Fetch, number]>([
    ['a key is kept for ten minutes', known, 10 * MINUTE_MS],
    ['the absence of a key is kept for 30 seconds', none, 30_000],
    ['an invalid key is kept for 30 seconds', unusable, 30_000],
  ])('%s', async (_, fetch, ttlMs) => {
    const { requested, clock, keysOf } = createKeys(fetch);
    await keysOf('domain-a', SIGNAL);
    clock.now = ttlMs - 1;
    await keysOf('domain-a', SIGNAL);
    expect(requested).toHaveLength(1);
    clock.now = ttlMs;
    await keysOf('domain-a', SIGNAL);
    expect(requested).toHaveLength(2);
  });

  test('an outage is not kept while no key is known', async () => {
    const { requested, keysOf } = createKeys(unavailable);
    expect(await resultOf(keysOf('domain-a', SIGNAL))).toEqual(UNAVAILABLE);
    expect(await resultOf(keysOf('domain-a', SIGNAL))).toEqual(UNAVAILABLE);
    expect(requested).toHaveLength(2);
  });

  test('an outage is kept for five seconds while a key is known, and no caller waits for the next fetch', async () => {
    let fetch = known;
    const { requested, clock, keysOf } = createKeys((...question) => fetch(...question));
    await keysOf('domain-a', SIGNAL);
    fetch = unavailable;
    clock.now = 10 * MINUTE_MS;
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    clock.now += 4999;
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(requested).toHaveLength(2);
    fetch = silent;
    clock.now += 1;
    const startedAt = performance.now();
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS / 2);
    await until('the key is requested', () => requested.length === 3, 1000);
  });

  test('a key long expired is valid only after another fetch', async () => {
    let fetch = known;
    const { clock, keysOf } = createKeys((...question) => fetch(...question));
    await keysOf('domain-a', SIGNAL);
    fetch = unavailable;
    clock.now = 10 * MINUTE_MS;
    await keysOf('domain-a', SIGNAL);
    fetch = none;
    clock.now += 20 * MINUTE_MS;
    expect(await keysOf('domain-a', SIGNAL)).toEqual([]);
  });
});

describe('a fetch for a known key', () => {
  /** Fetches a key, and lets ten minutes pass. */
  async function createKnown(timeoutMs?: number) {
    const answers: { fetch: Fetch } = { fetch: known };
    const keys = createKeys((...question) => answers.fetch(...question), timeoutMs);
    await keys.keysOf('domain-a', SIGNAL);
    keys.clock.now = 10 * MINUTE_MS;
    return { ...keys, answers };
  }

  test('goes on without its callers, and the next ones get the known key', async () => {
    const { requested, keysOf, answers } = await createKnown();
    let ended = false;
    answers.fetch = (_, signal) => {
      signal.addEventListener('abort', () => (ended = true));
      return new Promise(() => undefined);
    };
    const leaving = Array.from({ length: 5 }, () => keysOf('domain-a', AbortSignal.abort(new Error('left'))));
    expect(await Promise.all(leaving.map(resultOf))).toEqual(leaving.map(() => 'left'));
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(requested).toHaveLength(2);
    expect(ended).toBe(false);
  });

  test('delays nobody for long, also after 20 minutes without a call in an outage', async () => {
    const { requested, clock, keysOf, answers } = await createKnown();
    answers.fetch = unavailable;
    await keysOf('domain-a', SIGNAL);
    answers.fetch = silent;
    clock.now += 20 * MINUTE_MS;
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(await keysOf('domain-a', AbortSignal.abort())).toHaveLength(1);
    expect(requested).toHaveLength(3);
  });

  test.each<readonly [string, Answer]>([
    ['the absence of a key', undefined],
    ['an unusable key', { domain_id: 'domain-a', public_key: '[]' }],
  ])('counts after its callers went on: %s', async (_, answer) => {
    const { keysOf, answers } = await createKnown();
    let end: (answer: Answer) => void = () => undefined;
    answers.fetch = () => new Promise((resolve) => (end = resolve));
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    end(answer);
    const isWithdrawn = async () => (await keysOf('domain-a', SIGNAL)).length === 0;
    await until('the key is withdrawn', isWithdrawn, 1000);
  });

  test('waits for no slot that made-up domains hold', async () => {
    const { requested, keysOf, answers } = await createKnown(MINUTE_MS);
    answers.fetch = silent;
    const crowd = new AbortController();
    const before = Array.from({ length: 100 }, (_, nth) => resultOf(keysOf(`made-up-${nth}`, crowd.signal)));
    await until('every fetch slot is taken', () => requested.length === 17, 1000);
    answers.fetch = none;
    expect(await keysOf('domain-a', SIGNAL)).toEqual([]);
    crowd.abort(new Error('left'));
    await Promise.all(before);
  });
});

describe('a fetch leaves no timer behind', () => {
  /** Far longer than the test: a timer left behind is still pending at its end. */
  const LONG_TIMEOUT_MS = 60_000;
  const DOMAINS = Array.from({ length: 100 }, (_, nth) => `domain-${nth}`);
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  test.each<readonly [string, Fetch, AbortSignal, unknown]>([
    ['when it succeeds', known, SIGNAL, 'answered'],
    ['when it fails', unavailable, SIGNAL, UNAVAILABLE],
    ['when its caller has left', silent, AbortSignal.abort(new Error('left')), 'left'],
  ])('%s', async (_, fetch, signal, end) => {
    const { keysOf } = createKeys(fetch, LONG_TIMEOUT_MS);
    const before = timers();
    for (const domain of DOMAINS) expect(await resultOf(keysOf(domain, signal))).toEqual(end);
    // Other timers of this process come and go, but never as many.
    expect(timers() - before).toBeLessThan(DOMAINS.length / 2);
  });
});

test.each<readonly [string, Fetch]>([
  ['no key', none],
  ['an invalid key', unusable],
])('a withdrawn key stays invalid during an outage, with %s in its place', async (_, replacement) => {
  let fetch = known;
  const { clock, keysOf } = createKeys((...question) => fetch(...question));
  await keysOf('domain-a', SIGNAL);
  fetch = replacement;
  clock.now = 10 * MINUTE_MS;
  expect(await keysOf('domain-a', SIGNAL)).toEqual([]);
  fetch = unavailable;
  clock.now += 30_000;
  expect(await resultOf(keysOf('domain-a', SIGNAL))).toEqual(UNAVAILABLE);
});

test('a domain without a key leaves an unusable one of before logged, until a good key returns', async () => {
  let fetch = unusable;
  const { clock, log, keysOf } = createKeys((...question) => fetch(...question));
  for (const next of [none, fetch, none, known]) {
    await keysOf('domain-a', SIGNAL);
    clock.now += 30_000;
    fetch = next;
  }
  expect(log.entries.map(({ message }) => message)).toEqual(['the key of a domain cannot be used']);
  expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
  expect(log.entries.slice(1).map(({ message }) => message)).toEqual([
    'the key of a domain can be used again',
  ]);
});

describe('callers waiting for a key', () => {
  test('share one fetch', async () => {
    const { requested, keysOf } = createKeys(known);
    const all = await Promise.all(Array.from({ length: 100 }, () => keysOf('domain-a', SIGNAL)));
    expect(all.map(({ length }) => length)).toEqual(all.map(() => 1));
    expect(requested).toHaveLength(1);
  });

  test('leave without ending the fetch, until the last one leaves', async () => {
    let ended = false;
    const { requested, keysOf } = createKeys((_, signal) => {
      signal.addEventListener('abort', () => (ended = true));
      return silent(_, signal, MINUTE_MS);
    });
    const [one, other] = [new AbortController(), new AbortController()];
    const waiting = [one, other].map(({ signal }) => resultOf(keysOf('domain-a', signal)));
    await until('the key is requested', () => requested.length === 1, 1000);
    one.abort(new Error('one left'));
    expect(await waiting[0]).toBe('one left');
    expect(ended).toBe(false);
    other.abort(new Error('the other left'));
    expect(await waiting[1]).toBe('the other left');
    expect(ended).toBe(true);
  });

  test('start a new fetch after the previous one was aborted', async () => {
    let fetch = silent;
    const { requested, keysOf } = createKeys((...question) => fetch(...question));
    const leaving = new AbortController();
    const result = resultOf(keysOf('domain-a', leaving.signal));
    await until('the key is requested', () => requested.length === 1, 1000);
    fetch = known;
    leaving.abort(new Error('left'));
    expect(await result).toBe('left');
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
  });

  test('get an error within the timeout of one fetch, however many domains were requested before', async () => {
    const { requested, keysOf } = createKeys(silent);
    const crowd = new AbortController();
    const before = Array.from({ length: 1000 }, (_, nth) => resultOf(keysOf(`domain-${nth}`, crowd.signal)));
    const startedAt = performance.now();
    expect(await resultOf(keysOf('domain-last', SIGNAL))).toEqual(UNAVAILABLE);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS * 3);
    expect(requested).toHaveLength(16);
    crowd.abort(new Error('the crowd left'));
    await Promise.all(before);
  });

  test('leave the queue when they abort', async () => {
    let fetch = silent;
    const { requested, keysOf } = createKeys((...question) => fetch(...question), MINUTE_MS);
    const crowd = new AbortController();
    const before = Array.from({ length: 1000 }, (_, nth) => resultOf(keysOf(`domain-${nth}`, crowd.signal)));
    await until('every fetch slot is taken', () => requested.length === 16, 1000);
    fetch = known;
    crowd.abort(new Error('the crowd left'));
    expect(await keysOf('domain-last', SIGNAL)).toHaveLength(1);
    expect(requested).toHaveLength(17);
    expect(new Set(await Promise.all(before))).toEqual(new Set(['the crowd left']));
  });
});

describe('the cache', () => {
  /** More than are fetched at once. */
  const CAPACITY = 50;
  const domains = Array.from({ length: CAPACITY }, (_, nth) => `domain-${nth}`);

  test.each([
    ['with a key', known],
    ['without one', none],
  ])('keeps the most recently used domains %s, up to its capacity', async (_, fetch) => {
    const { requested, keysOf } = createKeys(fetch, MINUTE_MS, CAPACITY);
    for (const each of domains.slice(0, 2)) await keysOf(each, SIGNAL);
    await Promise.all(domains.slice(2).map((each) => keysOf(each, SIGNAL)));
    await keysOf('domain-0', SIGNAL);
    expect(requested).toHaveLength(CAPACITY);
    await keysOf('domain-more', SIGNAL);
    await keysOf('domain-0', SIGNAL);
    expect(requested).toHaveLength(CAPACITY + 1);
    await keysOf('domain-1', SIGNAL);
    expect(requested).toHaveLength(CAPACITY + 2);
  });

  test('does not evict a domain with a key for unknown domains', async () => {
    const fetch: Fetch = (...asked) => (asked[0] === 'domain-known' ? known : none)(...asked);
    const { requested, keysOf } = createKeys(fetch, MINUTE_MS, CAPACITY);
    await keysOf('domain-known', SIGNAL);
    await Promise.all([...domains, 'domain-more'].map((each) => keysOf(each, SIGNAL)));
    await keysOf('domain-known', SIGNAL);
    expect(requested.filter((each) => each === 'domain-known')).toHaveLength(1);
  });
});
