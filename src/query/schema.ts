/**
 * What a resource schema is, and how a key of a request becomes a field of it or an error (docs/query.md «Keys»).
 * The schemas themselves are data elsewhere.
 */
import { echo, fail, limited } from '../errors.js';

/** `any`: any shape below it. `array`: a list, whose elements a path goes through. */
export type FieldType = 'text' | 'number' | 'date' | 'any' | 'array' | 'reference';

/** `anything`: narrows to any path. `whole`: any path, but the field is shown whole. A map: the names there are. */
export type Below = 'nothing' | 'anything' | 'whole' | ReadonlyMap<string, Below>;

/** The fields that say to whom a resource belongs. */
export interface OwnerFields {
  /** The field of the domain, in the resource and in the one that it refers to. */
  readonly tenant: string;
  /** The list of the projects that the resource belongs to. */
  readonly projects: string;
}

export interface ResourceSchema {
  /** What one of them is called in messages. */
  readonly name: string;
  /** The field that is unique, and breaks ties. */
  readonly id: string;
  readonly owner: OwnerFields;
  /** The field whose greatest values come first by default. */
  readonly defaultSort: string;
  readonly fields: ReadonlyMap<string, FieldType>;
  /** Other names of the first segment of a key. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Aliases that conditions know, but no answer. */
  readonly hidden: ReadonlySet<string>;
  /** What may be named below the fields of an answer. */
  readonly below: ReadonlyMap<string, Below>;
  /** The stored fields of a whole answer, and of a minimal one. */
  readonly defaultProjection: readonly string[];
  readonly minimal: readonly string[];
  /** The field that refers to another resource, and what a key below it may be called there. */
  readonly reference?: {
    readonly field: string;
    readonly dates: ReadonlySet<string>;
    readonly aliases: ReadonlyMap<string, string>;
  };
}

/** Where a value is: in the resource itself, or (`referred`) in the resource that it refers to. */
export interface Key {
  readonly path: string;
  readonly type: FieldType;
  readonly referred: boolean;
}

const MAX_SEGMENTS = 100;
/** A key is repeated for each of its segments, and for each place that it has in a query. */
const MAX_KEY_BYTES = 8192;

/** `key` as a plain path; `at` is where it stands in the request. */
export function plainPath(key: string, at: string): string {
  if (key === '') fail('REQUIRED_PARAMETER', { key: at });
  limited(Buffer.byteLength(key), MAX_KEY_BYTES, `bytes of ${at}`, at);
  const segments = key.split('.', MAX_SEGMENTS + 1);
  limited(segments.length, MAX_SEGMENTS, `segments of ${at}`, at);
  if (segments.some((segment) => segment === '' || segment.startsWith('$') || segment.includes('\0'))) {
    const reason = `'${echo(key)}' is no plain path: non-empty names joined by dots, none starting with $ or holding NUL`;
    fail('INVALID_PARAMETER', { key: at, reason });
  }
  return key;
}

/** Whether MongoDB takes a segment for an index of a list; no list is longer than the greatest. */
export const isIndex = (segment: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(segment);

/** `path` up to its first index, which a projection would take for a name. */
export function beforeIndexes(path: string): string {
  const segments = path.split('.');
  const index = segments.findIndex((segment, i) => i > 0 && isIndex(segment));
  return segments.slice(0, index < 0 ? segments.length : index).join('.');
}

const splitFirst = (path: string): readonly [string, string] => {
  const dot = path.indexOf('.');
  return dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
};

const aliased = (path: string, aliases: ReadonlyMap<string, string>): string => {
  const [first, rest] = splitFirst(path);
  return [aliases.get(first) ?? first, rest].filter((part) => part !== '').join('.');
};

/** What `path` below the reference is called in the resource referred to. */
function referredKey(path: string, reference: NonNullable<ResourceSchema['reference']>): Key {
  const called = reference.aliases.get(path) ?? path;
  return { path: called, type: reference.dates.has(called) ? 'date' : 'any', referred: true };
}

/** The stored path that `key` means. */
export const storedPath = (schema: ResourceSchema, key: string, at: string): string =>
  aliased(plainPath(key, at), schema.aliases);

/** A key of stat: aliases are known, and a name that no document has is simply missing. */
export function anyKey(schema: ResourceSchema, key: string, at: string): Key {
  const path = storedPath(schema, key, at);
  const [first, rest] = splitFirst(path);
  if (rest !== '' && first === schema.reference?.field) return referredKey(rest, schema.reference);
  const type = rest === '' ? schema.fields.get(first) : 'any';
  return { path, type: type ?? 'any', referred: false };
}

const unknown = (schema: ResourceSchema, key: string, at: string): never => {
  const known = [...schema.fields.keys()].join(', ');
  const reason = `'${echo(key)}' is not a field of a ${schema.name}; its fields are ${known}`;
  return fail('INVALID_PARAMETER', { key: at, reason });
};

/** A key whose first segment is a field of the resource, or an alias of one; undefined for another one. */
export function fieldKey(schema: ResourceSchema, key: string, at: string): Key | undefined {
  const found = anyKey(schema, key, at);
  return found.referred || schema.fields.has(firstSegment(found.path)) ? found : undefined;
}

/** A key whose first segment must be a field of the resource, or an alias of one. */
export const knownKey = (schema: ResourceSchema, key: string, at: string): Key =>
  fieldKey(schema, key, at) ?? unknown(schema, key, at);

/** The stored path that a name of `only` shows. Errors: a name that no answer has, or one below a scalar. */
export function shownPath(schema: ResourceSchema, name: string, at: string): string {
  const path = storedPath(schema, name, at);
  if (schema.hidden.has(firstSegment(name))) unknown(schema, name, at);
  let names: Below | undefined = schema.below;
  for (const segment of path.split('.')) {
    if (names === 'anything') return path;
    if (names === 'whole') return firstSegment(path);
    names = names === 'nothing' ? undefined : names.get(segment);
    if (names === undefined) return unknown(schema, name, at);
  }
  return path;
}

export const firstSegment = (path: string): string => splitFirst(path)[0];
