// The order and the number of the operations in an explanation.
import { expect, test } from '@jest/globals';
import { createCallContext } from '../../../src/server/call-context.js';
import { explanations } from '../../../src/server/interceptors/explanations.js';
import { incoming } from '../../harness/chained.js';
import { parseObject } from '../../harness/json.js';

const explain = explanations({ explain: true, monotonicNow: () => performance.now() });

/** The operations explained to a caller, of `begun` ones that end in the order of `endings`. */
async function explained(begun: number, endings: readonly number[]): Promise<unknown> {
  let text = '{}';
  const handle = explain((call) => {
    const ends = Array.from({ length: begun }, () => call.explain?.begin());
    for (const place of endings) ends[place]?.({ place });
    return Promise.resolve(new Uint8Array());
  });
  const call = { ...incoming('list', Infinity), explained: (written: string) => void (text = written) };
  await handle(createCallContext(call));
  return parseObject(text)['operations'];
}

const TEN = Array.from({ length: 10 }, (_, place) => ({ place }));

test.each([
  ['in the order of their beginnings', 3, [2, 0, 1], TEN.slice(0, 3)],
  ['without those that were given up', 3, [2, 0], [{ place: 0 }, { place: 2 }]],
  ['up to ten', 12, Array.from({ length: 12 }, (_, nth) => 11 - nth), TEN],
])('operations are explained %s', async (_, begun, endings, expected) => {
  expect(await explained(begun, endings)).toEqual(expected);
});

test('the reads of an export are not explained', async () => {
  const begun: unknown[] = [];
  const handle = explain((call) => {
    begun.push(call.explain);
    return Promise.resolve(new Uint8Array());
  });
  await handle(createCallContext({ ...incoming('list', Infinity), explained: () => undefined }, 'csv'));
  expect(begun).toEqual([undefined]);
});
