/**
 * The position automaton of an expression (Glushkov's): a position for each character that it takes and, on each edge, the
 * number of ways to go there.
 */
import type { CharacterSet } from './alphabet.js';
import { Refusal } from './reader.js';
import type { Parser } from './reader.js';
import { copiesOf, isUnrolled } from './tree.js';
import type { Node, Repeat } from './tree.js';

/** Positions by number, each with the number of ways there. */
type Ways = Map<number, number>;

/** A piece of the automaton: its ways to take nothing, to begin at a position and to end at one. */
interface Fragment {
  readonly empty: number;
  readonly first: Ways;
  readonly last: Ways;
}

export interface Automaton {
  readonly sets: CharacterSet[];
  /** The offset of each position in the expression. */
  readonly offsets: number[];
  /** Sets that cannot follow a position. */
  readonly barred: CharacterSet[];
  readonly follow: Ways[];
  readonly end: number;
  /** The steps left to spend. */
  stepsLeft: number;
}

type Build = Omit<Automaton, 'end'>;

const MAX_WAYS = 1024;
const EMPTY: Fragment = { empty: 1, first: new Map(), last: new Map() };
const NEVER: Fragment = { ...EMPTY, empty: 0 };

/** Takes `steps` of those left. Errors: Refusal, where there are none. */
export function spend(automaton: Build, steps: number): void {
  automaton.stepsLeft -= steps;
  if (automaton.stepsLeft < 0)
    throw new Refusal('the expression is too complex to rule out that it backtracks without bound');
}

function add(build: Build, ways: Ways, more: Ways, times: number): void {
  spend(build, 2 * more.size);
  for (const [position, n] of more)
    ways.set(position, Math.min((ways.get(position) ?? 0) + n * times, MAX_WAYS));
}

/** `ways`, and `more` by `times`. */
function plus(build: Build, ways: Ways, more: Ways, times = 1): Ways {
  if (times === 0 || more.size === 0) return ways;
  if (times === 1 && ways.size === 0) return more;
  spend(build, 2 * ways.size);
  const both = new Map(ways);
  add(build, both, more, times);
  return both;
}

function connect(build: Build, last: Ways, first: Ways, times = 1): void {
  for (const [from, n] of last) {
    const barred = build.barred[from] ?? 0n;
    const isFree = ([to]: readonly [number, number]): boolean => ((build.sets[to] ?? 0n) & ~barred) !== 0n;
    const follow = (build.follow[from] ??= new Map<number, number>());
    add(build, follow, barred === 0n ? first : new Map([...first].filter(isFree)), n * times);
  }
}

function concatenation(build: Build, one: Fragment, next: Fragment): Fragment {
  connect(build, one.last, next.first);
  return {
    empty: Math.min(one.empty * next.empty, MAX_WAYS),
    first: plus(build, one.first, next.first, one.empty),
    last: plus(build, next.last, one.last, next.empty),
  };
}

const alternation = (build: Build, one: Fragment, other: Fragment): Fragment => ({
  empty: Math.min(one.empty + other.empty, MAX_WAYS),
  first: plus(build, one.first, other.first),
  last: plus(build, one.last, other.last),
});

/** Repeats `body`; an empty round ends a loop, but not a `counted` repeat. */
function loop(build: Build, node: Repeat, body: Fragment, counted: boolean): Fragment {
  const { isPossessive, min, max } = node;
  const skips = counted && body.empty > 0 ? Math.min(2 * body.empty ** copiesOf(node), MAX_WAYS) : 1;
  connect(build, body.last, body.first, skips);
  if (isPossessive && max === Infinity)
    for (const position of body.last.keys()) build.barred[position] = build.sets[position] ?? 0n;
  const empty = Math.min(body.empty * skips + Number(min === 0), MAX_WAYS);
  return { empty, first: body.first, last: plus(build, body.last, body.last, body.empty) };
}

function repetition(build: Build, node: Repeat): Fragment {
  const { body, min, max } = node;
  const all = copiesOf(node);
  if (!isUnrolled(node)) return loop(build, node, fragmentOf(build, body), true);
  const isEndless = max === Infinity;
  let fragment = isEndless ? loop(build, node, fragmentOf(build, body), false) : EMPTY;
  for (let left = isEndless ? all - 1 : all; left > 0; left--) {
    fragment = concatenation(build, fragmentOf(build, body), fragment);
    if (!isEndless && all - left < max - min) fragment = alternation(build, EMPTY, fragment);
  }
  return fragment;
}

function fragmentOf(build: Build, node: Node): Fragment {
  spend(build, 5);
  if (node.kind === 'character') {
    const position = build.sets.push(node.set) - 1;
    build.offsets[position] = node.offset;
    const here: Ways = new Map([[position, 1]]);
    return { empty: 0, first: here, last: here };
  }
  if (node.kind === 'repeat') return repetition(build, node);
  const parts = node.parts.map((each) => fragmentOf(build, each));
  if (node.kind === 'any') return parts.reduce((all, each) => alternation(build, all, each), NEVER);
  return parts.reduce((all, each) => concatenation(build, all, each), EMPTY);
}

/** Builds the automaton of `node`, from position 0 to `end`. Errors: Refusal, where that takes too many steps. */
export function createAutomaton({ alphabet }: Parser, node: Node, stepsLeft: number): Automaton {
  const build: Build = { sets: [0n], offsets: [-1], barred: [], follow: [], stepsLeft };
  const start: Fragment = { empty: 0, first: new Map(), last: new Map([[0, 1]]) };
  const { last } = concatenation(build, start, fragmentOf(build, node));
  const end = build.sets.push(1n << BigInt(alphabet.length)) - 1;
  connect(build, last, new Map([[end, 1]]));
  build.follow[end] = new Map();
  return { ...build, end };
}
