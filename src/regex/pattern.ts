/**
 * Refuses the regular expressions that could backtrack without bound (docs/query.md «Regular expressions»): where PCRE
 * reaches its match limit of 10,000,000 steps, MongoDB's find drops the document without a word.
 *
 * The expression becomes an automaton with one position for each character it takes and, on each edge, the number of
 * ways to go there. Two walks over one text that part and meet again are an event: it multiplies the ways to match that
 * text, and so the steps PCRE takes until it gives up. What decides is the worst chain of events:
 * - Events on a cycle, as in `(a+)+`: exponentially many ways. Refused.
 * - Walks that can go round while they are apart, as in `.*.*`: as many ways as the text is long. Four such events,
 *   that is five overlapping loops one after another, are refused: n⁵/5! steps reach the limit on 70 characters of any
 *   kind. Loops that cannot take what stands between them, as in `\d+-\d+`, make no event; nor does a last `.*`, which
 *   cannot fail. Nor do walks that part or meet only at certain characters, as in `.*error.*timeout.*`: how many ways
 *   there are depends on the text, and a text with too many is reported (guarded-regex.ts).
 * - Any other, as in `a?a?a?aaa`: about twice as many ways. Eight are refused; one of the former counts as two.
 *
 * It errs towards refusing: assertions hold anywhere, an atomic group gives back unless it is a loop over one set, a
 * long bounded repeat has no bound, a back reference is any one character, nothing is case-sensitive. It judges no
 * syntax: what it cannot read is fine here, and MongoDB's to refuse.
 */
import { copies, isWritten, refuse, scanned, Stop } from './expression.js';
import type { Letters, Node, Repeat, Scan } from './expression.js';

/** Positions by number, each with the number of ways there. */
type Ways = Map<number, number>;

/** A piece of the automaton: in how many ways it takes nothing, begins at a position and ends at one. */
interface Part {
  readonly empty: number;
  readonly first: Ways;
  readonly last: Ways;
}

interface Machine {
  readonly letters: Letters[];
  /** Where in the expression each position stands. */
  readonly at: number[];
  /** What cannot follow a position. */
  readonly barred: Letters[];
  readonly follow: Ways[];
  /** Steps that may still be spent. */
  left: number;
}

const BUDGET = 30_000;
const MAX_WAYS = 1024;
const EMPTY: Part = { empty: 1, first: new Map(), last: new Map() };
const NEVER: Part = { ...EMPTY, empty: 0 };

function spend(machine: Machine, steps: number): void {
  machine.left -= steps;
  if (machine.left < 0)
    throw new Stop('the expression is too complex to rule out that it backtracks without bound');
}

function add(machine: Machine, ways: Ways, more: Ways, times: number): void {
  spend(machine, 2 * more.size);
  for (const [at, n] of more) ways.set(at, Math.min((ways.get(at) ?? 0) + n * times, MAX_WAYS));
}

/** `ways`, and `more` by `times`. */
function plus(machine: Machine, ways: Ways, more: Ways, times = 1): Ways {
  if (times === 0 || more.size === 0) return ways;
  if (times === 1 && ways.size === 0) return more;
  spend(machine, 2 * ways.size);
  const both = new Map(ways);
  add(machine, both, more, times);
  return both;
}

function connect(machine: Machine, last: Ways, first: Ways, times = 1): void {
  for (const [from, n] of last) {
    const barred = machine.barred[from] ?? 0n;
    const free = ([to]: readonly [number, number]): boolean => ((machine.letters[to] ?? 0n) & ~barred) !== 0n;
    const follow = (machine.follow[from] ??= new Map<number, number>());
    add(machine, follow, barred === 0n ? first : new Map([...first].filter(free)), n * times);
  }
}

function joined(machine: Machine, one: Part, next: Part): Part {
  connect(machine, one.last, next.first);
  return {
    empty: Math.min(one.empty * next.empty, MAX_WAYS),
    first: plus(machine, one.first, next.first, one.empty),
    last: plus(machine, next.last, one.last, next.empty),
  };
}

const either = (machine: Machine, one: Part, other: Part): Part => ({
  empty: Math.min(one.empty + other.empty, MAX_WAYS),
  first: plus(machine, one.first, other.first),
  last: plus(machine, one.last, other.last),
});

/** `body` again and again; a round that takes nothing ends a loop, but not a `counted` repeat. */
function loop(machine: Machine, node: Repeat, body: Part, counted: boolean): Part {
  const { held, min, max } = node;
  const skips = counted && body.empty > 0 ? Math.min(2 * body.empty ** copies(node), MAX_WAYS) : 1;
  connect(machine, body.last, body.first, skips);
  if (held && max === Infinity)
    for (const at of body.last.keys()) machine.barred[at] = machine.letters[at] ?? 0n;
  const empty = Math.min(body.empty * skips + Number(min === 0), MAX_WAYS);
  return { empty, first: body.first, last: plus(machine, body.last, body.last, body.empty) };
}

