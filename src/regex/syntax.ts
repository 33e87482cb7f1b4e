/** Parses PCRE as far as `runaway.ts` needs it: the characters of an expression, their order and their repeats. */
import { codePointOf, setOf } from './alphabet.js';
import { readCharacter, readQuoted } from './characters.js';
import {
  createParser,
  eat,
  eatLive,
  readByRules,
  Refusal,
  refuseConstruct,
  skipMarks,
  UNCLEAR,
  withAssertion,
} from './reader.js';
import type { Parser, SyntaxRule } from './reader.js';
import { any, NOTHING, possessive, sizeOf } from './tree.js';
import type { Node, Repeat } from './tree.js';

/** PCRE's own limit. */
const MAX_DEPTH = 250;

/** The rest of a group; options set within it end with it. */
function group(parser: Parser, ...flags: readonly string[]): Node {
  const { options } = parser;
  setOptions(parser, ...flags);
  if (++parser.depth > MAX_DEPTH) throw new Refusal();
  const body = alternatives(parser);
  if (eat(parser, /\)/uy) === undefined) throw new Refusal();
  parser.depth--;
  parser.options = options;
  return body;
}

/** Sets the flags `on` and unsets those of `off`; a caret before them unsets all but U. */
function setOptions(parser: Parser, caret = '', on = '', off = ''): Node {
  if (on.includes('xx')) refuseConstruct(`(?${caret}${on}`, UNCLEAR);
  const before = caret === '' ? parser.options : parser.options.replace(/[^U]/gu, '');
  parser.options = Array.from(before + on, (flag) => (off.includes(flag) ? '' : flag)).join('');
  return NOTHING;
}

function lookaround(parser: Parser): Node {
  parser.lookarounds.push(group(parser));
  return withAssertion(parser, NOTHING);
}

