// Keys of the identity service: how long each counts, which cannot be used, and who waits for one, how long.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createFetchedKeys } from '../../src/auth/fetched-keys.js';
import { away, createIdentity } from '../../src/auth/identity.js';
import type { Identity } from '../../src/auth/identity.js';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import type { KeysOf } from '../../src/auth/keys.js';
import { jsonClient } from '../harness/client.js';
import type { Outcome } from '../harness/client.js';
import { callHttp } from '../harness/http-client.js';
import { startStandIn } from '../harness/identity.js';
import type { StandIn } from '../harness/identity.js';
import { UNUSABLE } from '../harness/keys.js';
import { createRecordedLog } from '../harness/log.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { access, pairOf, publicJwk, signed } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const MINUTE = 60_000;
const SIGNAL = new AbortController().signal;
/** Milliseconds that a fetch may take here. */
const TIMEOUT = 300;

let pair: Pair;
let jwk: string;

beforeAll(async () => {
  pair = await pairOf('ES256');
  jwk = JSON.stringify(await publicJwk(pair));
});

type Fetch = Identity['publicKey'];

/** The keys that come by `fetch`, with the domains that were asked about and a clock that is set. */
function keysBy(fetch: Fetch, timeout = TIMEOUT) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const log = createRecordedLog();
  const publicKey: Fetch = (domainId, ...rest) => {
    asked.push(domainId);
    return fetch(domainId, ...rest);
  };
  const keysOf = createFetchedKeys({ publicKey }, { monotonicNow: () => clock.now, log, timeout });
  return { asked, clock, log, keysOf };
}

const known: Fetch = () => Promise.resolve(jwk);
const gone: Fetch = () => Promise.reject(away());
const none: Fetch = () => Promise.resolve(undefined);
/** Answers nothing until its caller leaves. */
const silent: Fetch = (_, signal) =>
  new Promise((__, reject) => {
    signal.addEventListener('abort', () => reject(new Error('ended')));
  });

const endOf = (keys: Promise<unknown>): Promise<string> =>
  keys.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const AWAY = expect.stringMatching(/^ERROR_UNAVAILABLE: /);

describe('how long identity is not asked again', () => {
  test.each<readonly [string, Fetch, number]>([
    ['with a key, ten minutes', known, 10 * MINUTE],
    ['without one, 30 seconds', none, 30_000],
    ['with one that cannot be used, 30 seconds', () => Promise.resolve('[]'), 30_000],
  ])('about a domain %s', async (_, fetch, time) => {
    const { asked, clock, keysOf } = keysBy(fetch);
    await keysOf('domain-a', SIGNAL);
    clock.now = time - 1;
    await keysOf('domain-a', SIGNAL);
    expect(asked).toHaveLength(1);
    clock.now = time;
    await keysOf('domain-a', SIGNAL);
    expect(asked).toHaveLength(2);
  });

  test('where it is away and the key is not known, not at all', async () => {
    const { asked, keysOf } = keysBy(gone);
    expect(await endOf(keysOf('domain-a', SIGNAL))).toEqual(AWAY);
    expect(await endOf(keysOf('domain-a', SIGNAL))).toEqual(AWAY);
    expect(asked).toHaveLength(2);
  });

  test('where it is away and the key is known, five seconds, and nobody waits for it', async () => {
    let fetch = known;
    const { asked, clock, keysOf } = keysBy((...question) => fetch(...question));
    await keysOf('domain-a', SIGNAL);
    fetch = gone;
    clock.now = 10 * MINUTE;
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    clock.now += 4999;
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(asked).toHaveLength(2);
    fetch = silent;
    clock.now += 1;
    const begun = performance.now();
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(TIMEOUT / 2);
    await until('it is asked', () => asked.length === 3, 1000);
  });

  test('a key that was known long ago counts only once identity has been asked', async () => {
    let fetch = known;
    const { clock, keysOf } = keysBy((...question) => fetch(...question));
    await keysOf('domain-a', SIGNAL);
    fetch = gone;
    clock.now = 10 * MINUTE;
    await keysOf('domain-a', SIGNAL);
    fetch = none;
    clock.now += 20 * MINUTE;
    expect(await keysOf('domain-a', SIGNAL)).toEqual([]);
  });
});

describe('a fetch leaves no timer behind', () => {
  /** Far longer than the test: a timer left behind is still pending at its end. */
  const LONG_TIMEOUT_MS = 60_000;
  const DOMAINS = Array.from({ length: 100 }, (_, nth) => `domain-${nth}`);
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  test.each<readonly [string, Fetch, AbortSignal, unknown]>([
    ['when it succeeds', known, SIGNAL, 'answered'],
    ['when it fails', gone, SIGNAL, AWAY],
    ['when its caller has left', silent, AbortSignal.abort(new Error('left')), 'left'],
  ])('%s', async (_, fetch, signal, end) => {
    const { keysOf } = keysBy(fetch, LONG_TIMEOUT_MS);
    const before = timers();
    for (const domain of DOMAINS) expect(await endOf(keysOf(domain, signal))).toEqual(end);
    // Other timers of this process come and go, but never as many.
    expect(timers() - before).toBeLessThan(DOMAINS.length / 2);
  });
});