function repeatPart(machine: Machine, node: Repeat): Part {
  const { body, min, max } = node;
  const all = copies(node);
  if (!isWritten(node)) return loop(machine, node, partOf(machine, body), true);
  const endless = max === Infinity;
  let part = endless ? loop(machine, node, partOf(machine, body), false) : EMPTY;
  for (let left = endless ? all - 1 : all; left > 0; left--) {
    part = joined(machine, partOf(machine, body), part);
    if (!endless && all - left < max - min) part = either(machine, EMPTY, part);
  }
  return part;
}

function partOf(machine: Machine, node: Node): Part {
  spend(machine, 5);
  if (node.kind === 'letter') {
    const at = machine.letters.push(node.letters) - 1;
    machine.at[at] = node.at;
    const here: Ways = new Map([[at, 1]]);
    return { empty: 0, first: here, last: here };
  }
  if (node.kind === 'repeat') return repeatPart(machine, node);
  const parts = node.parts.map((each) => partOf(machine, each));
  if (node.kind === 'any') return parts.reduce((part, each) => either(machine, part, each), NEVER);
  return parts.reduce((part, each) => joined(machine, part, each), EMPTY);
}

/**
 * How many events can follow, by what two walks have done since they parted: they took a character that few of what they
 * take have in common (`narrow`), they went round, or both.
 */
type Worst = readonly [now: number, narrow: number, round: number, narrowAndRound: number];
/** Added to the place of what was done so far. */
const NARROW = 1;
/** As how many events their meeting counts. */
const WEIGHTS: Worst = [1, 0.5, 2, 0];

/** Two positions where two walks over one text can be. */
interface Pair {
  readonly p: number;
  readonly q: number;
  /** In the order of discovery, and the first that is known to lead back here; 0 while undiscovered. */
  index: number;
  low: number;
  steps: readonly Step[];
  taken: number;
  worst?: Worst;
}

/** To a pair over one character; from one position to one position in so many ways. */
type Step = readonly [to: Pair, ways: number];

const MAX_EVENTS = 8;

/** The positions from which nothing can fail any more. */
function safeOf(machine: Machine, end: number): ReadonlySet<number> {
  const safe = new Set(machine.follow.flatMap((follow, at) => (follow.has(end) ? [at] : []))).add(end);
  for (let before = -1; before !== safe.size;) {
    before = safe.size;
    for (const at of safe) {
      const next = machine.follow[at] ?? new Map<number, number>();
      spend(machine, next.size);
      if (![...next.keys()].every((to) => safe.has(to))) safe.delete(at);
    }
  }
  return safe;
}

type Follow = readonly (readonly [to: number, ways: number])[];

/** Each thing by a number, equal ones by the same. */
function numbered(things: readonly (bigint | string)[]): readonly number[] {
  const numbers = new Map([...new Set(things)].map((thing, i) => [thing, i]));
  return things.map((thing) => numbers.get(thing) ?? 0);
}

/** Whether `test` holds for the letters of two positions, found out once for all positions that take the same. */
function ofLetters(
  letters: readonly Letters[],
  test: (one: Letters, other: Letters) => boolean,
): (p: number, q: number) => boolean {
  const sets = numbered(letters);
  const size = new Set(sets).size;
  const known = new Int8Array(size * size);
  return (p, q) => {
    const key = (sets[p] ?? 0) * size + (sets[q] ?? 0);
    if (known[key] === 0) known[key] = test(letters[p] ?? 0n, letters[q] ?? 0n) ? 1 : -1;
    return known[key] === 1;
  };
}

const overlap = (one: Letters, other: Letters): boolean => (one & other) !== 0n;

const sizeOf = (letters: Letters): number => letters.toString(2).replaceAll('0', '').length;

/** Whether what two positions have in common is half of what either takes, or more. */
const overlapWidely = (one: Letters, other: Letters): boolean =>
  2 * sizeOf(one & other) >= Math.max(sizeOf(one), sizeOf(other));

/** The steps from a pair, found out once for all positions that the same follow. */
function stepper(machine: Machine): (from: Pair) => readonly Step[] {
  const follow: readonly Follow[] = machine.follow.map((each) => [...each]);
  const alike = numbered(follow.map((each) => each.join(';')));
  const overlaps = ofLetters(machine.letters, overlap);
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
    spend(machine, ((follow[one]?.length ?? 0) * (follow[other]?.length ?? 0)) / 8);
    for (const [p, ways] of follow[one] ?? [])
      for (const [q] of follow[other] ?? [])
        if ((!same || p <= q) && overlaps(p, q))
          steps.push([pair(Math.min(p, q), Math.max(p, q)), p === q ? ways : 1]);
    return steps;
  };
}

