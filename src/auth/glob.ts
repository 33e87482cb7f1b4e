/**
 * Shell-style patterns, as tokens name permissions by: `*`, `?`, `[abc]` and `[!abc]`, matched against a whole name. They
 * mean what they mean to Python's `fnmatch.fnmatchcase`, by which the services of the API read them.
 */

type Step = 'any' | ((character: string) => boolean);

/** A bracket without its end is a character like others; `]` behind `[` or `[!` is one of the set. */
const STEPS = /\*|\?|\[((?:!|(?!!))[^][^\]]*)\]|[^]/gu;

/** An item of a set: a range, or a character. The `!` in front belongs to no range. */
const ITEMS = /^!|([^])-([^])|[^]/gu;

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** Whether a range holds a character; a character alone is a range of one. */
function isInRange(range: string, character: string): boolean {
  const [from = '', , to = from] = range;
  return codeOf(from) <= codeOf(character) && codeOf(character) <= codeOf(to);
}

/** Whether a character is in the set of this text, which stands between brackets. */
function setOf(text: string): (character: string) => boolean {
  // A range that holds nothing is as if it were not there: what follows it may come to stand in front.
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

/** Whether `pattern` matches the whole of `name`, in time that grows with the product of their lengths. */
export function matchesGlob(pattern: string, name: string): boolean {
  const steps = [...pattern.matchAll(STEPS)].map(stepOf);
  // The places in the pattern that may come next.
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
