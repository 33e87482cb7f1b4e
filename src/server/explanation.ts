/** Writes the explanation of a call within the size of a header (docs/monitor.md «Explain»). */
import { explanationDetails } from './details.js';

/** The parts of a call's time, in milliseconds; a part that has not begun is undefined. */
export interface ExplainedTimes {
  readonly queued_ms: number | undefined;
  readonly database_ms: number | undefined;
  readonly encoding_ms: number | undefined;
}

type Operations = readonly object[];

/** The limit for a header. */
const MAX_CHARACTERS = 3072;
/** The limit for metadata: clients take 8 KB, with a third more in base64. */
const MAX_BYTES = 5800;

const fits = (text: string): boolean =>
  text.length <= MAX_CHARACTERS && explanationDetails(text).length <= MAX_BYTES;

/** The first operations of many; the others are counted. */
const MAX_SHOWN = 5;

/** The parts of an operation of unbounded length. */
const LONG: ReadonlySet<string> = new Set(['filter', 'pipeline', 'sort']);

const shortened = (operation: object): object =>
  Object.fromEntries(Object.entries(operation).map(([name, value]) => [name, LONG.has(name) ? '…' : value]));

/** JSON in ASCII, as headers need it. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * Writes the longest of these that fits: the whole explanation; one without filters and pipelines; one with the first
 * operations; one without any.
 */
export function writeExplanation(times: ExplainedTimes, operations: Operations): string {
  const short = operations.map(shortened);
  const texts = [
    { ...times, operations },
    { ...times, operations: short },
    { ...times, operations: short.slice(0, MAX_SHOWN), more_operations: short.length - MAX_SHOWN },
  ].map(asciiJson);
  return texts.find(fits) ?? asciiJson(times);
}
