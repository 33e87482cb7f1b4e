// Answers about stored values, compared as text.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Outcome } from '../harness/client.js';

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: JsonValue | undefined): JsonValue[] => (Array.isArray(value) ? value : []);

/** The results of an answer. Errors: the call has failed. */
export function resultsOf(outcome: Outcome): JsonValue[] {
  if ('error' in outcome) throw new Error(JSON.stringify(outcome.error));
  return listOf(outcome.response['results']);
}

/** The value at `path`; `0` is the first of a list. */
export const at = (value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined =>
  path.reduce<JsonValue | undefined>(
    (within, name) =>
      Array.isArray(within) ? within[Number(name)] : isObject(within) ? within[name] : undefined,
    value,
  );

/**
 * A value as text, the same for every level from which on it is text already; missing is like null. MongoDB 6.0 makes
 * objects of the least and the greatest key when it groups.
 */
export const told = (value: JsonValue | undefined): string =>
  JSON.stringify(value ?? null)
    .replaceAll('\\"', '"')
    .replaceAll('"{"a"', '{"a"')
    .replaceAll('}"', '}')
    .replaceAll(/\{"":("M(?:in|ax)Key")\}/g, '$1');

export const byId = (rows: readonly JsonValue[], id: string, ...path: readonly string[]) =>
  new Map(rows.map((row) => [at(row, id), told(at(row, ...path))]));
