// The collectors kept between calls: for how long, for whom, and how many.
import { expect, test } from '@jest/globals';
import { BSON, ObjectId } from 'mongodb';
import { createCollectorLoader } from '../../src/job/collectors.js';
import { NO_METER } from '../../src/telemetry/metrics/registry.js';

const TTL_MS = 1000;
const MEGABYTE = 1024 ** 2;
const DEADLINE = { signal: new AbortController().signal, remaining: () => TTL_MS };

const idOf = (nth: number): ObjectId => ObjectId.createFromHexString(nth.toString(16).padStart(24, '0'));
const idsOf = (count: number): readonly ObjectId[] => Array.from({ length: count }, (_, nth) => idOf(nth));
const encoded = (document: object): Buffer => Buffer.from(BSON.serialize(document));

/** A loader from a store in which every collector of `stored` has a name of `size` bytes. */
function createLoader(size: number, stored: readonly ObjectId[]) {
  let lookups = 0;
  const clock = { now: 0 };
  const collectors = stored.map((_id) => encoded({ _id, name: 'x'.repeat(size) }));
  const load = createCollectorLoader({
    store: {
      collectors() {
        lookups++;
        return Promise.resolve(collectors);
      },
    },
    collectorCacheMs: TTL_MS,
    monotonicNow: () => clock.now,
    meter: NO_METER,
  });
  return {
    clock,
    /** Loads the collectors of `ids` for a job each, and tells whether the store was asked. */
    async asks(ids: readonly ObjectId[], domainId = 'domain-a'): Promise<boolean> {
      const before = lookups;
      const jobs = ids.map((collector) => encoded({ collector }));
      const loaded = await load(jobs, { domainId }, DEADLINE);
      expect(loaded).toHaveLength(ids.length);
      return lookups > before;
    },
  };
}

test.each([
  ['a collector', [idOf(0)]],
  ['the absence of a collector', []],
])('%s is kept for its time, and for its domain alone', async (_, stored) => {
  const { clock, asks } = createLoader(1, stored);
  const seen = [await asks([idOf(0)])];
  clock.now = TTL_MS - 1;
  seen.push(await asks([idOf(0)]), await asks([idOf(0)], 'domain-b'));
  clock.now = TTL_MS;
  seen.push(await asks([idOf(0)]), await asks([idOf(0)], 'domain-b'), await asks([idOf(1)]));
  expect(seen).toEqual([true, false, true, true, false, true]);
});

test.each([
  ['7 MiB are kept whole', 7, [false, false, false, false, false, false, false]],
  ['8 MiB and their keys are too many: the oldest is dropped', 8, [...Array<boolean>(7).fill(false), true]],
])('of collectors, %s', async (_, count, expected) => {
  const ids = idsOf(count);
  const { asks } = createLoader(MEGABYTE, ids);
  for (const id of ids) await asks([id]);
  const seen: boolean[] = [];
  for (const id of ids.toReversed()) seen.push(await asks([id]));
  expect(seen).toEqual(expected);
});

test.each([
  ['40,000 are kept', 40_000, false],
  ['of 50,000 the oldest are dropped', 50_000, true],
])('of collectors that are not there, %s', async (_, count, expected) => {
  const { asks } = createLoader(1, []);
  await asks(idsOf(count));
  expect([await asks([idOf(count - 1)]), await asks([idOf(0)])]).toEqual([false, expected]);
});

test('a kept collector is loaded as it was, beside one that is not kept and a job without one', async () => {
  const ids = idsOf(2);
  const { asks } = createLoader(1, ids);
  expect([await asks([idOf(0)]), await asks([]), await asks(ids), await asks(ids)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
