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
});

export function eat(parser: Parser, sticky: RegExp): readonly string[] | undefined {
  sticky.lastIndex = parser.offset;
  const found = sticky.exec(parser.text);
  if (found === null) return undefined;
  parser.offset = sticky.lastIndex;
  return found.map((group: string | undefined) => group ?? '');
}

/** Reads by the first rule that fits here. */
export function readByRules<T>(rules: readonly SyntaxRule<T>[], parser: Parser): T {
  for (const [sticky, reader] of rules) {
    const found = eat(parser, sticky);
    if (found !== undefined) return reader(parser, ...found);
  }
  throw new Refusal();
}

export function withAssertion<T>(parser: Parser, node: T): T {
  parser.hasAssertions = true;
  return node;
}
