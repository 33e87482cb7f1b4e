// Scans for text that is not UTF-8 run once while nothing is written, and at most once a second under many writes.
import { expect, test } from '@jest/globals';
import { createMalformedTextResolver } from '../../src/job/resolve-malformed-text.js';
import type { JobStore } from '../../src/job/store.js';

const BUDGET = { signal: new AbortController().signal, remaining: () => 1000 };
const FILTER = {
  all: [{ fieldPath: 'query.filter[0]', path: 'filters.s', operator: 'contain', operand: 'a' }],
  any: [],
} as const;

/** Resolves a filter at each of `times`, after a write or not; returns the number of scans. */
async function looks(times: readonly number[], moment: (nth: number) => string | undefined): Promise<number> {
  let [now, nth, looked] = [0, 0, 0];
  const store: Pick<JobStore, 'batches' | 'meeting' | 'lastWrite'> = {
    // eslint-disable-next-line @typescript-eslint/require-await
    async *batches() {
      looked++;
      yield [];
    },
    meeting: () => Promise.resolve([]),
    lastWrite: () => Promise.resolve(moment(nth)),
  };
  const resolve = createMalformedTextResolver(store, () => now);
  for (const time of times) {
    [now, nth] = [time, nth + 1];
    expect(await resolve(FILTER, { domainId: 'domain' }, BUDGET)).toEqual(FILTER);
  }
  return looked;
}

const each = (count: number, milliseconds: number): readonly number[] =>
  Array.from({ length: count }, (_, nth) => nth * milliseconds);

test.each<[string, readonly number[], (nth: number) => string | undefined, number]>([
  ['while nothing is written: once', each(100, 1000), () => 'same', 1],
  ['behind each of a few writes', each(8, 10), String, 8],
  ['behind writes that are far apart', each(30, 11_000), String, 30],
  ['once a second while much is written', each(1000, 10), String, 8 + 9],
  ['once a second where it cannot be told', each(1000, 10), () => undefined, 8 + 9],
])('%s', async (_, times, moment, due) => {
  expect(await looks(times, moment)).toBe(due);
});
