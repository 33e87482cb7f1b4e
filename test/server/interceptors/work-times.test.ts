// The times of a call's parts: parts side by side count once.
import { expect, test } from '@jest/globals';
import type { WorkPart } from '../../../src/limits/abort.js';
import { createWorkTimes } from '../../../src/server/interceptors/work-times.js';

/** A part with its begin and its end, in milliseconds. */
type Part = readonly [WorkPart, number, number];

/** Runs `parts` on a clock of their own, and answers the fields at the time `now`. */
function fieldsAfter(parts: readonly Part[], now: number): object {
  let time = 0;
  const { observer, fields } = createWorkTimes(() => time);
  const ends = new Map<Part, () => void>();
  const moments = parts.flatMap((part) => [
    { at: part[1], run: () => void ends.set(part, observer.begin(part[0])) },
    { at: part[2], run: () => ends.get(part)?.() },
  ]);
  for (const { at, run } of moments.filter((each) => each.at <= now).sort((a, b) => a.at - b.at)) {
    time = at;
    run();
  }
  time = now;
  return fields();
}

test.each<readonly [string, readonly Part[], number, object]>([
  ['no part', [], 10, {}],
  ['a part', [['database', 2, 7]], 10, { db_ms: 5 }],
  [
    'two parts after each other',
    [
      ['database', 2, 4],
      ['database', 6, 9],
    ],
    10,
    { db_ms: 5 },
  ],
  [
    'two parts side by side',
    [
      ['database', 2, 7],
      ['database', 4, 9],
    ],
    10,
    { db_ms: 7 },
  ],
  [
    'a part within another',
    [
      ['database', 2, 9],
      ['database', 4, 5],
    ],
    10,
    { db_ms: 7 },
  ],
  ['a part that goes on', [['queue', 2, 90]], 10, { queued_ms: 8 }],
  [
    'parts of two kinds',
    [
      ['queue', 0, 3],
      ['database', 3, 9],
    ],
    10,
    { queued_ms: 3, db_ms: 6 },
  ],
])('%s has the expected time', (_, parts, now, expected) => {
  const none = { queued_ms: undefined, db_ms: undefined, results: undefined };
  expect(fieldsAfter(parts, now)).toEqual({ ...none, ...expected });
});
