// JSON objects as responses carry them.
import type { JsonObject } from '@bufbuild/protobuf';

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `value`, or an empty object in place of anything else. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Parses a JSON object. Errors: the text is not JSON. */
export const parseObject = (text: string): JsonObject => objectOf(JSON.parse(text));

/** The results of a list or a stat. */
export const resultsOf = ({ results }: JsonObject): readonly JsonObject[] =>
  Array.isArray(results) ? results.filter(isObject) : [];

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');
