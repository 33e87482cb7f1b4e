/** Shell-style patterns, as tokens name permissions by: `*`, `?`, `[abc]` and `[!abc]`, matched against a whole name. */

type Step = 'any' | ((character: string) => boolean);

const STEPS = /\*|\?|\[(!?)(\]?[^\]]*)\]|[^]/gu;

/** Whether a character is in the set that stands between brackets, in which a hyphen spans a range. */
function within(set: string, character: string): boolean {
  return [...set.matchAll(/([^])-([^])|[^]/gu)].some(([one, from, to]) =>
    from === undefined || to === undefined ? one === character : from <= character && character <= to,
  );
}

function stepOf([text, negated, set]: RegExpMatchArray): Step {
  if (text === '*') return 'any';
  if (text === '?') return () => true;
  if (set === undefined) return (character) => character === text;
  return (character) => within(set, character) === (negated === '');
}

/** Whether `pattern` matches the whole of `name`, in time that grows with the product of their lengths. */
export function matches(pattern: string, name: string): boolean {
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
