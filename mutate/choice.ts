// Draws the changes to make: as many of each kind, as far as possible.
import { shuffled } from '../test/harness/random.js';
import type { Random } from '../test/harness/random.js';
import type { Change } from './changes.js';

/** The changes in random order, with the kinds in rotation. */
export function* inTurn(changes: readonly Change[], next: Random): Generator<Change, void> {
  const kinds = shuffled([...new Set(changes.map(({ kind }) => kind))].toSorted(), next);
  const lists = kinds.map((each) =>
    shuffled(
      changes.filter(({ kind }) => kind === each),
      next,
    ),
  );
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let nth = 0; nth < longest; nth++)
    for (const list of lists) {
      const change = list[nth];
      if (change !== undefined) yield change;
    }
}