/** Sets limits and options of the engine, or steers its backtracking, also in groups with a name of that kind. */
const VERB = /\((?:\*[\w:]|\?C)[^()]*\)?/uy;
const NO_VERBS = 'is not supported: an expression sets nothing of the engine';
/** The same anywhere in a text, without a backslash before it, except for that of a control character. */
const VERB_WITHIN = /(?<!\\)(?:\\\\)*(?:\\c\\)?(\((?:\*[\w:]|\?C)[^()]*\)?)/u;
const UNSUPPORTED = /\(\?(?:R|[+-]?\d|&|P>)[^()]*\)?|\\g(?:<[^>]*>|'[^']*')|\(\?\(|\(\?<?\*/uy;
const ATOMS: readonly SyntaxRule<Node>[] = [
  [VERB, (_, found = '') => refuseConstruct(found, NO_VERBS)],
  [
    UNSUPPORTED,
    (_, found = '') => refuseConstruct(found, 'is not supported: it could backtrack without bound'),
  ],
  [/(?<![^])(?:\^|\\A)/uy, () => NOTHING],
  [/[$^]|\\[AbBGzZK]|\[\[:[<>]:\]\]/uy, (parser) => withAssertion(parser, NOTHING)],
  [/\(\?<?[=!]/uy, (parser) => lookaround(parser)],
  [/\(\?>/uy, (parser) => possessive(group(parser))],
  [/\(\?(\^?)([a-zA-Z]*)(?:-([a-zA-Z]*))?\)/uy, (parser, _, ...flags) => setOptions(parser, ...flags)],
  [/\(\?(\^?)([a-zA-Z]*)(?:-([a-zA-Z]*))?:/uy, (parser, _, ...flags) => group(parser, ...flags)],
  [/\((?:\?(?:\||P?<[^=!>]+>|'[^']+'))?(?![?*])/uy, (parser) => group(parser)],
  [/(?=[^)|])/uy, (parser) => ({ kind: 'character', offset: parser.offset, set: readCharacter(parser) })],
];

const QUANTIFIER = /([*+?])|\{(?=[ \t,]*\d)[ \t]*(\d*)[ \t]*(,?)[ \t]*(\d*)[ \t]*\}/uy;
/** Text to older engines; newer ones let nothing follow that repeats it. */
const NEW_QUANTIFIER = /^\{,|[ \t]/u;

const quotedCharacter = (parser: Parser): Node => ({
  kind: 'character',
  offset: parser.offset,
  set: readQuoted(parser),
});

function repeat(parser: Parser, parts: Omit<Repeat, 'kind' | 'bodySize' | 'isPossessive'>): Repeat {
  const node: Repeat = { kind: 'repeat', ...parts, bodySize: sizeOf(parts.body), isPossessive: false };
  parser.repeats.push(node);
  return node;
}

/** The same quantifier as text; the sign of its kind repeats the brace then. */
function textOf(
  parser: Parser,
  found: readonly string[],
  span: Pick<Repeat, 'from' | 'to'>,
): readonly Node[] {
  const [quantifier = ''] = found;
  const shown = parser.options.includes('x') ? quantifier.replace(/[ \t]/gu, '') : quantifier;
  const text = Array.from(shown, (each): Node => {
    return {
      kind: 'character',
      offset: span.from,
      set: setOf(parser, `[\\u{${codePointOf(each).toString(16)}}]`),
    };
  });
  const brace = text.at(-1) ?? NOTHING;
  const kind = found.at(-1) ?? '';
  if (kind === '') return text;
  const [min, max] = kind === '+' ? [1, Infinity] : [0, 1];
  return [...text.slice(0, -1), repeat(parser, { body: brace, min, max, isLazy: false, ...span })];
}

function eatQuantifier(parser: Parser): readonly string[] | undefined {
  skip(parser);
  const { offset } = parser;
  const found = eatLive(parser, QUANTIFIER);
  if (found === undefined) return undefined;
  skip(parser);
  const [kind = ''] = eatLive(parser, /[+?]/uy) ?? [];
  skip(parser);
  const isRepeated = !parser.isQuoted && /[*+?{]/u.test(parser.text.charAt(parser.offset));
  if (!isRepeated || !NEW_QUANTIFIER.test(found[0] ?? '')) return [...found, kind];
  parser.offset = offset;
  return undefined;
}

function quantified(parser: Parser): Node {
  const from = parser.offset;
  const body = parser.isQuoted ? quotedCharacter(parser) : readByRules(ATOMS, parser);
  const found = eatQuantifier(parser);
  if (found === undefined) return body;
  const [, sign = '', low, comma, high, kind] = found;
  const min = Number(sign === '+' || low);
  const bound = comma === '' && sign === '' ? low : high;
  const max = sign === '?' ? 1 : Number(bound || Infinity);
  if (max < min) throw new Refusal();
  const isLazy = kind === '?' || (kind === '' && parser.options.includes('U'));
  const span = { from, to: parser.offset };
  const node = repeat(parser, { body, min, max, isLazy, ...span });
  const whole = kind === '+' ? possessive(node) : node;
  return NEW_QUANTIFIER.test(found[0] ?? '') ? any([[whole], [body, ...textOf(parser, found, span)]]) : whole;
}

/** Skips the marks of quotes, comments and, with the option x, blanks. */
function skip(parser: Parser): void {
  if (!parser.options.includes('x')) {
    skipMarks(parser, /(?:\(\?#[^)]*\)|\\E)+/uy);
    return;
  }
  skipMarks(parser, /(?:\(\?#[^)]*\)|\\E|[\t-\r ]|#[^\n]*)+/uy);
  const [blank] = eatLive(parser, /[\x85\u200e\u200f\u2028\u2029]/uy) ?? [];
  if (blank !== undefined) refuseConstruct(blank, UNCLEAR);
}

const isInSequence = ({ isQuoted, offset, text }: Parser): boolean =>
  offset < text.length && (isQuoted || !/[|)]/u.test(text.charAt(offset)));

function sequence(parser: Parser): readonly Node[] {
  const parts: Node[] = [];
  skip(parser);
  while (isInSequence(parser)) {
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

/** Refuses a text with a verb behind syntax that is unknown here: an engine that knows the syntax would obey the verb. */
function refuseVerb(text: string): void {
  const [, found] = VERB_WITHIN.exec(text) ?? [];
  if (found !== undefined) refuseConstruct(found, NO_VERBS);
}

/** Parses the expression into a tree; undefined for unknown syntax, and for text behind its end. Errors: Refusal. */
export function parseExpression(
  expression: string,
): { readonly parser: Parser; readonly whole: Node } | undefined {
  const parser = createParser(expression);
  try {
    const whole = alternatives(parser);
    if (parser.offset === parser.text.length) return { parser, whole };
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.message !== '') throw refusal;
  }
  refuseVerb(parser.text);
  return undefined;
}
