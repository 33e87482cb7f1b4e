/** The texts of date formats as times: their order, and those that are missing between them. */
import { bucketStart, DAY_MS, HOUR_MS, WEEK_MS } from '../../state/time-range.js';

interface TimeFormat {
  readonly pattern: RegExp;
  start(text: string): number;
  /** The text of the time after that of `text`, which is `start`. */
  next(start: number, text: string): string;
}

const iso = (time: number): string => new Date(time).toISOString();

/** A year of weeks is that of their Thursdays. */
function weekText(start: number): string {
  const thursday = start + 3 * DAY_MS;
  const year = iso(thursday).slice(0, 4);
  const week = 1 + Math.floor((thursday - Date.parse(year)) / WEEK_MS);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** Texts without an offset are read as if they were of UTC: their order is that of any zone. */
const FORMATS: readonly TimeFormat[] = [
  {
    pattern: /^\d{4}$/,
    start: Date.parse,
    next: (start) => iso(start + 366 * DAY_MS).slice(0, 4),
  },
  {
    pattern: /^\d{4}-\d\d$/,
    start: Date.parse,
    next: (start) => iso(start + 31 * DAY_MS).slice(0, 7),
  },
  {
    pattern: /^\d{4}-\d\d-\d\d$/,
    start: Date.parse,
    next: (start) => iso(start + DAY_MS).slice(0, 10),
  },
  {
    pattern: /^\d{4}-W\d\d$/,
    start: (text) => bucketStart(text, 'week', 'UTC'),
    next: (start) => weekText(start + WEEK_MS),
  },
  {
    pattern: /^\d{4}-\d\d-\d\dT\d\d[+-]\d{4}$/,
    start: (text) => bucketStart(text, 'hour', 'UTC'),
    next(start, text) {
      const offset = Date.parse(`${text.slice(0, 13)}:00Z`) - start;
      return `${iso(start + offset + HOUR_MS).slice(0, 13)}${text.slice(13)}`;
    },
  },
];

export const isTime = (text: string): boolean => /^\d{4}(?:-\d\d|-W\d\d|$)/.test(text);

/** Adds the texts of one format that are missing between the first and the last; undefined for more than `most`. */
function filled(
  texts: readonly string[],
  { start, next }: TimeFormat,
  most: number,
): readonly string[] | undefined {
  const all: string[] = [];
  for (const [index, text] of texts.entries()) {
    const end = start(texts[index + 1] ?? text);
    for (let each = text; each === text || start(each) < end; each = next(start(each), each)) {
      if (all.push(each) > most) return undefined;
    }
  }
  return all;
}

/** Sorts texts of times; those of one format get the missing ones between them, as long as they are not more than `most`. */
export function timeline(texts: readonly string[], most: number): readonly string[] {
  const format = FORMATS.find(({ pattern }) => texts.every((text) => pattern.test(text)));
  const timeOf = format?.start ?? Date.parse;
  const times = new Map(texts.map((text) => [text, timeOf(text)]));
  if ([...times.values()].some(Number.isNaN)) return texts.toSorted();
  const sorted = texts.toSorted((one, other) => (times.get(one) ?? NaN) - (times.get(other) ?? NaN));
  return (format && filled(sorted, format, most)) ?? sorted;
}
