/** Parses PCRE as far as `runaway.ts` needs it: the characters of an expression, their order and their repeats. */
import { readCharacter } from './characters.js';
import { createParser, eat, readByRules, Refusal, refuseConstruct, withAssertion } from './reader.js';
import type { Parser, SyntaxRule } from './reader.js';
import { any, NOTHING, possessive, sizeOf } from './tree.js';
import type { Node, Repeat } from './tree.js';

/** PCRE's own limit. */
const MAX_DEPTH = 250;

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

/** Sets limits and options of the engine, or steers its backtracking, also in groups with a name of that kind. */
const VERB = /\((?:\*[\w:]|\?C)[^()]*\)?/uy;
const NO_VERBS = 'is not supported: an expression sets nothing of the engine';
/** The same anywhere in a text, without a backslash before it. */
const VERB_WITHIN = /(?<!\\)(?:\\\\)*(\((?:\*[\w:]|\?C)[^()]*\)?)/u;
const UNSUPPORTED = /\(\?(?:R|[+-]?\d+|&\w+|P>\w+)\)|\\g(?:<[^>]*>|'[^']*')|\(\?\(|\(\?<?\*/uy;
const ATOMS: readonly SyntaxRule<Node>[] = [
  [VERB, (_, found = '') => refuseConstruct(found, NO_VERBS)],
  [
    UNSUPPORTED,
    (_, found = '') => refuseConstruct(found, 'is not supported: it could backtrack without bound'),
  ],
  [/(?<![^])(?:\^|\\A)/uy, () => NOTHING],
  [/[$^]|\\[AbBGzZK]/uy, (parser) => withAssertion(parser, NOTHING)],
  [/\(\?<?[=!]/uy, (parser) => lookaround(parser)],
  [/\(\?>/uy, (parser) => possessive(group(parser))],
  [/\(\?\^?([a-zA-Z]*)(?:-([a-zA-Z]*))?\)/uy, (parser, _, on = '', off = '') => setOptions(parser, on, off)],
  [/\(\?\^?([a-zA-Z]*)(?:-([a-zA-Z]*))?:/uy, (parser, _, on, off) => group(parser, on, off)],
  [/\((?:\?(?:\||P?<[^=!>]+>|'[^']+'))?(?![?*])/uy, (parser) => group(parser)],
  [/(?=[^)|])/uy, (parser) => ({ kind: 'character', offset: parser.offset, set: readCharacter(parser) })],
];

const QUANTIFIER = /(?:([*+?])|\{(?=[ \t,]*\d)[ \t]*(\d*)[ \t]*(,?)[ \t]*(\d*)[ \t]*\})([+?]?)/uy;

function quantified(parser: Parser): Node {
  const from = parser.offset;
  const body = readByRules(ATOMS, parser);
  skip(parser);
  const { offset } = parser;
  const found = eat(parser, QUANTIFIER);
  if (found === undefined) return body;
  const [, sign = '', low, comma, high, kind] = found;
  if (sign === '' && low === '' && /[*+?{]/u.test(parser.text.charAt(parser.offset))) {
    // Without a minimum it is text to older engines; to newer ones nothing may follow that repeats it.
    parser.offset = offset;
    return body;
  }
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

/** Quoted characters, each escaped instead. */
const unquoted = (expression: string): string =>
  expression.replace(/\\Q([^]*?)(?:\\E|$)|\\[^Q]/gu, (found, quoted: string | undefined) =>
    quoted === undefined ? found : quoted.replace(/[^\w\s]/gu, '\\$&'),
  );

/** Refuses a text with a verb behind syntax that is unknown here: an engine that knows the syntax would obey the verb. */
function refuseVerb(text: string): void {
  const [, found] = VERB_WITHIN.exec(text) ?? [];
  if (found !== undefined) refuseConstruct(found, NO_VERBS);
}

/** Parses the expression into a tree; undefined for unknown syntax, and for text behind its end. Errors: Refusal. */
export function parseExpression(
  expression: string,
): { readonly parser: Parser; readonly whole: Node } | undefined {
  const parser = createParser(unquoted(expression));
  try {
    const whole = alternatives(parser);
    if (parser.offset === parser.text.length) return { parser, whole };
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.message !== '') throw refusal;
  }
  refuseVerb(parser.text);
  return undefined;
}
