/** Reads the syntax of PCRE as far as `pattern.ts` needs it: what an expression takes, in which order, how often. */
import { echo } from '../errors.js';

/** Ends the work: the message is the reason to refuse, and none where the syntax is unknown. */
export class Stop extends Error {}

/** Which characters of the alphabet one position takes, a bit for each. */
export type Letters = bigint;

export type Node =
  | { readonly kind: 'letter'; readonly letters: Letters; readonly at: number }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[] }
  | Repeat;

export interface Repeat {
  readonly kind: 'repeat';
  readonly body: Node;
  /** How many nodes the body makes. */
  readonly size: number;
  readonly min: number;
  readonly max: number;
  /** Takes as little as it can. */
  readonly lazy: boolean;
  /** Gives back nothing of what it took. */
  readonly held: boolean;
  readonly from: number;
  readonly to: number;
}

export interface Scan {
  readonly text: string;
  /** Characters by which sets are told apart, each with its other cases. */
  readonly alphabet: readonly (readonly string[])[];
  /** What single characters and classes take. */
  readonly known: Map<string, Letters>;
  /** The lookarounds: each is judged by itself. */
  readonly apart: Node[];
  readonly repeats: Repeat[];
  /** It can fail where it takes no character. */
  asserted: boolean;
  at: number;
  depth: number;
  flags: string;
}

type Rule<T> = readonly [sticky: RegExp, reader: (scan: Scan, ...found: readonly string[]) => T];

const MAX_CODE = 0x10ffff;
/** A repeat is written out where that makes no more nodes than this; of one character, which is as good as a loop. */
const MAX_WRITTEN = 120;
const MAX_LETTERS_WRITTEN = 40;
/** PCRE's own limit. */
const MAX_DEPTH = 250;
const ASCII = String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => code));
const FARAWAY = '\u0085\u00a0áßαжא٣ह\u1680\u2003\u2028\u202f\u3000あ中한😀\ue000\u{10ffff}';

