/** Reads the parts of an expression that take one character: characters, escapes, classes and back references. */
import { codePointOf, MAX_CODE, setOf } from './alphabet.js';
import type { CharacterSet } from './alphabet.js';
import {
  eatLive,
  readByRules,
  Refusal,
  refuseConstruct,
  skipMarks,
  UNCLEAR,
  withAssertion,
} from './reader.js';
import type { Parser, SyntaxRule } from './reader.js';

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

const CODES: readonly SyntaxRule<number>[] = [
  [/\\[xoN]\{[ \t]/uy, (_, found = '') => refuseConstruct(found, UNCLEAR)],
  [
    /\\(?:x\{([0-9a-f]+)\}|N\{U\+([0-9a-f]+)\}|x([0-9a-f]{0,2}))/iuy,
    (_, __, ...digits) => Number(`0x0${digits.join('')}`),
  ],
  [/\\(?:o\{([0-7]+)\}|(0[0-7]{0,2}))/uy, (_, __, ...digits) => Number(`0o0${digits.join('')}`)],
  [/\\c([\0-\x7f])/uy, (_, __, letter = '') => codePointOf(letter.toUpperCase()) ^ 64],
  [/\\([aefnrt])/uy, (_, __, letter = '') => [7, 27, 12, 10, 13, 9]['aefnrt'.indexOf(letter)] ?? 0],
  [/\\([^A-Za-z0-9])/uy, (_, __, character = '') => codePointOf(character)],
];
/** A letter without a meaning behind a backslash stands for itself. */
const PLAIN_LETTER: SyntaxRule<number> = [/\\([A-Za-z])/uy, (_, __, letter = '') => codePointOf(letter)];
/** In a class a digit behind a backslash is no reference: it begins an octal code, or is 8 or 9 itself. */
const CLASS_CODES: readonly SyntaxRule<number>[] = [
  ...CODES,
  [/\\([1-7][0-7]{0,2})/uy, (_, __, digits = '') => Number(`0o${digits}`)],
  [/\\([89])/uy, (_, __, digit = '') => codePointOf(digit)],
  [/\\b/uy, () => 8],
  PLAIN_LETTER,
  [/[^\\]/uy, (_, character = '') => codePointOf(character)],
];
const SETS: readonly SyntaxRule<string>[] = [
  [/\\([dwshv])/uy, (_, __, name = '') => classOf(false, name)],
  [/\\([DWSHV])/uy, (_, __, name = '') => classOf(true, name.toLowerCase())],
  [/\\(?:p\{|P\{\^)([^^}]+)\}|\\p([A-Za-z])/uy, (_, __, long, short) => property('p', long || short || '')],
  [/\\(?:P\{|p\{\^)([^^}]+)\}|\\P([A-Za-z])/uy, (_, __, long, short) => property('P', long || short || '')],
];
const CLASS_ITEMS: readonly SyntaxRule<string>[] = [
  [/\[:(\^?)([a-z]+):\]/uy, (_, __, not, name = '') => classOf(not === '^', name)],
  ...SETS,
  [/(?=[^])/uy, range],
];

const QUOTED_CODES: readonly SyntaxRule<number>[] = [[/[^]/uy, (_, found = '') => codePointOf(found)]];

const classCode = (parser: Parser): number =>
  readByRules(parser.isQuoted ? QUOTED_CODES : CLASS_CODES, parser);

/** Skips the marks of quotes in a class. */
const skipClassMarks = (parser: Parser): void => {
  skipMarks(parser, /(?:\\E)+/uy);
};

const HYPHEN = /-(?!(?:\\E|\\Q\\E)*(?:\]|\\[dwshvp]|\[:))/iuy;

function range(parser: Parser): string {
  const low = classCode(parser);
  skipClassMarks(parser);
  let high = low;
  if (eatLive(parser, HYPHEN) !== undefined) {
    skipClassMarks(parser);
    high = classCode(parser);
  }
  if (high < low || high > MAX_CODE) throw new Refusal();
  return `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`;
}

function bracketed(parser: Parser, not: string | undefined): CharacterSet {
  const items: string[] = [];
  do {
    skipClassMarks(parser);
    items.push(parser.isQuoted ? range(parser) : readByRules(CLASS_ITEMS, parser));
    skipClassMarks(parser);
  } while (eatLive(parser, /\]/uy) === undefined);
  const set = setOf(parser, `[${items.join('')}]`);
  return not === '^' ? setOf(parser, ANY) ^ set : set;
}

function character(parser: Parser, code: number): CharacterSet {
  if (code > MAX_CODE) throw new Refusal();
  return parser.sets.get(String.fromCodePoint(code)) ?? setOf(parser, ANY);
}

const REFERENCE = /\\(?:[1-9]\d*|g(?:\{[^}]*\}|[+-]?\d+)|k(?:\{[^}]*\}|<[^>]*>|'[^']*'))|\(\?P=[^)]*\)/uy;
const CHARACTERS: readonly SyntaxRule<CharacterSet>[] = [
  [REFERENCE, (parser) => withAssertion(parser, setOf(parser, ANY))],
  [/\[(?:\\E|\\Q\\E)*(\^?)(?:\\E|\\Q\\E)*/uy, (parser, _, not) => bracketed(parser, not)],
  [
    /\.|\\N(?!\{(?:U\+|[ \t]))/uy,
    (parser, dot) => setOf(parser, dot === '.' && parser.options.includes('s') ? ANY : '[^\\n]'),
  ],
  [/\\R/uy, (parser) => setOf(parser, classOf(false, 'v'))],
  [/\\[XC]/uy, (parser) => setOf(parser, ANY)],
  ...SETS.map(([sticky, set]): SyntaxRule<CharacterSet> => [
    sticky,
    (parser, ...found) => setOf(parser, set(parser, ...found)),
  ]),
  ...[...CODES, PLAIN_LETTER].map(([sticky, code]): SyntaxRule<CharacterSet> => [
    sticky,
    (parser, ...found) => character(parser, code(parser, ...found)),
  ]),
  [/[^*+?()|\\]/uy, (parser, found = '') => character(parser, codePointOf(found))],
];

/** Reads one quoted character. */
export const readQuoted = (parser: Parser): CharacterSet =>
  character(parser, readByRules(QUOTED_CODES, parser));

/** Reads one position, and answers its characters. Errors: Refusal. */
export const readCharacter = (parser: Parser): CharacterSet => readByRules(CHARACTERS, parser);
