/** Lines of CSV as RFC 4180 has it, in which no cell is a formula to a spreadsheet (docs/http.md «All jobs at once»). */

/**
 * The beginning of a cell by which a spreadsheet may compute it: a tab, a line break or NUL, or one of `= + - @` and
 * their full-width and small twins, also behind what a spreadsheet drops or splits at: blanks, control and invisible
 * characters, quotes and separators.
 */
const FORMULA = /^(?:[\t\r\n\0]|[\s\p{Cc}\p{Cf}"'`,;|]*[=+\-@＝＋－＠﹦﹢﹣﹫])/u;

const defused = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** What RFC 4180 has quoted, and the separators that spreadsheets take beside the comma. */
const QUOTED = /[",;\t\r\n]/;

const quoted = (text: string): string => (QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One line; text that a spreadsheet would compute is preceded by an apostrophe, numbers are left alone. */
export const csvLine = (cells: readonly (string | number | boolean)[]): string =>
  `${cells.map((cell) => quoted(typeof cell === 'string' ? defused(cell) : String(cell))).join(',')}\r\n`;
