/** Lines of CSV as RFC 4180 has it, in which no cell is a formula to a spreadsheet (docs/http.md «All jobs at once»). */

/** What a spreadsheet takes for the beginning of a formula, full-width twins included. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

const defused = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One line; text that a spreadsheet would compute is preceded by an apostrophe, numbers are left alone. */
export const csvLine = (cells: readonly (string | number | boolean)[]): string =>
  `${cells.map((cell) => quoted(typeof cell === 'string' ? defused(cell) : String(cell))).join(',')}\r\n`;
