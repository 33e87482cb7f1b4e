/** Parses PCRE as far as `runaway.ts` needs it: the characters of an expression, their order and their repeats. */
import { echo } from '../errors.js';

/** Ends the work. The message is the reason to refuse; an empty one means unknown syntax. */
export class Refusal extends Error {}

/** The characters that one position takes, a bit for each of the alphabet. */
export type CharacterSet = bigint;

export type Node =
  | { readonly kind: 'character'; readonly set: CharacterSet; readonly offset: number }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[] }
  | Repeat;

export interface Repeat {
  readonly kind: 'repeat';
  readonly body: Node;
  /** The nodes of the body. */
  readonly bodySize: number;
  readonly min: number;
  readonly max: number;
  readonly isLazy: boolean;
  /** Gives no character back. */
  readonly isPossessive: boolean;
  readonly from: number;
  readonly to: number;
}

export interface Parser {
  readonly text: string;
  /** Enough characters to tell sets apart, each with its other cases. */
  readonly alphabet: readonly (readonly string[])[];
  /** The sets of single characters and of classes, by source. */
  readonly sets: Map<string, CharacterSet>;
  /** Judged each by itself. */
  readonly lookarounds: Node[];
  readonly repeats: Repeat[];
  /** It can fail without taking a character. */
  hasAssertions: boolean;
  offset: number;
  depth: number;
  options: string;
}

type Rule<T> = readonly [sticky: RegExp, reader: (parser: Parser, ...found: readonly string[]) => T];

const MAX_CODE = 0x10ffff;
/** A repeat is unrolled up to this many nodes; one of a single character up to fewer, since a loop serves as well. */
const MAX_UNROLLED = 120;
const MAX_CHARACTERS_UNROLLED = 40;
/** PCRE's own limit. */
const MAX_DEPTH = 250;
const ASCII = String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => code));
const BEYOND_ASCII = '\u0085\u00a0áßαжא٣ह\u1680\u2003\u2028\u202f\u3000あ中한😀\ue000\u{10ffff}';

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

/** ASCII, the characters of `text` with their neighbours, and a few of the rest. */
function alphabetOf(text: string): Parser['alphabet'] {
  const hex = [...text.matchAll(/\\x\{?([0-9a-f]+)/giu)].map(([, digits = '']) => parseInt(digits, 16));
  const near = [...Array.from(text, codeOf), ...hex].filter((code) => code > 0x7e && code < MAX_CODE);
  const named = near.flatMap((code) => [code - 1, code, code + 1]).map((code) => String.fromCodePoint(code));
  const groups = new Map<string, Set<string>>();
  for (const each of [...Array.from(ASCII + BEYOND_ASCII), ...named]) {
    const upper = each.toUpperCase();
    const lower = upper.toLowerCase();
    groups.set(lower, (groups.get(lower) ?? new Set()).add(each).add(upper).add(lower));
  }
  return [...groups.values()].map((cases) => [...cases]);
}

/** The set of a JavaScript class. */
function setOf(parser: Parser, source: string): CharacterSet {
  const known = parser.sets.get(source);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${source}$`, 'v');
  const bits = parser.alphabet.map((cases) => Number(cases.some((each) => pattern.test(each))));
  const found = BigInt(`0b${bits.join('')}`);
  parser.sets.set(source, found);
  return found;
}

function eat(parser: Parser, sticky: RegExp): readonly string[] | undefined {
  sticky.lastIndex = parser.offset;
  const found = sticky.exec(parser.text);
  if (found === null) return undefined;
  parser.offset = sticky.lastIndex;
  return found.map((group: string | undefined) => group ?? '');
}

/** Reads by the first rule that fits here. */
function read<T>(rules: readonly Rule<T>[], parser: Parser): T {
  for (const [sticky, reader] of rules) {
    const found = eat(parser, sticky);
    if (found !== undefined) return reader(parser, ...found);
  }
  throw new Refusal();
}

function classOf(not: boolean, name: string): string {
  const found = CLASSES[name];
  if (found === undefined) throw new Refusal();
  return not ? `[^${found}]` : found;
}

/** The class of a Unicode property; any character where JavaScript has no such property. */
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
/** A letter without a meaning behind a backslash stands for itself. */
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

function range(parser: Parser): string {
  const low = read(CLASS_CODES, parser);
  const high = eat(parser, /-(?!\]|\\[dwshvp]|\[:)/iuy) === undefined ? low : read(CLASS_CODES, parser);
  if (high < low || high > MAX_CODE) throw new Refusal();
  return `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`;
}

function bracketed(parser: Parser, not: string | undefined): CharacterSet {
  const items: string[] = [];
  do items.push(read(CLASS_ITEMS, parser));
  while (eat(parser, /\]/uy) === undefined);
  const set = setOf(parser, `[${items.join('')}]`);
  return not === '^' ? setOf(parser, ANY) ^ set : set;
}

function character(parser: Parser, code: number): CharacterSet {
  if (code > MAX_CODE) throw new Refusal();
  return parser.sets.get(String.fromCodePoint(code)) ?? setOf(parser, ANY);
}

function withAssertion<T>(parser: Parser, node: T): T {
  parser.hasAssertions = true;
  return node;
}

const REFERENCE = /\\(?:[1-9]\d*|g(?:\{[^}]*\}|[+-]?\d+)|k(?:\{\w+\}|<\w+>|'\w+'))|\(\?P=\w+\)/uy;
const CHARACTERS: readonly Rule<CharacterSet>[] = [
  [REFERENCE, (parser) => withAssertion(parser, setOf(parser, ANY))],
  [/\[(\^?)/uy, (parser, _, not) => bracketed(parser, not)],
  [/\.|\\N/uy, (parser, dot) => setOf(parser, dot === '.' && parser.options.includes('s') ? ANY : '[^\\n]')],
  [/\\R/uy, (parser) => setOf(parser, classOf(false, 'v'))],
  [/\\[XC]/uy, (parser) => setOf(parser, ANY)],
  ...SETS.map(([sticky, set]): Rule<CharacterSet> => [
    sticky,
    (parser, ...found) => setOf(parser, set(parser, ...found)),
  ]),
  ...[...CODES, PLAIN_LETTER].map(([sticky, code]): Rule<CharacterSet> => [
    sticky,
    (parser, ...found) => character(parser, code(parser, ...found)),
  ]),
  [/[^*+?()|\\]/uy, (parser, found = '') => character(parser, codeOf(found))],
];

const NOTHING: Node = { kind: 'all', parts: [] };

export function refuse(construct: string, why: string): never {
  const all = Array.from(construct);
  throw new Refusal(`\`${echo(all.length > 40 ? `${all.slice(0, 39).join('')}…` : construct)}\` ${why}`);
}

