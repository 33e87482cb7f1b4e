/** Writes the explanation of a call within the size of a header (docs/monitor.md «Explain»). */

/** The parts of a call's time, in milliseconds; a part that has not begun is undefined. */
export interface ExplainedTimes {
  readonly queued_ms: number | undefined;
  readonly database_ms: number | undefined;
  readonly encoding_ms: number | undefined;
}

type Operations = readonly object[];

/** Clients limit metadata, many to 8 KB; as protobuf in base64 the text takes twice its length. */
const MAX_CHARACTERS = 3072;

/** What may be long in an operation. */
const LONG: ReadonlySet<string> = new Set(['filter', 'pipeline', 'sort']);

const shortened = (operation: object): object =>
  Object.fromEntries(Object.entries(operation).map(([name, value]) => [name, LONG.has(name) ? '…' : value]));

/** JSON in ASCII, as headers need it. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The whole explanation, or without filters and pipelines, or without the operations, whichever is short enough first. */
export function writeExplanation(times: ExplainedTimes, operations: Operations): string {
  const short = operations.map(shortened);
  const texts = [
    { ...times, operations },
    { ...times, operations: short },
    { ...times, operations: short.slice(0, 5), more_operations: Math.max(0, short.length - 5) },
  ].map(asciiJson);
  return texts.find((text) => text.length <= MAX_CHARACTERS) ?? asciiJson(times);
}
