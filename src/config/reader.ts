/** Reads texts of variables; each reader has the words for a wrong text (docs/settings.md). */

/** Reads the text of one variable. Errors: a complaint about the text. */
export type Reader<T> = (text: string) => T;

export const invalid = (expected: string): never => {
  throw new Error(`must be ${expected}`);
};
