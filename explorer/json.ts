/** What comes from the service is JSON of any shape: read here without trusting it (docs/explorer.md). */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json | undefined };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Whatever JSON.parse answers. */
const isJson = (parsed: unknown): parsed is Json => parsed !== undefined;

/** The JSON that `text` is. Errors: SyntaxError. */
export function parseJson(text: string): Json {
  const parsed: unknown = JSON.parse(text);
  return isJson(parsed) ? parsed : null;
}

/** The value below `names`; undefined where there is none. */
export const at = (value: Json | undefined, ...names: readonly string[]): Json | undefined =>
  names.reduce<Json | undefined>(
    (within, name) => (isObject(within) && Object.hasOwn(within, name) ? within[name] : undefined),
    value,
  );

/** The text below `names`; '' where there is none. */
export function textAt(value: Json | undefined, ...names: readonly string[]): string {
  const found = at(value, ...names);
  return typeof found === 'string' ? found : '';
}

/** The number below `names`; 0 where there is none, as answers leave out what is at its default. */
export function numberAt(value: Json | undefined, ...names: readonly string[]): number {
  const found = at(value, ...names);
  return typeof found === 'number' ? found : 0;
}

/** The list below `names`; empty where there is none. */
export function listAt(value: Json | undefined, ...names: readonly string[]): readonly Json[] {
  const found = at(value, ...names);
  return isList(found) ? found : [];
}
