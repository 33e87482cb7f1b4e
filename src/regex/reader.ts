/** Reads the text of an expression by rules, or refuses it. */
import { echo } from '../errors.js';
import { createCharacterSets } from './alphabet.js';
import type { CharacterSets } from './alphabet.js';
import type { Node, Repeat } from './tree.js';

/** Ends the work. The message is the reason to refuse; an empty one means unknown syntax. */
export class Refusal extends Error {}

export function refuseConstruct(construct: string, why: string): never {
  const all = Array.from(construct);
  throw new Refusal(`\`${echo(all.length > 40 ? `${all.slice(0, 39).join('')}…` : construct)}\` ${why}`);
}

export interface Parser extends CharacterSets {
  readonly text: string;
  /** Judged each by itself. */
  readonly lookarounds: Node[];
  readonly repeats: Repeat[];
  /** It can fail without taking a character. */
  hasAssertions: boolean;
  offset: number;
  depth: number;
  options: string;
  /** True behind `\Q`: what follows is text, up to `\E`. */
  isQuoted: boolean;
}

export type SyntaxRule<T> = readonly [
  sticky: RegExp,
  reader: (parser: Parser, ...found: readonly string[]) => T,
];

export const createParser = (text: string): Parser => ({
  text,
  ...createCharacterSets(text),
  lookarounds: [],
  repeats: [],
  hasAssertions: false,
  offset: 0,
  depth: 0,
  options: '',
  isQuoted: false,
});

export function eat(parser: Parser, sticky: RegExp): readonly string[] | undefined {
  sticky.lastIndex = parser.offset;
  const found = sticky.exec(parser.text);
  if (found === null) return undefined;
  parser.offset = sticky.lastIndex;
  return found.map((group: string | undefined) => group ?? '');
}

/** The same, but nothing within a quote. */
export const eatLive = (parser: Parser, sticky: RegExp): readonly string[] | undefined =>
  parser.isQuoted ? undefined : eat(parser, sticky);

/** Reads by the first rule that fits here. */
export function readByRules<T>(rules: readonly SyntaxRule<T>[], parser: Parser): T {
  for (const [sticky, reader] of rules) {
    const found = eat(parser, sticky);
    if (found !== undefined) return reader(parser, ...found);
  }
  throw new Refusal();
}

/** Skips the marks of quotes, and `unquoted` text that means nothing. */
export function skipMarks(parser: Parser, unquoted: RegExp): void {
  do {
    eatLive(parser, unquoted);
    if (eat(parser, parser.isQuoted ? /\\E/uy : /\\Q/uy) === undefined) return;
    parser.isQuoted = !parser.isQuoted;
  } while (parser.offset < parser.text.length);
}

/** The reason to refuse what is read in several ways. */
export const UNCLEAR = 'is not supported: engines differ in what it means';

export function withAssertion<T>(parser: Parser, node: T): T {
  parser.hasAssertions = true;
  return node;
}