/** Sets, as classes of JavaScript's with the flag v. */
const ANY = '[^]';
const CLASSES: Readonly<Record<string, string>> = {
  ...{ d: '[0-9]', w: '[\\w]', s: '[\\t-\\r ]', v: '[\\n-\\r\\x85\\u2028\\u2029]' },
  ...{ h: '[\\t \\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]' },
  ...{ alpha: '[a-zA-Z]', lower: '[a-zA-Z]', upper: '[a-zA-Z]', alnum: '[a-zA-Z0-9]', word: '[\\w]' },
  ...{
    digit: '[0-9]',
    xdigit: '[0-9a-fA-F]',
    space: '[\\t-\\r ]',
    blank: '[\\t ]',
    cntrl: '[\\0-\\x1f\\x7f]',
  },
  ...{ graph: '[!-~]', print: '[ -~]', punct: '[!-\\x2f:-@\\x5b-`\\x7b-~]', ascii: '[\\0-\\x7f]' },
};

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** ASCII, what `text` names, with its neighbours, and some of the rest. */
function alphabetOf(text: string): Scan['alphabet'] {
  const hex = [...text.matchAll(/\\x\{?([0-9a-f]+)/giu)].map(([, digits = '']) => parseInt(digits, 16));
  const near = [...Array.from(text, codeOf), ...hex].filter((code) => code > 0x7e && code < MAX_CODE);
  const named = near.flatMap((code) => [code - 1, code, code + 1]).map((code) => String.fromCodePoint(code));
  const groups = new Map<string, Set<string>>();
  for (const each of [...Array.from(ASCII + FARAWAY), ...named]) {
    const upper = each.toUpperCase();
    const lower = upper.toLowerCase();
    groups.set(lower, (groups.get(lower) ?? new Set()).add(each).add(upper).add(lower));
  }
  return [...groups.values()].map((cases) => [...cases]);
}

/** What a class of JavaScript's takes. */
function lettersOf(scan: Scan, source: string): Letters {
  const known = scan.known.get(source);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${source}$`, 'v');
  const bits = scan.alphabet.map((cases) => Number(cases.some((each) => pattern.test(each))));
  const found = BigInt(`0b${bits.join('')}`);
  scan.known.set(source, found);
  return found;
}

function eat(scan: Scan, sticky: RegExp): readonly string[] | undefined {
  sticky.lastIndex = scan.at;
  const found = sticky.exec(scan.text);
  if (found === null) return undefined;
  scan.at = sticky.lastIndex;
  return found.map((group: string | undefined) => group ?? '');
}

/** What the first rule that fits reads here. */
function read<T>(rules: readonly Rule<T>[], scan: Scan): T {
  for (const [sticky, reader] of rules) {
    const found = eat(scan, sticky);
    if (found !== undefined) return reader(scan, ...found);
  }
  throw new Stop();
}

function classOf(not: boolean, name: string): string {
  const found = CLASSES[name];
  if (found === undefined) throw new Stop();
  return not ? `[^${found}]` : found;
}

/** The class of a property; anything where JavaScript knows no such property. */
function property(letter: string, name: string): string {
  for (const source of [`\\${letter}{${name}}`, `\\${letter}{Script=${name}}`])
    try {
      return new RegExp(source, 'v').source;
    } catch {
      continue;
    }
  return ANY;
}

const CODES: readonly Rule<number>[] = [
  [
    /\\x(?:\{([0-9a-f]{1,6})\}|([0-9a-f]{0,2}))/iuy,
    (_, __, long, short) => Number(`0x0${long || short || ''}`),
  ],
  [/\\(?:o\{([0-7]{1,7})\}|(0[0-7]{0,2}))/uy, (_, __, long, short) => Number(`0o0${long || short || ''}`)],
  [/\\c([ -~])/uy, (_, __, letter = '') => codeOf(letter.toUpperCase()) ^ 64],
  [/\\([aefnrt])/uy, (_, __, letter = '') => [7, 27, 12, 10, 13, 9]['aefnrt'.indexOf(letter)] ?? 0],
  [/\\([^A-Za-z0-9])/uy, (_, __, character = '') => codeOf(character)],
];
/** A letter that means nothing behind a backslash stands for itself. */
const PLAIN_LETTER: Rule<number> = [/\\([A-Za-z])/uy, (_, __, letter = '') => codeOf(letter)];
const CLASS_CODES: readonly Rule<number>[] = [
  ...CODES,
  [/\\b/uy, () => 8],
  PLAIN_LETTER,
  [/[^\\]/uy, (_, character = '') => codeOf(character)],
];
const SETS: readonly Rule<string>[] = [
  [/\\([dwshv])/uy, (_, __, name = '') => classOf(false, name)],
  [/\\([DWSHV])/uy, (_, __, name = '') => classOf(true, name.toLowerCase())],
  [/\\(?:p\{|P\{\^)([\w&]+)\}|\\p([A-Z])/uy, (_, __, long, short) => property('p', long || short || '')],
  [/\\(?:P\{|p\{\^)([\w&]+)\}|\\P([A-Z])/uy, (_, __, long, short) => property('P', long || short || '')],
];
const CLASS_ITEMS: readonly Rule<string>[] = [
  [/\[:(\^?)([a-z]+):\]/uy, (_, __, not, name = '') => classOf(not === '^', name)],
  ...SETS,
  [/(?=[^])/uy, range],
];

function range(scan: Scan): string {
  const low = read(CLASS_CODES, scan);
  const high = eat(scan, /-(?!\]|\\[dwshvp]|\[:)/iuy) === undefined ? low : read(CLASS_CODES, scan);
  if (high < low || high > MAX_CODE) throw new Stop();
  return `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`;
}

function bracketed(scan: Scan, not: string | undefined): Letters {
  const items: string[] = [];
  do items.push(read(CLASS_ITEMS, scan));
  while (eat(scan, /\]/uy) === undefined);
  const letters = lettersOf(scan, `[${items.join('')}]`);
  return not === '^' ? lettersOf(scan, ANY) ^ letters : letters;
}

function character(scan: Scan, code: number): Letters {
  if (code > MAX_CODE) throw new Stop();
  return scan.known.get(String.fromCodePoint(code)) ?? lettersOf(scan, ANY);
}

function asserted<T>(scan: Scan, node: T): T {
  scan.asserted = true;
  return node;
}

const REFERENCE = /\\(?:[1-9]\d*|g(?:\{[^}]*\}|[+-]?\d+)|k(?:\{\w+\}|<\w+>|'\w+'))|\(\?P=\w+\)/uy;
const LETTERS: readonly Rule<Letters>[] = [
  [REFERENCE, (scan) => asserted(scan, lettersOf(scan, ANY))],
  [/\[(\^?)/uy, (scan, _, not) => bracketed(scan, not)],
  [/\.|\\N/uy, (scan, dot) => lettersOf(scan, dot === '.' && scan.flags.includes('s') ? ANY : '[^\\n]')],
  [/\\R/uy, (scan) => lettersOf(scan, classOf(false, 'v'))],
  [/\\[XC]/uy, (scan) => lettersOf(scan, ANY)],
  ...SETS.map(([at, set]): Rule<Letters> => [at, (scan, ...found) => lettersOf(scan, set(scan, ...found))]),
  ...[...CODES, PLAIN_LETTER].map(([at, code]): Rule<Letters> => [
    at,
    (scan, ...found) => character(scan, code(scan, ...found)),
  ]),
  [/[^*+?()|\\]/uy, (scan, found = '') => character(scan, codeOf(found))],
];

const NOTHING: Node = { kind: 'all', parts: [] };

export function refuse(construct: string, why: string): never {
  const all = Array.from(construct);
  throw new Stop(`\`${echo(all.length > 40 ? `${all.slice(0, 39).join('')}…` : construct)}\` ${why}`);
}

