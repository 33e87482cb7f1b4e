/** Reads JSON of any shape without trusting it: the stored documents behind an answer may hold anything. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json | undefined };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Accepts every result of JSON.parse. */
const isJson = (parsed: unknown): parsed is Json => parsed !== undefined;

/** Parses JSON. Errors: SyntaxError. */
export function parseJson(text: string): Json {
  const parsed: unknown = JSON.parse(text);
  return isJson(parsed) ? parsed : null;
}

/** The member `name` of an object; undefined for an inherited name and for a value of another type. */
export const valueAt = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** The text in a member; '' without one. */
export function textAt(value: Json | undefined, name: string): string {
  const found = valueAt(value, name);
  return typeof found === 'string' ? found : '';
}

/** The number in a member; 0 without one, since answers omit fields with their default. */
export function numberAt(value: Json | undefined, name: string): number {
  const found = valueAt(value, name);
  return typeof found === 'number' ? found : 0;
}

/** The list in a member; empty without one. */
export function listAt(value: Json | undefined, name: string): readonly Json[] {
  const found = valueAt(value, name);
  return isList(found) ? found : [];
}