/** The rest of a group; options set within it end with it. */
function group(parser: Parser, on = '', off = ''): Node {
  const { options } = parser;
  setOptions(parser, on, off);
  if (++parser.depth > MAX_DEPTH) throw new Refusal();
  const body = alternatives(parser);
  if (eat(parser, /\)/uy) === undefined) throw new Refusal();
  parser.depth--;
  parser.options = options;
  return body;
}

function setOptions(parser: Parser, on: string, off: string): Node {
  parser.options = Array.from(parser.options + on, (flag) => (off.includes(flag) ? '' : flag)).join('');
  return NOTHING;
}

function lookaround(parser: Parser): Node {
  parser.lookarounds.push(group(parser));
  return withAssertion(parser, NOTHING);
}

/** Makes a loop over one set possessive; other atomic groups count as if they gave characters back. */
const possessive = (node: Node): Node =>
  node.kind === 'repeat' && node.body.kind === 'character' && !node.isLazy
    ? { ...node, isPossessive: true }
    : node;

/** Sets limits and options of the engine, or steers its backtracking, also in groups with a name of that kind. */
const VERB = /\((?:\*[\w:]|\?C)[^()]*\)?/uy;
const UNSUPPORTED = /\(\?(?:R|[+-]?\d+|&\w+|P>\w+)\)|\\g(?:<[^>]*>|'[^']*')|\(\?\(|\(\?<?\*/uy;
const ATOMS: readonly Rule<Node>[] = [
  [VERB, (_, found = '') => refuse(found, 'is not supported: an expression sets nothing of the engine')],
  [UNSUPPORTED, (_, found = '') => refuse(found, 'is not supported: it could backtrack without bound')],
  [/(?<![^])(?:\^|\\A)/uy, () => NOTHING],
  [/[$^]|\\[AbBGzZK]/uy, (parser) => withAssertion(parser, NOTHING)],
  [/\(\?<?[=!]/uy, (parser) => lookaround(parser)],
  [/\(\?>/uy, (parser) => possessive(group(parser))],
  [/\(\?\^?([a-zA-Z]*)(?:-([a-zA-Z]*))?\)/uy, (parser, _, on = '', off = '') => setOptions(parser, on, off)],
  [/\(\?\^?([a-zA-Z]*)(?:-([a-zA-Z]*))?:/uy, (parser, _, on, off) => group(parser, on, off)],
  [/\((?:\?(?:\||P?<[^=!>]+>|'[^']+'))?(?![?*])/uy, (parser) => group(parser)],
  [/(?=[^)|])/uy, (parser) => ({ kind: 'character', offset: parser.offset, set: read(CHARACTERS, parser) })],
];

export const copiesOf = ({ min, max }: Repeat): number => (max === Infinity ? Math.max(min, 1) : max);

/** True for an unrolled repeat: its body as often as it may come, one after another. */
export const isUnrolled = (node: Repeat): boolean =>
  copiesOf(node) * node.bodySize <= (node.bodySize === 1 ? MAX_CHARACTERS_UNROLLED : MAX_UNROLLED);

/** Counts the nodes of `node`, repeats unrolled. */
function sizeOf(node: Node): number {
  if (node.kind === 'character') return 1;
  if (node.kind !== 'repeat') return node.parts.reduce((size, part) => size + sizeOf(part), 1);
  return isUnrolled(node) ? Math.max(copiesOf(node) * node.bodySize, node.bodySize) : node.bodySize;
}

const QUANTIFIER = /(?:([*+?])|\{(?=[ \t,]*\d)[ \t]*(\d*)[ \t]*(,?)[ \t]*(\d*)[ \t]*\})([+?]?)/uy;

function quantified(parser: Parser): Node {
  const from = parser.offset;
  const body = read(ATOMS, parser);
  skip(parser);
  const found = eat(parser, QUANTIFIER);
  if (found === undefined) return body;
  const [, sign = '', low, comma, high, kind] = found;
  const min = Number(sign === '+' || low);
  const bound = comma === '' && sign === '' ? low : high;
  const max = sign === '?' ? 1 : Number(bound || Infinity);
  if (max < min) throw new Refusal();
  const isLazy = kind === '?' || (kind === '' && parser.options.includes('U'));
  const span = { from, to: parser.offset };
  const node: Repeat = {
    kind: 'repeat',
    body,
    bodySize: sizeOf(body),
    min,
    max,
    isLazy,
    isPossessive: false,
    ...span,
  };
  parser.repeats.push(node);
  return kind === '+' ? possessive(node) : node;
}

/** Skips comments and, with the option x, blanks. */
function skip(parser: Parser): void {
  const blanks = parser.options.includes('x')
    ? /(?:\(\?#[^)]*\)|\\E|\s|#[^\n]*)+/uy
    : /(?:\(\?#[^)]*\)|\\E)+/uy;
  eat(parser, blanks);
}

const all = (parts: readonly Node[]): Node =>
  parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'all', parts };

/** Any of `branches`; a common beginning stands once, or lists of words would make too many pairs. */
function any(branches: readonly (readonly Node[])[]): Node {
  const groups = new Map<unknown, (readonly Node[])[]>();
  for (const branch of branches) {
    const key = branch[0]?.kind === 'character' ? branch[0].set : branch;
    groups.set(key, [...(groups.get(key) ?? []), branch]);
  }
  const parts = [...groups.values()].map((group) => {
    const [[first = NOTHING, ...rest] = [], ...others] = group;
    return all(others.length === 0 ? [first, ...rest] : [first, any(group.map((branch) => branch.slice(1)))]);
  });
  return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'any', parts };
}

function sequence(parser: Parser): readonly Node[] {
  const parts: Node[] = [];
  skip(parser);
  while (/[^|)]/u.test(parser.text.charAt(parser.offset))) {
    parts.push(quantified(parser));
    skip(parser);
  }
  return parts;
}

function alternatives(parser: Parser): Node {
  const branches = [sequence(parser)];
  while (eat(parser, /\|/uy) !== undefined) branches.push(sequence(parser));
  return any(branches);
}

function createParser(text: string): Parser {
  const alphabet = alphabetOf(text);
  const bits = alphabet.flatMap((cases, i) =>
    cases.map((each) => [each, 1n << BigInt(alphabet.length - 1 - i)] as const),
  );
  const found = { sets: new Map(bits), lookarounds: [], repeats: [], hasAssertions: false };
  return { text, alphabet, ...found, offset: 0, depth: 0, options: '' };
}

/** Quoted characters, each escaped instead. */
const unquoted = (expression: string): string =>
  expression.replace(/\\Q([^]*?)(?:\\E|$)|\\[^Q]/gu, (found, quoted: string | undefined) =>
    quoted === undefined ? found : quoted.replace(/[^\w\s]/gu, '\\$&'),
  );

/** Parses the expression into a tree; undefined for text behind its end. Errors: Refusal. */
export function parseExpression(
  expression: string,
): { readonly parser: Parser; readonly whole: Node } | undefined {
  const parser = createParser(unquoted(expression));
  const whole = alternatives(parser);
  return parser.offset < parser.text.length ? undefined : { parser, whole };
}
