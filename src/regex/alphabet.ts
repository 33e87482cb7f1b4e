/** The alphabet of an expression, enough characters to tell its sets apart, and sets of these as bits. */

/** The characters that one position takes, a bit for each of the alphabet. */
export type CharacterSet = bigint;

export interface CharacterSets {
  /** Enough characters to tell sets apart, each with its other cases. */
  readonly alphabet: readonly (readonly string[])[];
  /** The sets of single characters and of classes, by source. */
  readonly sets: Map<string, CharacterSet>;
}

export const MAX_CODE = 0x10ffff;
const ASCII = String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => code));
const BEYOND_ASCII = '\u0085\u00a0áßαжא٣ह\u1680\u2003\u2028\u202f\u3000あ中한😀\ue000\u{10ffff}';

export const codePointOf = (character: string): number => character.codePointAt(0) ?? 0;

/** ASCII, the characters of `text` with their neighbours, and a few of the rest. */
function alphabetOf(text: string): CharacterSets['alphabet'] {
  const hex = [...text.matchAll(/\\x\{?([0-9a-f]+)/giu)].map(([, digits = '']) => parseInt(digits, 16));
  const near = [...Array.from(text, codePointOf), ...hex].filter((code) => code > 0x7e && code < MAX_CODE);
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
export function setOf({ alphabet, sets }: CharacterSets, source: string): CharacterSet {
  const known = sets.get(source);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${source}$`, 'v');
  const bits = alphabet.map((cases) => Number(cases.some((each) => pattern.test(each))));
  const found = BigInt(`0b${bits.join('')}`);
  sets.set(source, found);
  return found;
}

/** Creates the alphabet of `text`, with a set for each single character. */
export function createCharacterSets(text: string): CharacterSets {
  const alphabet = alphabetOf(text);
  const bits = alphabet.flatMap((cases, i) =>
    cases.map((each) => [each, 1n << BigInt(alphabet.length - 1 - i)] as const),
  );
  return { alphabet, sets: new Map(bits) };
}
