/**
 * Matches the shell-style patterns of permissions in tokens: `*`, `?`, `[abc]` and `[!abc]`, against a whole name. Their
 * meaning is that of Python's `fnmatch.fnmatchcase`, used by the other services of the API.
 */

type Step = 'any' | ((character: string) => boolean);

/** A bracket without its end is a character like others; `]` behind `[` or `[!` is one of the set. */
const STEPS = /\*|\?|\[((?:!|(?!!))[^][^\]]*)\]|[^]/gu;

/** An item of a set: a range, or a character. The `!` in front belongs to no range. */
const ITEMS = /^!|([^])-([^])|[^]/gu;

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** Tests a character against a range; a single character is a range of one. */
function isInRange(range: string, character: string): boolean {
  const [from = '', , to = from] = range;
  return codeOf(from) <= codeOf(character) && codeOf(character) <= codeOf(to);
}

/** Returns the test for a set, given the text between its brackets. */
function setOf(text: string): (character: string) => boolean {
  // An empty range counts as absent: the item after it may become the first of the set.
  const ranges = [...text.matchAll(ITEMS)]
    .filter(([, from = '', to = from]) => codeOf(from) <= codeOf(to))
    .map(([range]) => range);
  const [first = ''] = ranges;
  const isNegated = first.startsWith('!');
  const members = isNegated ? [...Array.from(first.slice(1)), ...ranges.slice(1)] : ranges;
  return (character) => members.some((range) => isInRange(range, character)) !== isNegated;
}

function stepOf([text, set]: RegExpMatchArray): Step {
  if (text === '*') return 'any';
  if (text === '?') return () => true;
  return set === undefined ? (character) => character === text : setOf(set);
}

/** Matches the whole of `name` against `pattern`, in time proportional to the product of their lengths. */
export function matchesGlob(pattern: string, name: string): boolean {
  const steps = [...pattern.matchAll(STEPS)].map(stepOf);
  // The possible next positions in the pattern.
  const closed = (places: Iterable<number>): ReadonlySet<number> => {
    const all = new Set(places);
    for (const place of all) if (steps[place] === 'any') all.add(place + 1);
    return all;
  };
  let places = closed([0]);
  for (const character of name) {
    const next = [...places].flatMap((place) => {
      const step = steps[place];
      if (step === 'any') return [place];
      return step?.(character) === true ? [place + 1] : [];
    });
    places = closed(next);
  }
  return places.has(steps.length);
}