/** The rest of a group; options set within it end with it. */
function group(scan: Scan, on = '', off = ''): Node {
  const { flags } = scan;
  setOptions(scan, on, off);
  if (++scan.depth > MAX_DEPTH) throw new Stop();
  const body = alternatives(scan);
  if (eat(scan, /\)/uy) === undefined) throw new Stop();
  scan.depth--;
  scan.flags = flags;
  return body;
}

function setOptions(scan: Scan, on: string, off: string): Node {
  scan.flags = Array.from(scan.flags + on, (flag) => (off.includes(flag) ? '' : flag)).join('');
  return NOTHING;
}

function lookaround(scan: Scan): Node {
  scan.apart.push(group(scan));
  return asserted(scan, NOTHING);
}

const holding = (node: Node): Node =>
  node.kind === 'repeat' && node.body.kind === 'letter' && !node.lazy ? { ...node, held: true } : node;

/** Sets limits and options of the engine, or steers how it backtracks; the same for groups that have a name of that kind. */
const VERB = /\((?:\*[\w:]|\?C)[^()]*\)?/uy;
const UNJUDGED = /\(\?(?:R|[+-]?\d+|&\w+|P>\w+)\)|\\g(?:<[^>]*>|'[^']*')|\(\?\(|\(\?<?\*/uy;
const ATOMS: readonly Rule<Node>[] = [
  [VERB, (_, found = '') => refuse(found, 'is not supported: an expression sets nothing of the engine')],
  [UNJUDGED, (_, found = '') => refuse(found, 'is not supported: it could backtrack without bound')],
  [/(?<![^])(?:\^|\\A)/uy, () => NOTHING],
  [/[$^]|\\[AbBGzZK]/uy, (scan) => asserted(scan, NOTHING)],
  [/\(\?<?[=!]/uy, (scan) => lookaround(scan)],
  [/\(\?>/uy, (scan) => holding(group(scan))],
  [/\(\?\^?([a-zA-Z]*)(?:-([a-zA-Z]*))?\)/uy, (scan, _, on = '', off = '') => setOptions(scan, on, off)],
  [/\(\?\^?([a-zA-Z]*)(?:-([a-zA-Z]*))?:/uy, (scan, _, on, off) => group(scan, on, off)],
  [/\((?:\?(?:\||P?<[^=!>]+>|'[^']+'))?(?![?*])/uy, (scan) => group(scan)],
  [/(?=[^)|])/uy, (scan) => ({ kind: 'letter', at: scan.at, letters: read(LETTERS, scan) })],
];

export const copies = ({ min, max }: Repeat): number => (max === Infinity ? Math.max(min, 1) : max);

/** Whether a repeat is written out: its body as often as it may come, one after another. */
export const isWritten = (node: Repeat): boolean =>
  copies(node) * node.size <= (node.size === 1 ? MAX_LETTERS_WRITTEN : MAX_WRITTEN);

/** How many nodes `node` makes when its repeats are written out, as far as they are. */
function sizeOf(node: Node): number {
  if (node.kind === 'letter') return 1;
  if (node.kind !== 'repeat') return node.parts.reduce((size, part) => size + sizeOf(part), 1);
  return isWritten(node) ? Math.max(copies(node) * node.size, node.size) : node.size;
}

const QUANTIFIER = /(?:([*+?])|\{(?=[ \t,]*\d)[ \t]*(\d*)[ \t]*(,?)[ \t]*(\d*)[ \t]*\})([+?]?)/uy;

function quantified(scan: Scan): Node {
  const from = scan.at;
  const body = read(ATOMS, scan);
  skip(scan);
  const found = eat(scan, QUANTIFIER);
  if (found === undefined) return body;
  const [, sign = '', low, comma, high, kind] = found;
  const min = Number(sign === '+' || low);
  const bound = comma === '' && sign === '' ? low : high;
  const max = sign === '?' ? 1 : Number(bound || Infinity);
  if (max < min) throw new Stop();
  const lazy = kind === '?' || (kind === '' && scan.flags.includes('U'));
  const span = { from, to: scan.at };
  const node: Repeat = { kind: 'repeat', body, size: sizeOf(body), min, max, lazy, held: false, ...span };
  scan.repeats.push(node);
  return kind === '+' ? holding(node) : node;
}

/** Past comments and, with the option x, blanks. */
function skip(scan: Scan): void {
  const blanks = scan.flags.includes('x') ? /(?:\(\?#[^)]*\)|\\E|\s|#[^\n]*)+/uy : /(?:\(\?#[^)]*\)|\\E)+/uy;
  eat(scan, blanks);
}

const all = (parts: readonly Node[]): Node =>
  parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'all', parts };

/** Any of `branches`; what they begin with in common stands once, or lists of words would make too many pairs. */
function any(branches: readonly (readonly Node[])[]): Node {
  const groups = new Map<unknown, (readonly Node[])[]>();
  for (const branch of branches) {
    const key = branch[0]?.kind === 'letter' ? branch[0].letters : branch;
    groups.set(key, [...(groups.get(key) ?? []), branch]);
  }
  const parts = [...groups.values()].map((group) => {
    const [[first = NOTHING, ...rest] = [], ...others] = group;
    return all(others.length === 0 ? [first, ...rest] : [first, any(group.map((branch) => branch.slice(1)))]);
  });
  return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'any', parts };
}

function sequence(scan: Scan): readonly Node[] {
  const parts: Node[] = [];
  skip(scan);
  while (/[^|)]/u.test(scan.text.charAt(scan.at))) {
    parts.push(quantified(scan));
    skip(scan);
  }
  return parts;
}

function alternatives(scan: Scan): Node {
  const branches = [sequence(scan)];
  while (eat(scan, /\|/uy) !== undefined) branches.push(sequence(scan));
  return any(branches);
}

function scanOf(text: string): Scan {
  const alphabet = alphabetOf(text);
  const bits = alphabet.flatMap((cases, i) =>
    cases.map((each) => [each, 1n << BigInt(alphabet.length - 1 - i)] as const),
  );
  const found = { known: new Map(bits), apart: [], repeats: [], asserted: false };
  return { text, alphabet, ...found, at: 0, depth: 0, flags: '' };
}

/** Quoted characters, each escaped instead. */
const unquoted = (expression: string): string =>
  expression.replace(/\\Q([^]*?)(?:\\E|$)|\\[^Q]/gu, (found, quoted: string | undefined) =>
    quoted === undefined ? found : quoted.replace(/[^\w\s]/gu, '\\$&'),
  );

/** The expression as a tree; undefined where it is none. */
export function scanned(expression: string): { readonly scan: Scan; readonly whole: Node } | undefined {
  const scan = scanOf(unquoted(expression));
  const whole = alternatives(scan);
  return scan.at < scan.text.length ? undefined : { scan, whole };
}
