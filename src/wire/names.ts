/** Tables with keys looked up in place, among other bytes, without making text of them. */

/** Looks up the name from `start` to before `end`. */
export type NameTable<T> = (bytes: Buffer, start: number, end: number) => T | undefined;

interface Named<T> {
  readonly name: Buffer;
  readonly value: T;
}

/** Few names of a table share their length, their first and their last byte; a far longer text may have the key of a name. */
const keyOf = (bytes: Buffer, start: number, end: number): number =>
  ((end - start) << 16) | ((bytes[start] ?? 0) << 8) | (bytes[end - 1] ?? 0);

function isAt(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

/** Builds the table of `entries`. */
export function nameTableOf<T>(entries: readonly (readonly [string, T])[]): NameTable<T> {
  const table = new Map<number, readonly Named<T>[]>();
  for (const [text, value] of entries) {
    const name = Buffer.from(text);
    const key = keyOf(name, 0, name.length);
    table.set(key, [...(table.get(key) ?? []), { name, value }]);
  }
  return (bytes, start, end) => {
    const candidates = table.get(keyOf(bytes, start, end));
    if (candidates === undefined) return undefined;
    for (const { name, value } of candidates) if (isAt(name, bytes, start, end)) return value;
    return undefined;
  };
}
