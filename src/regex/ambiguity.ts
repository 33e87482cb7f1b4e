/**
 * The ambiguity of a position automaton: the ways to match one text. Two walks over one text are a walk over pairs of
 * positions; its strongly connected components (Tarjan's) show cycles.
 */
import type { CharacterSet } from './alphabet.js';
import { spend } from './automaton.js';
import type { Automaton } from './automaton.js';

/**
 * The number of events still to come, by the history of two walks since they parted: nothing of note, a character in
 * a small part of either set (`narrow`), a round, or both.
 */
type Chain = readonly [now: number, narrow: number, round: number, narrowAndRound: number];
/** Added to the index of a history. */
const NARROW = 1;
/** The events that a meeting counts as, by history. */
const WEIGHTS: Chain = [1, 0.5, 2, 0];

/** Two positions of two walks over one text. */
interface Pair {
  readonly p: number;
  readonly q: number;
  /** The order of discovery, and the first pair known to lead back here; 0 while undiscovered. */
  index: number;
  low: number;
  steps: readonly Step[];
  taken: number;
  chain?: Chain;
}

/** A step to a pair over one character; from one position to one position in so many ways. */
type Step = readonly [to: Pair, ways: number];

const MAX_EVENTS = 8;

/** The positions from which on nothing can fail. */
export function safePositions(automaton: Automaton): ReadonlySet<number> {
  const { follow: follows, end } = automaton;
  const safe = new Set(follows.flatMap((follow, position) => (follow.has(end) ? [position] : []))).add(end);
  for (let before = -1; before !== safe.size;) {
    before = safe.size;
    for (const position of safe) {
      const next = follows[position] ?? new Map<number, number>();
      spend(automaton, next.size);
      if (![...next.keys()].every((to) => safe.has(to))) safe.delete(position);
    }
  }
  return safe;
}

type Follow = readonly (readonly [to: number, ways: number])[];

/** Numbers things, equal ones alike. */
function numbered(things: readonly (bigint | string)[]): readonly number[] {
  const numbers = new Map([...new Set(things)].map((thing, i) => [thing, i]));
  return things.map((thing) => numbers.get(thing) ?? 0);
}

/** Evaluates `test` on the sets of two positions, once for all positions with equal sets. */
function onSets(
  sets: readonly CharacterSet[],
  test: (one: CharacterSet, other: CharacterSet) => boolean,
): (p: number, q: number) => boolean {
  const numbers = numbered(sets);
  const size = new Set(numbers).size;
  const known = new Int8Array(size * size);
  return (p, q) => {
    const key = (numbers[p] ?? 0) * size + (numbers[q] ?? 0);
    if (known[key] === 0) known[key] = test(sets[p] ?? 0n, sets[q] ?? 0n) ? 1 : -1;
    return known[key] === 1;
  };
}

const overlap = (one: CharacterSet, other: CharacterSet): boolean => (one & other) !== 0n;

const sizeOf = (set: CharacterSet): number => set.toString(2).replaceAll('0', '').length;

/** True where the common part of two sets is half of either, or more. */
const overlapWidely = (one: CharacterSet, other: CharacterSet): boolean =>
  2 * sizeOf(one & other) >= Math.max(sizeOf(one), sizeOf(other));

