/** The order of the table of collectors and providers. */
import type { Share } from '../../state/chance.js';
import type { Rate } from './rates.js';

/** A share as a number; undefined for one of nothing. */
export const ratio = ({ part, of }: Share): number | undefined => (of === 0 ? undefined : part / of);

/** The values by which columns sort, the greatest first; undefined comes last in either direction. */
const VALUES = {
  failing: ({ failing }) => ratio(failing),
  before: ({ before }) => ratio(before),
  failed: ({ failed }) => failed,
  // None of the unfinished jobs that were read is not none at all.
  stuck: ({ stuck, isStuckCut }) => (isStuckCut && stuck === 0 ? undefined : stuck),
  jobs: ({ jobs }) => jobs,
  median: ({ median }) => median,
} as const satisfies Record<string, (rate: Rate) => number | undefined>;

export type RateColumnId = keyof typeof VALUES;

const isColumn = (id: string): id is RateColumnId => Object.hasOwn(VALUES, id);

/** The order of a table: the worst first without a column; by name; or by a column, the greatest first. */
export interface Order {
  readonly by: string;
  readonly isReversed: boolean;
}

export const WORST_FIRST: Order = { by: '', isReversed: false };
export const NAME = 'name';

/** An order as the route has it: the id of a column, behind '-' if it is reversed. */
export const orderText = ({ by, isReversed }: Order): string => `${isReversed ? '-' : ''}${by}`;
export const orderOf = (text: string): Order =>
  text.startsWith('-') ? { by: text.slice(1), isReversed: true } : { by: text, isReversed: false };

/** Compares the values of two rows, the greater first. */
function byValue(first: number | undefined, second: number | undefined, sign: number): number {
  if (first === undefined || second === undefined)
    return Number(first === undefined) - Number(second === undefined);
  return sign * (second - first);
}

/** Sorts rows that come with the worst first; rows that are equal stay in that order. */
export function sorted(rates: readonly Rate[], { by, isReversed }: Order): readonly Rate[] {
  const sign = isReversed ? -1 : 1;
  if (by === NAME) return rates.toSorted((one, other) => sign * one.name.localeCompare(other.name));
  if (!isColumn(by)) return rates;
  const value = VALUES[by];
  return rates.toSorted((one, other) => byValue(value(one), value(other), sign));
}

/** Holds for a row with a text in its name or key. The lower case is that of no language: in Turkish, I has another one. */
export const isFound = ({ name, key }: Pick<Rate, 'name' | 'key'>, word: string): boolean =>
  `${name} ${key}`.toLowerCase().includes(word.trim().toLowerCase());