test.each<readonly [string, Fetch]>([
  ['has none', none],
  ['has one that cannot be used', () => Promise.resolve('[]')],
])(
  'a key that identity has taken away, where a domain now %s, does not count while it is away',
  async (_, taken) => {
    let fetch = known;
    const { clock, keysOf } = keysBy((...question) => fetch(...question));
    await keysOf('domain-a', SIGNAL);
    fetch = taken;
    clock.now = 10 * MINUTE;
    expect(await keysOf('domain-a', SIGNAL)).toEqual([]);
    fetch = gone;
    clock.now += 30_000;
    expect(await endOf(keysOf('domain-a', SIGNAL))).toEqual(AWAY);
  },
);

describe('who waits for a key', () => {
  test('has it by one fetch, however many wait', async () => {
    const { asked, keysOf } = keysBy(known);
    const all = await Promise.all(Array.from({ length: 100 }, () => keysOf('domain-a', SIGNAL)));
    expect(all.map(({ length }) => length)).toEqual(all.map(() => 1));
    expect(asked).toHaveLength(1);
  });

  test('leaves alone while others wait, and the last that leaves ends the fetch', async () => {
    let ended = false;
    const { asked, keysOf } = keysBy((_, signal) => {
      signal.addEventListener('abort', () => (ended = true));
      return silent(_, signal, MINUTE);
    });
    const [one, other] = [new AbortController(), new AbortController()];
    const waiting = [one, other].map(({ signal }) => endOf(keysOf('domain-a', signal)));
    await until('it is asked', () => asked.length === 1, 1000);
    one.abort(new Error('one left'));
    expect(await waiting[0]).toBe('one left');
    expect(ended).toBe(false);
    other.abort(new Error('the other left'));
    expect(await waiting[1]).toBe('the other left');
    expect(ended).toBe(true);
  });

  test('begins a fetch anew where the one before was ended', async () => {
    let fetch = silent;
    const { asked, keysOf } = keysBy((...question) => fetch(...question));
    const leaving = new AbortController();
    const left = endOf(keysOf('domain-a', leaving.signal));
    await until('it is asked', () => asked.length === 1, 1000);
    fetch = known;
    leaving.abort(new Error('left'));
    expect(await left).toBe('left');
    expect(await keysOf('domain-a', SIGNAL)).toHaveLength(1);
  });

  test('does not take a known key for stale by leaving', async () => {
    let fetch = known;
    const { asked, clock, keysOf } = keysBy((...question) => fetch(...question));
    await keysOf('domain-a', SIGNAL);
    fetch = silent;
    clock.now = 10 * MINUTE;
    const leaving = new AbortController();
    const left = endOf(keysOf('domain-a', leaving.signal));
    await until('it is asked', () => asked.length === 2, 1000);
    leaving.abort(new Error('left'));
    expect(await left).toBe('left');
    fetch = none;
    expect(await keysOf('domain-a', SIGNAL)).toEqual([]);
  });

  test('is told within the time of one fetch, however many domains are asked about before', async () => {
    const { asked, keysOf } = keysBy(silent);
    const crowd = new AbortController();
    const before = Array.from({ length: 1000 }, (_, nth) => endOf(keysOf(`domain-${nth}`, crowd.signal)));
    const begun = performance.now();
    expect(await endOf(keysOf('domain-last', SIGNAL))).toEqual(AWAY);
    expect(performance.now() - begun).toBeLessThan(TIMEOUT * 3);
    expect(asked).toHaveLength(16);
    crowd.abort(new Error('the crowd left'));
    await Promise.all(before);
  });

  test('gives up its place in the queue by leaving', async () => {
    let fetch = silent;
    const { asked, keysOf } = keysBy((...question) => fetch(...question), MINUTE);
    const crowd = new AbortController();
    const before = Array.from({ length: 1000 }, (_, nth) => endOf(keysOf(`domain-${nth}`, crowd.signal)));
    await until('all turns are taken', () => asked.length === 16, 1000);
    fetch = known;
    crowd.abort(new Error('the crowd left'));
    expect(await keysOf('domain-last', SIGNAL)).toHaveLength(1);
    expect(asked).toHaveLength(17);
    expect(new Set(await Promise.all(before))).toEqual(new Set(['the crowd left']));
  });
});

