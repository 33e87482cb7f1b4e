/** Text of jobs as the page shows it: apart from the sentence around it, seen where it is blank, cut where it is long. */

/** The letters and marks that are written from right to left, and the characters that set a direction. */
const DIRECTED =
  /[\u0590-\u08FF\u200E\u200F\u202A-\u202E\u2066-\u2069\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/** Characters that begin or end an isolate: one of a datum would end that around it. */
const ISOLATES = /[\u2066-\u2069]/g;

/** A text that keeps its direction from the text around it, in an attribute or a string; elements have `<bdi>` for it. */
export const isolated = (text: string): string =>
  DIRECTED.test(text) ? `\u2068${text.replaceAll(ISOLATES, '')}\u2069` : text;

/** Blanks, control characters, and letters without a glyph. */
const UNSEEN = /^[\p{Z}\p{C}\u115F\u1160\u2800\u3164\uFFA0]*$/u;

export const isBlank = (text: string): boolean => UNSEEN.test(text);

/** A text that can be seen: a blank one stands in quotes. */
export const visible = (text: string): string =>
  text !== '' && isBlank(text) ? JSON.stringify(text) : text.replaceAll(ISOLATES, '');

/** Letters of a text that a sentence or a cell has room for. */
export const MAX_LETTERS = 200;

/** The letters before the cut of a text that has more. */
const HEAD = new RegExp(`^.{${MAX_LETTERS}}(?=.)`, 'su');

export function cut(text: string): string {
  const [head] = HEAD.exec(text) ?? [];
  return head === undefined ? text : `${head}…`;
}

/** The name of a collector; its id for a blank one. */
export function nameOf(
  collector: { readonly name: string; readonly collector_id: string } | undefined,
): string {
  const { name = '', collector_id: id = '' } = collector ?? {};
  if (!isBlank(name)) return name.trim();
  return isBlank(id) ? 'gone' : id;
}
