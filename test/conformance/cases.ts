// Loads the conformance cases, runs them through a client and compares results (test/conformance/README.md).
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';
import { extendedJson } from '../../src/embedded/sample.js';
import type { Failure, Outcome, RpcName } from '../harness/client.js';

/** Calls an rpc over one of the transports. */
export type Call = (rpc: RpcName, request: JsonObject) => Promise<Outcome>;

const DIRECTORY = join(process.cwd(), 'test/conformance/cases');

interface ErrorExpectation {
  readonly status: string;
  readonly code?: string;
  readonly text_contains?: string;
  readonly text_contains_all?: readonly string[];
  readonly text_contains_any?: readonly string[];
}

export interface Expectation {
  readonly response?: JsonObject;
  readonly error?: ErrorExpectation;
  readonly any_of?: readonly Expectation[];
  readonly count?: number;
  readonly job_ids_sha256?: string;
  readonly order_field?: string;
  readonly order_sha256?: string;
}

export interface Case {
  readonly name: string;
  readonly rpc: RpcName;
  readonly request: JsonObject;
  readonly expect: Expectation;
  readonly unordered?: boolean;
  readonly unordered_fields?: readonly string[];
  readonly null_is_absent?: boolean;
  readonly walk?: { readonly limit: number };
  readonly insert?: readonly JsonObject[];
  readonly then?: readonly Case[];
}

/** The cases of every family, with the name of its file. */
export const FAMILIES: readonly (readonly [string, readonly Case[]])[] = readdirSync(DIRECTORY)
  .filter((file) => file.endsWith('.json'))
  .map(
    (file) => [file.replace('.json', ''), JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8'))] as const,
  );

const DAY_MS = 86_400_000;

function startOf(unit: string, now: Date): number {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const starts: Readonly<Record<string, number>> = {
    now: now.getTime(),
    'now/d': midnight,
    'now/w': midnight - ((now.getUTCDay() + 6) % 7) * DAY_MS,
    'now/m': Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1),
  };
  return starts[unit] ?? NaN;
}

/** Parses the documents of `insert`; `{$relative, seconds}` becomes a date. */
export function documentsOf(insert: readonly JsonObject[], now: Date): Document[] {
  const dated = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && '$relative' in value && 'seconds' in value
      ? {
          $date: new Date(startOf(String(value.$relative), now) + Number(value.seconds) * 1000).toISOString(),
        }
      : value;
  return insert.map((document) => extendedJson(JSON.stringify(document, dated)));
}

const sha256 = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex');

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const resultsOf = (outcome: Outcome): readonly JsonValue[] => {
  const results = 'response' in outcome ? outcome.response['results'] : undefined;
  return Array.isArray(results) ? results : [];
};

/** Joins all pages of a walk into one response, with the total_count of the last request. */
async function walkPages({ rpc, request, walk: pages }: Case, call: Call): Promise<Outcome> {
  const limit = pages?.limit ?? 0;
  const results: JsonValue[] = [];
  const query = isObject(request['query']) ? request['query'] : {};
  for (let start = 1; ; start += limit) {
    const outcome = await call(rpc, { ...request, query: { ...query, page: { start, limit } } });
    if ('error' in outcome) return outcome;
    const page = resultsOf(outcome);
    if (page.length === 0) return { response: { ...outcome.response, results } };
    results.push(...page);
  }
}

export const run = (each: Case, call: Call): Promise<Outcome> =>
  each.walk === undefined ? call(each.rpc, each.request) : walkPages(each, call);

const isDefault = (value: JsonValue): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0);

const STRUCTS: ReadonlySet<string> = new Set(['filter', 'additional', 'capability']);

/** Drops default values outside Structs, since absent and default are equal there. */
function withoutDefaults(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => !isDefault(each));
  return Object.fromEntries(
    kept.map(([name, each]) => [name, STRUCTS.has(name) ? each : withoutDefaults(each)]),
  );
}

const sorted = (results: readonly JsonValue[]): JsonValue[] =>
  results.toSorted((a, b) => (JSON.stringify(canonical(a)) < JSON.stringify(canonical(b)) ? -1 : 1));

function canonical(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, canonical(v)]),
  );
}

function comparableResult(
  value: JsonValue,
  { unordered_fields = [], null_is_absent = false }: Case,
): JsonValue {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => !(null_is_absent && each === null));
  return Object.fromEntries(
    kept.map(([name, each]) => [
      name,
      unordered_fields.includes(name) && Array.isArray(each) ? sorted(each) : each,
    ]),
  );
}

/** Normalizes a response for comparison. */
export function comparable(response: JsonObject, each: Case): JsonValue {
  const plain = each.rpc === 'stat' ? response : withoutDefaults(response);
  if (!isObject(plain) || !Array.isArray(plain['results'])) return plain;
  const results = plain['results'].map((one) => comparableResult(one, each));
  return { ...plain, results: each.unordered === true ? sorted(results) : results };
}

/** Computes the hashes and counts of an expectation for a response. */
export function summarize(outcome: Outcome, { order_field }: Expectation): Expectation {
  const results = resultsOf(outcome).filter(isObject);
  const text = (value: JsonValue | undefined): string =>
    typeof value === 'string' || value === undefined || value === null
      ? (value ?? '')
      : JSON.stringify(value);
  const ids = results.map((each) => text(each['job_id']));
  const total = 'response' in outcome ? Number(outcome.response['total_count'] ?? 0) : NaN;
  const order =
    order_field === undefined
      ? {}
      : { order_field, order_sha256: sha256(results.map((each) => text(each[order_field]))) };
  return { count: total, job_ids_sha256: sha256(ids.toSorted()), ...order };
}

/** Reports whether an error matches the expected one. */
export function matchesError(error: Failure, expected: ErrorExpectation): boolean {
  const text = `${error.code}: ${error.text}`;
  return (
    error.status === expected.status &&
    (expected.code === undefined || error.code === expected.code) &&
    text.includes(expected.text_contains ?? '') &&
    (expected.text_contains_all ?? []).every((part) => text.includes(part)) &&
    (expected.text_contains_any ?? ['']).some((part) => text.includes(part))
  );
}

export const errorOf = (outcome: Outcome): Failure | undefined =>
  'error' in outcome ? outcome.error : undefined;
