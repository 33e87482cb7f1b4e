/**
 * Names in the stages of a stat. Up to the first group or project a key is a path of the resource; from there on it is a
 * name of the row that the stages before have made (docs/query.md «Rows and names»).
 */
import { echo, fail } from '../../errors.js';
import type { ReadSettings } from '../read-settings.js';
import { anyKey, plainPath } from '../schema.js';
import type { FieldType, Key } from '../schema.js';

/** The names that a stage may mention: those of the resource, or those of the rows made so far. */
export interface Names {
  readonly settings: ReadSettings;
  /** The types of the row's names; undefined while rows are whole resources. */
  readonly row: ReadonlyMap<string, FieldType> | undefined;
  /** The keys of the last group among them. */
  readonly keys: readonly string[];
}

/** Reads the key `name`. Errors: INVALID_ARGUMENT, naming `fieldPath`. */
export function keyOf(name: string, fieldPath: string, names: Names): Key {
  if (name === '') fail('REQUIRED_PARAMETER', { key: fieldPath });
  if (names.row === undefined) return anyKey(names.settings.schema, name, fieldPath);
  return { path: plainPath(name, fieldPath), type: names.row.get(name) ?? 'any', referred: false };
}

const isPlainName = (name: string): boolean =>
  !name.includes('.') && !name.startsWith('$') && !name.includes('\0') && name !== '_id';

/** Reads a name for a value of the rows to come, and adds it to the names `given` in the stage. */
export function nameOf(name: string, fieldPath: string, given: Set<string>): string {
  if (name === '') fail('REQUIRED_PARAMETER', { key: fieldPath });
  const reason = `'${echo(name)}' is not a valid name: names have no dot, no leading $, no NUL, and are not _id`;
  if (!isPlainName(name)) fail('INVALID_PARAMETER', { key: fieldPath, reason });
  if (given.has(name))
    fail('INVALID_PARAMETER', { key: fieldPath, reason: `the name '${echo(name)}' is given twice` });
  given.add(name);
  return name;
}

/** Reads the name of an operator of `table`. */
export function operatorOf<Name extends string>(
  name: string,
  table: Readonly<Record<Name, unknown>>,
  fieldPath: string,
): Name {
  const isKnown = (candidate: string): candidate is Name => Object.hasOwn(table, candidate);
  if (isKnown(name)) return name;
  const reason = name === '' ? 'an operator is needed' : `the operator '${echo(name)}' is unknown`;
  const known = Object.keys(table)
    .filter((each) => each !== '')
    .join(', ');
  return fail('INVALID_PARAMETER', { key: fieldPath, reason: `${reason}; known are ${known}` });
}