describe('what is remembered', () => {
  const MANY = 10_000;
  const domains = Array.from({ length: MANY }, (_, nth) => `domain-${nth}`);

  test.each([
    ['with a key', known],
    ['without one', none],
  ])('are the 10,000 domains %s that were used last', async (_, fetch) => {
    const { asked, keysOf } = keysBy(fetch, MINUTE);
    for (const each of domains.slice(0, 2)) await keysOf(each, SIGNAL);
    await Promise.all(domains.slice(2).map((each) => keysOf(each, SIGNAL)));
    await keysOf('domain-0', SIGNAL);
    expect(asked).toHaveLength(MANY);
    await keysOf('domain-more', SIGNAL);
    await keysOf('domain-0', SIGNAL);
    expect(asked).toHaveLength(MANY + 1);
    await keysOf('domain-1', SIGNAL);
    expect(asked).toHaveLength(MANY + 2);
  });

  test('made-up domains displace none that has a key', async () => {
    const fetch: Fetch = (domainId) => Promise.resolve(domainId === 'domain-known' ? jwk : undefined);
    const { asked, keysOf } = keysBy(fetch, MINUTE);
    await keysOf('domain-known', SIGNAL);
    await Promise.all([...domains, 'domain-more'].map((each) => keysOf(each, SIGNAL)));
    await keysOf('domain-known', SIGNAL);
    expect(asked.filter((each) => each === 'domain-known')).toHaveLength(1);
  });
});

describe('a key that cannot be used', () => {
  let identity: StandIn;
  let service: Service;
  let keysOf: KeysOf;
  let clock = 0;
  let texts: Readonly<Record<string, string>> = {};
  const log = createRecordedLog();
  const closing: (() => void)[] = [];

  beforeAll(async () => {
    identity = await startStandIn({
      key: (domain_id) => ({ domain_id, public_key: texts[domain_id] ?? '' }),
      role: () => ({ role_type: 'DOMAIN', projects: [], project_groups: [] }),
    });
    const options = { now: () => Date.now(), monotonicNow: () => clock, log };
    const client = createIdentity({ address: `127.0.0.1:${identity.port}`, secure: false }, options);
    closing.push(client.close, identity.stop);
    keysOf = createFetchedKeys(client, options);
    service = await startService(
      'unusable_keys',
      {},
      {
        authenticate: createJwtAuthenticate({ keysOf, now: () => Date.now() }),
      },
    );
  });
  afterAll(async () => {
    for (const close of closing) close();
    await service.stop();
  });

  async function outcomes(token?: string): Promise<readonly Outcome[]> {
    const client = jsonClient(service.address, token);
    const headers = token === undefined ? {} : { token };
    const ends = [await client.call('list', {}), await callHttp(service.http, 'list', {}, headers)];
    client.close();
    return ends;
  }

  const refused = {
    code: 'ERROR_AUTHENTICATE_FAILURE',
    text: 'Authenticate failure. (message = a valid token is needed)',
  };
  const REFUSED = [refused, refused].map((error) => ({ error: expect.objectContaining(error) }));
  const LET_IN = { response: {} };
  const tokenOf = (did: string): Promise<string> => signed(access(did), pair, { alg: 'ES256' });
  const fetches = (did: string): number => identity.fetched.filter((each) => each === did).length;
  const lines = (did: string) =>
    log.entries.filter(({ about }) => 'domain_id' in about && about.domain_id === did);

  describe.each(UNUSABLE.map((key, nth) => ({ ...key, nth })))('$name', ({ nth, text, why }) => {
    test('lets nobody in, is asked for once, and logged once', async () => {
      const did = `domain-first-${nth}`;
      texts = { [did]: await text() };
      const token = await tokenOf(did);
      expect(await outcomes(token)).toEqual(REFUSED);
      expect(await outcomes()).toEqual(REFUSED);
      expect(fetches(did)).toBe(1);
      clock += 30_000;
      expect(await outcomes(token)).toEqual(REFUSED);
      expect(fetches(did)).toBe(2);
      expect(lines(did)).toEqual([
        {
          level: 'warn',
          about: { domain_id: did, reason: expect.stringContaining(why) },
          message: 'the key of a domain cannot be used',
        },
      ]);
      expect(service.faults).toEqual([]);
    });

    test('ends what the key before it let in, until there is one again', async () => {
      const did = `domain-after-${nth}`;
      texts = { [did]: jwk };
      const token = await tokenOf(did);
      const outcome = () => callHttp(service.http, 'list', {}, { token });
      expect(await outcome()).toEqual(LET_IN);
      texts = { [did]: await text() };
      clock += 10 * MINUTE;
      expect(await outcome()).toEqual(REFUSED[0]);
      texts = { [did]: jwk };
      clock += 30_000;
      expect(await outcome()).toEqual(LET_IN);
      expect(lines(did).map(({ level }) => level)).toEqual(['warn', 'info']);
      expect(service.faults).toEqual([]);
    });
  });

  test('no key is asked for where no token is sent, or none that a key could make valid', async () => {
    const before = identity.fetched.length;
    const did = 'domain-of-nobody';
    const sent = await Promise.all([
      signed(access(did, { cat: 'REFRESH_TOKEN' }), pair, { alg: 'ES256' }),
      signed(access(''), pair, { alg: 'ES256' }),
      signed(access(did, { permissions: ['*', 1] }), pair, { alg: 'ES256' }),
    ]);
    for (const token of [undefined, '', '.', ...sent]) expect(await outcomes(token)).toEqual(REFUSED);
    expect(identity.fetched).toHaveLength(before);
  });
});