/** Lists the steps from a pair, once for all positions with equal followers. */
function createStepper(automaton: Automaton): (from: Pair) => readonly Step[] {
  const follow: readonly Follow[] = automaton.follow.map((each) => [...each]);
  const alike = numbered(follow.map((each) => each.join(';')));
  const overlaps = onSets(automaton.sets, overlap);
  const pairs = new Map<number, Pair>();
  const pair = (p: number, q: number): Pair => {
    const key = p * alike.length + q;
    const found = pairs.get(key) ?? { p, q, index: 0, low: 0, steps: [], taken: 0 };
    pairs.set(key, found);
    return found;
  };
  const known = new Map<number, readonly Step[]>();
  return ({ p: one, q: other }) => {
    const key = (alike[one] ?? 0) * alike.length + (alike[other] ?? 0);
    const same = alike[one] === alike[other];
    const steps: Step[] = [];
    const found = known.get(key) ?? steps;
    if (found !== steps) return found;
    known.set(key, steps);
    spend(automaton, ((follow[one]?.length ?? 0) * (follow[other]?.length ?? 0)) / 8);
    for (const [p, ways] of follow[one] ?? [])
      for (const [q] of follow[other] ?? [])
        if ((!same || p <= q) && overlaps(p, q))
          steps.push([pair(Math.min(p, q), Math.max(p, q)), p === q ? ways : 1]);
    return steps;
  };
}

/** The longest chain of events behind `members`, a component of pairs; undefined for events on a cycle (EDA). */
function chainOf(
  members: readonly Pair[],
  safe: ReadonlySet<number>,
  isWide: (p: number, q: number) => boolean,
): Chain | undefined {
  const hasMet = members.some(({ p, q }) => p === q);
  let isCyclic = members.length > 1;
  const longest: [number, number, number, number] = [0, 0, 0, 0];
  for (const { p, q, steps } of members)
    for (const [{ p: to, q: other, chain: next }, ways] of steps) {
      isCyclic ||= next === undefined;
      if (next === undefined && hasMet && (p !== q || to !== other || ways > 1)) return undefined;
      if (next === undefined) continue;
      const event = to !== other || safe.has(p) || safe.has(q) ? 0 : p === q ? Math.log2(ways) : 1;
      const taken = to === other || isWide(to, other) ? 0 : NARROW;
      for (const [history, weight] of WEIGHTS.entries()) {
        const follows = to === other ? event * weight + next[0] : (next[history | taken] ?? 0);
        longest[history] = Math.max(longest[history] ?? 0, follows);
      }
    }
  const [, , round, narrowAndRound] = longest;
  return isCyclic && !hasMet ? [round, narrowAndRound, round, narrowAndRound] : longest;
}

/** The positions of a cycle with events, or none for too long a chain of events. */
export interface Ambiguity {
  readonly cycle?: readonly number[];
}

/** Looks for too much ambiguity; `safe` positions cannot fail. undefined: there is none. */
export function findAmbiguity(automaton: Automaton, safe: ReadonlySet<number>): Ambiguity | undefined {
  const stepsOf = createStepper(automaton);
  const isWide = onSets(automaton.sets, overlapWidely);
  const [path, open]: [Pair[], Pair[]] = [[], []];
  let discovered = 0;
  const enter = (pair: Pair): void => {
    pair.index = pair.low = ++discovered;
    pair.steps = stepsOf(pair);
    spend(automaton, 3 + pair.steps.length);
    path.push(pair);
    open.push(pair);
  };
  const leave = (pair: Pair): Ambiguity | undefined => {
    path.pop();
    const from = path.at(-1);
    if (from !== undefined) from.low = Math.min(from.low, pair.low);
    if (pair.low < pair.index) return undefined;
    const members = open.splice(open.lastIndexOf(pair));
    const chain = chainOf(members, safe, isWide);
    if (chain === undefined) return { cycle: members.map(({ p }) => p) };
    if (chain[0] >= MAX_EVENTS) return {};
    for (const each of members) each.chain = chain;
    return undefined;
  };
  enter({ p: 0, q: 0, index: 0, low: 0, steps: [], taken: 0 });
  for (let pair = path.at(-1); pair !== undefined; pair = path.at(-1)) {
    const [next] = pair.steps[pair.taken++] ?? [];
    const found = next === undefined ? leave(pair) : undefined;
    if (found !== undefined) return found;
    if (next?.index === 0) enter(next);
    else if (next !== undefined && next.chain === undefined) pair.low = Math.min(pair.low, next.index);
  }
  return undefined;
}
