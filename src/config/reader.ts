/** Reads texts of variables; each reader has the words for a wrong text (docs/settings.md). */

/** Reads the text of one variable. Errors: a complaint about the text. */
export type Reader<T> = (text: string) => T;

export const invalid = (expected: string): never => {
  throw new Error(`must be ${expected}`);
};

/** The complaint about the variable `name` for an error of its reader. */
export const complaintOf = (name: string, error: unknown): string =>
  `${name} ${error instanceof Error ? error.message : String(error)}`;

const TIME_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const SIZE_UNITS_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);
export const MAX_DURATION_MS = 3_600_000;

/** Takes one of `choices`. */
export const oneOf =
  <Choice extends string>(...choices: readonly Choice[]): Reader<Choice> =>
  (text) =>
    choices.find((choice) => choice === text) ?? invalid(choices.join(' or '));

/** Takes some of `choices`, joined by commas, or none. */
export const someOf =
  <Choice extends string>(...choices: readonly Choice[]): Reader<readonly Choice[]> =>
  (text) =>
    text === ''
      ? []
      : text
          .split(',')
          .map(
            (each) =>
              choices.find((choice) => choice === each.trim()) ??
              invalid(`${choices.join(', ')}, or some of them joined by commas`),
          );

/** Takes a whole number from `least` to `most`. */
export const wholeNumber =
  (least: number, most: number): Reader<number> =>
  (text) => {
    const right = /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most;
    return right ? Number(text) : invalid(`a whole number from ${least} to ${most}`);
  };

/** Takes `word`, or what `reader` takes. */
export const orWord =
  <T, Word extends string>(word: Word, reader: Reader<T>): Reader<T | Word> =>
  (text) => {
    if (text === word) return word;
    try {
      return reader(text);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}, or ${word}`, {
        cause: error,
      });
    }
  };

/** Converts a count with a unit to the base unit; NaN for any other text. */
function measured(text: string, units: ReadonlyMap<string, number>): number {
  const parts = /^(\d{1,15}) ?([a-zA-Z]*)$/.exec(text);
  return Number(parts?.[1] ?? NaN) * (units.get(parts?.[2] ?? '') ?? NaN);
}

/** Takes a time with its unit, as milliseconds; at least `least` milliseconds, at most an hour. */
export const duration =
  (least: number): Reader<number> =>
  (text) => {
    const milliseconds = measured(text, TIME_UNITS_MS);
    return milliseconds >= least && milliseconds <= MAX_DURATION_MS
      ? milliseconds
      : invalid(`a time from ${least}ms to 1h, such as 500ms, 30s or 5m`);
  };

/** Takes a size with its unit, as bytes; from `least` to less than `most`. */
export const size =
  (least: string, most: string, example: string): Reader<number> =>
  (text) => {
    const [bytes, min, max] = [text, least, most].map((each) => measured(each, SIZE_UNITS_BYTES));
    return bytes !== undefined && bytes >= Number(min) && bytes < Number(max)
      ? bytes
      : invalid(`a size from ${least} to less than ${most}, such as ${example}`);
  };