/** What can follow `members`, pairs that all lead to each other; undefined when it is events without end. */
function worstOf(
  members: readonly Pair[],
  safe: ReadonlySet<number>,
  isWide: (p: number, q: number) => boolean,
): Worst | undefined {
  const together = members.some(({ p, q }) => p === q);
  let cyclic = members.length > 1;
  const worst: [number, number, number, number] = [0, 0, 0, 0];
  for (const { p, q, steps } of members)
    for (const [{ p: to, q: other, worst: next }, ways] of steps) {
      cyclic ||= next === undefined;
      if (next === undefined && together && (p !== q || to !== other || ways > 1)) return undefined;
      if (next === undefined) continue;
      const event = to !== other || safe.has(p) || safe.has(q) ? 0 : p === q ? Math.log2(ways) : 1;
      const taken = to === other || isWide(to, other) ? 0 : NARROW;
      for (const [done, weight] of WEIGHTS.entries()) {
        const follows = to === other ? event * weight + next[0] : (next[done | taken] ?? 0);
        worst[done] = Math.max(worst[done] ?? 0, follows);
      }
    }
  const [, , round, narrowAndRound] = worst;
  return cyclic && !together ? [round, narrowAndRound, round, narrowAndRound] : worst;
}

/** Looks for too many events in a chain, or for `members` of a cycle with events (Tarjan's components). */
function search(
  machine: Machine,
  safe: ReadonlySet<number>,
  found: (members?: readonly Pair[]) => never,
): void {
  const stepsOf = stepper(machine);
  const isWide = ofLetters(machine.letters, overlapWidely);
  const [path, open]: [Pair[], Pair[]] = [[], []];
  let discovered = 0;
  const enter = (pair: Pair): void => {
    pair.index = pair.low = ++discovered;
    pair.steps = stepsOf(pair);
    spend(machine, 3 + pair.steps.length);
    path.push(pair);
    open.push(pair);
  };
  const leave = (pair: Pair): void => {
    path.pop();
    const from = path.at(-1);
    if (from !== undefined) from.low = Math.min(from.low, pair.low);
    if (pair.low < pair.index) return;
    const members = open.splice(open.lastIndexOf(pair));
    const worst = worstOf(members, safe, isWide) ?? found(members);
    if (worst[0] >= MAX_EVENTS) found();
    for (const each of members) each.worst = worst;
  };
  enter({ p: 0, q: 0, index: 0, low: 0, steps: [], taken: 0 });
  for (let pair = path.at(-1); pair !== undefined; pair = path.at(-1)) {
    const [next] = pair.steps[pair.taken++] ?? [];
    if (next === undefined) leave(pair);
    else if (next.index === 0) enter(next);
    else if (next.worst === undefined) pair.low = Math.min(pair.low, next.index);
  }
}

/** Judges the automaton of `node`, from position 0 to the last one, and returns the steps left to spend. */
function judge(scan: Scan, node: Node, left: number): number {
  const machine: Machine = { letters: [0n], at: [-1], barred: [], follow: [], left };
  const start: Part = { empty: 0, first: new Map(), last: new Map([[0, 1]]) };
  const { last } = joined(machine, start, partOf(machine, node));
  const end = machine.letters.push(1n << BigInt(scan.alphabet.length)) - 1;
  connect(machine, last, new Map([[end, 1]]));
  machine.follow[end] = new Map();
  const safe = scan.asserted ? new Set<number>() : safeOf(machine, end);
  search(machine, safe, (members) => {
    if (members === undefined) return refuse(scan.text, 'can match the same text in too many ways');
    const holds = ({ max, from, to }: Repeat): boolean =>
      max === Infinity && members.every(({ p }) => from <= (machine.at[p] ?? 0) && (machine.at[p] ?? 0) < to);
    const { from, to } = scan.repeats.filter(holds).at(-1) ?? { from: 0, to: undefined };
    return refuse(scan.text.slice(from, to), 'can match the same text in exponentially many ways');
  });
  return machine.left;
}

/** Charges a caller for the work of judging expressions. */
export interface Meter {
  /** Charges for one expression, before the work. */
  expression(): void;
  /** Charges for the steps that judging it took. */
  steps(count: number): void;
}

const FREE: Meter = { expression: () => undefined, steps: () => undefined };

/** True for an expression that takes work to judge: without a group and with few repeats there is nothing to find. */
const isInvolved = (expression: string): boolean => /\(|(?:[*+?{][^]*){5}/.test(expression);

/** The reason to refuse `expression`, for the client; undefined where it cannot run away. */
export function findRunaway(expression: string, meter: Meter = FREE): string | undefined {
  if (!isInvolved(expression)) return undefined;
  meter.expression();
  let left = BUDGET;
  try {
    const found = scanned(expression);
    if (found === undefined) return undefined;
    const { scan, whole } = found;
    left = [whole, ...scan.apart].reduce((steps, node) => judge(scan, node, steps), BUDGET);
    return undefined;
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    left = 0;
    return stop.message === '' ? undefined : stop.message;
  } finally {
    meter.steps(BUDGET - left);
  }
}
