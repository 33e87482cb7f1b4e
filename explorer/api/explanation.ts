/** The cost of a call: its times, and its reads of the database (docs/monitor.md «Explain»). */
import { isObject, listAt, numberAt, textAt, valueAt } from './json.js';
import type { Json } from './json.js';

/** A read of the database; MongoDB's plan of it may be missing, and so may its numbers. */
export interface Operation {
  readonly command: string;
  readonly collection: string;
  readonly indexes: readonly string[];
  /** undefined: not reported. */
  readonly examined:
    | { readonly keys: number; readonly documents: number; readonly results: number; readonly ms: number }
    | undefined;
}

export interface Explanation {
  /** Milliseconds of each part of the call; undefined for a part without a time. */
  readonly queuedMs: number | undefined;
  readonly databaseMs: number | undefined;
  readonly encodingMs: number | undefined;
  readonly operations: readonly Operation[];
  /** Operations left out for lack of room. */
  readonly more: number;
  /** The explanation as the service gave it. */
  readonly json: Json;
}

function msAt(json: Json, name: string): number | undefined {
  const found = valueAt(json, name);
  return typeof found === 'number' ? found : undefined;
}

const operationOf = (json: Json): Operation => ({
  command: textAt(json, 'command'),
  collection: textAt(json, 'collection'),
  indexes: listAt(json, 'index').filter((each) => typeof each === 'string'),
  examined:
    isObject(json) && Object.hasOwn(json, 'keys_examined')
      ? {
          keys: numberAt(json, 'keys_examined'),
          documents: numberAt(json, 'documents_examined'),
          results: numberAt(json, 'results'),
          ms: numberAt(json, 'execution_ms'),
        }
      : undefined,
});

export const explanationOf = (json: Json): Explanation => ({
  queuedMs: msAt(json, 'queued_ms'),
  databaseMs: msAt(json, 'database_ms'),
  encodingMs: msAt(json, 'encoding_ms'),
  operations: listAt(json, 'operations').map(operationOf),
  more: numberAt(json, 'more_operations'),
  json,
});
