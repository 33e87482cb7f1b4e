/**
 * The shape of a resource schema; a key of a request becomes a field of it or an error (docs/query.md «Keys»). The
 * schemas themselves are data elsewhere.
 */
import { echo, fail, limited } from '../errors.js';
import type { MongoExpression } from './mongo-syntax.js';
import { firstSegment, splitFirst } from './paths.js';

/** `any`: any shape below it. `array`: a list, crossed by paths to its elements. */
export type FieldType = 'text' | 'number' | 'date' | 'any' | 'array' | 'reference';

/** `anything`: narrows to any path. `whole`: any path, but the field is shown whole. A map: the names there are. */
export type Below = 'nothing' | 'anything' | 'whole' | ReadonlyMap<string, Below>;

/** The fields with the owners of a resource. */
export interface OwnerFields {
  /** The field of the domain, in the resource and in the one referred to. */
  readonly tenant: string;
  /** The list of the resource's projects. */
  readonly projects: string;
}

/** A field computed of others. MongoDB can evaluate `value` on any document without an error. */
export interface ComputedField {
  readonly type: FieldType;
  readonly value: MongoExpression;
}

export interface ResourceSchema {
  /** The word for one of them in messages. */
  readonly name: string;
  /** The unique field; it also breaks ties. */
  readonly id: string;
  readonly owner: OwnerFields;
  /** The field of the default order, greatest values first. */
  readonly defaultSort: string;
  readonly fields: ReadonlyMap<string, FieldType>;
  /** Fields that no writer stores. A stored value of such a name stands for itself. */
  readonly computed: ReadonlyMap<string, ComputedField>;
  /** Other names of the first segment of a key. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Aliases for conditions only: no answer shows them. */
  readonly hidden: ReadonlySet<string>;
  /** The names below the fields of an answer. */
  readonly below: ReadonlyMap<string, Below>;
  /** The stored fields of a whole answer, and of a minimal one. */
  readonly defaultProjection: readonly string[];
  readonly minimal: readonly string[];
  /** The reference to another resource, and the names of keys below it. */
  readonly reference?: {
    readonly field: string;
    readonly dates: ReadonlySet<string>;
    readonly aliases: ReadonlyMap<string, string>;
  };
}

/** The path of a value: in the resource itself, or (`referred`) in the resource referred to. */
export interface Key {
  readonly path: string;
  readonly type: FieldType;
  readonly referred: boolean;
  /** The value, where it is computed. */
  readonly computed?: MongoExpression;
}

const MAX_SEGMENTS = 100;
/** A key is repeated for each of its segments, and for each of its uses in a query. */
const MAX_KEY_BYTES = 8192;

/** Checks that `key`, at `fieldPath` in the request, is a plain path. */
export function plainPath(key: string, fieldPath: string): string {
  limited(Buffer.byteLength(key), MAX_KEY_BYTES, `bytes of ${fieldPath}`, fieldPath);
  const segments = key.split('.', MAX_SEGMENTS + 1);
  limited(segments.length, MAX_SEGMENTS, `segments of ${fieldPath}`, fieldPath);
  if (segments.some((segment) => segment === '' || segment.startsWith('$') || segment.includes('\0'))) {
    const reason = `'${echo(key)}' is no plain path: non-empty names joined by dots, none starting with $ or holding NUL`;
    fail('INVALID_PARAMETER', { key: fieldPath, reason });
  }
  return key;
}

/** The fields that stages add to a row: the document joined to it, and its computed values. */
export const JOINED_FIELD = '__joined';
export const COMPUTED_FIELD = '__computed';

/** Names that no request reaches: the key of the database, and fields of this service. */
export const RESERVED_NAMES: readonly string[] = ['_id', JOINED_FIELD, COMPUTED_FIELD];

/** No document has this name; a reserved one stands for it. */
const NO_FIELD = '__none';

const storedName = (name: string, { aliases }: ResourceSchema): string =>
  RESERVED_NAMES.includes(name) ? NO_FIELD : (aliases.get(name) ?? name);

/** The key of `path`, below the reference, in the resource referred to. */
function referredKey(path: string, reference: NonNullable<ResourceSchema['reference']>): Key {
  const called = reference.aliases.get(path) ?? path;
  return { path: called, type: reference.dates.has(called) ? 'date' : 'any', referred: true };
}

/** Resolves an alias or a reserved name at the start of `key`, a field of the request. */
export function storedPath(schema: ResourceSchema, key: string, fieldPath: string): string {
  if (key === '') fail('REQUIRED_PARAMETER', { key: fieldPath });
  const { head, rest } = splitFirst(plainPath(key, fieldPath));
  return [storedName(head, schema), rest].filter((part) => part !== '').join('.');
}

/** The key of a computed field: a stored value, or else the computed one. */
const computedKey = (path: string, { type, value }: ComputedField): Key => ({
  path,
  type,
  referred: false,
  computed: { $ifNull: [`$${path}`, value] },
});

/** The key of a path without aliases. */
export function keyAt(schema: ResourceSchema, path: string): Key {
  const { head, rest } = splitFirst(path);
  if (rest !== '' && head === schema.reference?.field) return referredKey(rest, schema.reference);
  const computed = schema.computed.get(path);
  if (computed !== undefined) return computedKey(path, computed);
  const type = rest === '' ? schema.fields.get(head) : 'any';
  return { path, type: type ?? 'any', referred: false };
}

/** Reads a key of stat: aliases are known, and a name that no document has is simply missing. */
export const anyKey = (schema: ResourceSchema, key: string, fieldPath: string): Key =>
  keyAt(schema, storedPath(schema, key, fieldPath));

/** The names of all fields, the computed ones included. */
export const fieldNames = ({ fields, computed }: ResourceSchema): readonly string[] => [
  ...fields.keys(),
  ...computed.keys(),
];

const unknown = (schema: ResourceSchema, key: string, fieldPath: string): never => {
  const known = fieldNames(schema).join(', ');
  const reason = `'${echo(key)}' is not a field of a ${schema.name}; its fields are ${known}`;
  return fail('INVALID_PARAMETER', { key: fieldPath, reason });
};

/** Reads a key with a field of the resource, or an alias of one, as its first segment; undefined for any other key. */
export function fieldKey(schema: ResourceSchema, key: string, fieldPath: string): Key | undefined {
  const found = anyKey(schema, key, fieldPath);
  const isField = found.computed !== undefined || schema.fields.has(firstSegment(found.path));
  return found.referred || isField ? found : undefined;
}

/** The same. Errors: INVALID_ARGUMENT for any other key. */
export const knownKey = (schema: ResourceSchema, key: string, fieldPath: string): Key =>
  fieldKey(schema, key, fieldPath) ?? unknown(schema, key, fieldPath);

/** Reads a name of `only` as a stored path. Errors: a name that no answer has, or one below a scalar. */
export function shownPath(schema: ResourceSchema, name: string, fieldPath: string): string {
  const path = storedPath(schema, name, fieldPath);
  if (schema.hidden.has(firstSegment(name))) unknown(schema, name, fieldPath);
  let names: Below | undefined = schema.below;
  for (const segment of path.split('.')) {
    if (names === 'anything') return path;
    if (names === 'whole') return firstSegment(path);
    names = names === 'nothing' ? undefined : names.get(segment);
    if (names === undefined) return unknown(schema, name, fieldPath);
  }
  return path;
}
