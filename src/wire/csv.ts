/** Lines of CSV (RFC 4180) without a formula for a spreadsheet in any cell (docs/http.md «All jobs at once»). */

/**
 * The beginning of a cell that a spreadsheet may compute: a tab, a line break or NUL, or one of `= + - @` and their
 * full-width and small twins, also behind characters that a spreadsheet drops or splits at: blanks, control and invisible
 * characters, quotes and separators.
 */
const FORMULA =
  /^(?:[\t\r\n\0]|[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800"'`,;|]*[=+\-@＝＋－＠﹦﹢﹣﹫])/u;

const defused = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The characters quoted by RFC 4180, and the separators of spreadsheets beside the comma. */
const QUOTED = /[",;\t\r\n]/;

const quoted = (text: string): string => (QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Formats one line; an apostrophe precedes text that a spreadsheet would compute, numbers are left alone. */
export const csvLine = (cells: readonly (string | number | boolean)[]): string =>
  `${cells.map((cell) => quoted(typeof cell === 'string' ? defused(cell) : String(cell))).join(',')}\r\n`;
