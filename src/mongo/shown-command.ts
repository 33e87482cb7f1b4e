/** Shows a command to its caller: short, as extended JSON, and without the documents in it (docs/monitor.md «Explain»). */
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';

const MAX_LIST_ITEMS = 5;
const MAX_TEXT_CHARACTERS = 100;
const MAX_DEPTH = 20;
const LEFT_OUT = '…';

/** The parts of a command to show, in this order. */
const PARTS = ['filter', 'pipeline', 'sort', 'skip', 'limit'] as const;

const isBson = (value: object): boolean =>
  value instanceof Date || value instanceof RegExp || '_bsontype' in value;

function shownList(list: readonly unknown[], depth: number): unknown[] {
  const shown = list.slice(0, MAX_LIST_ITEMS).map((each) => shownValue(each, depth + 1));
  const more = list.length - MAX_LIST_ITEMS;
  return more > 0 ? [...shown, `${LEFT_OUT} and ${more} more`] : shown;
}

/** Literals may be documents of other collections; a name of BSON's own types would be read as one of them. */
function shownEntry([name, value]: readonly [unknown, unknown], depth: number): readonly [string, unknown] {
  const isData = name === '$literal' && typeof value === 'object';
  const shownName = name === '_bsontype' ? LEFT_OUT : String(name);
  return [shownName, isData ? LEFT_OUT : shownValue(value, depth + 1)];
}

function shownValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return value.length > MAX_TEXT_CHARACTERS ? value.slice(0, MAX_TEXT_CHARACTERS) + LEFT_OUT : value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map)
    return Object.fromEntries([...value].map((entry: [unknown, unknown]) => shownEntry(entry, depth)));
  if (isBson(value)) return value;
  if (depth > MAX_DEPTH) return LEFT_OUT;
  if (Array.isArray(value)) return shownList(value, depth);
  return Object.fromEntries(Object.entries(value).map((entry) => shownEntry(entry, depth)));
}

/** The stages of a pipeline are all shown. */
const shownPart = (name: string, value: unknown): unknown =>
  name === 'pipeline' && Array.isArray(value)
    ? value.map((stage) => shownValue(stage, 0))
    : shownValue(value, 0);

/** Shows the find or the aggregate in `command`. */
export function shownCommand(command: Document): Document {
  const name = 'find' in command ? 'find' : 'aggregate';
  const parts = PARTS.filter((part) => command[part] !== undefined);
  return BSON.EJSON.serialize(
    {
      command: name,
      collection: String(command[name]),
      ...Object.fromEntries(parts.map((part) => [part, shownPart(part, command[part])])),
    },
    { relaxed: true },
  );
}
