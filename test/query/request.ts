// A request in JSON as the reader of queries gets it, and an answer as a table of cases states it.
import { fromJson, toBinary } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { Query, StatisticsQuery } from '../../src/gen/spaceone/api/core/v1/query.js';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import type { ReadSettings } from '../../src/query/read-settings.js';
import { createWorkBudget } from '../../src/query/work-budget.js';
import { descriptors } from '../../src/wire/descriptors.js';
import type { Outcome } from '../harness/client.js';

/** The clock of requests read but not run. */
export const NOW = new Date('2024-03-15T10:20:30.400Z');

export const SETTINGS: ReadSettings = {
  schema: JOB_SCHEMA,
  now: NOW,
  work: createWorkBudget(),
  maxPageSize: 0,
  equal: new Map(),
};

function bytesOf(message: string, json: JsonObject): Uint8Array {
  const schema = descriptors.getMessage(`spaceone.api.core.v1.${message}`);
  if (schema === undefined) throw new Error(`the contract has no ${message}`);
  return toBinary(schema, fromJson(schema, json));
}

export const queryOf = (json: JsonObject): Query => Query.decode(bytesOf('Query', json));

export const statisticsOf = (json: JsonObject): StatisticsQuery =>
  StatisticsQuery.decode(bytesOf('StatisticsQuery', json));

/** Sends `document` through the driver's encoding: objects of a request are Maps before, and documents after. */
export const sent = (document: Document): Document =>
  BSON.deserialize(BSON.serialize(document), { bsonRegExp: true });

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rows of an answer; an error where it failed. */
export const rowsOf = (outcome: Outcome): unknown =>
  'error' in outcome ? outcome.error : (outcome.response['results'] ?? []);

/** The total of an answer, 0 where it has none; an error where it failed. */
export const totalOf = (outcome: Outcome): unknown =>
  'error' in outcome ? outcome.error : (outcome.response['total_count'] ?? 0);

const listOf = (value: JsonValue | undefined): JsonValue[] => (Array.isArray(value) ? value : []);

/** The job_ids of an answer, as they come; an error where it failed. */
export const idsOf = (outcome: Outcome): unknown =>
  'error' in outcome
    ? outcome.error
    : listOf(outcome.response['results'])
        .filter(isObject)
        .map((row) => row['job_id']);

/** The code of a failure, the path in the request that it names, and its text; the answer where there was none. */
export function refusalOf(outcome: Outcome): unknown {
  if ('response' in outcome) return outcome;
  const { code, text, details } = outcome.error;
  const parts = isObject(details) ? listOf(details['details']).filter(isObject) : [];
  const violations = parts.flatMap((part) => listOf(part['field_violations'])).filter(isObject);
  return { code, fields: violations.map(({ field }) => field), text };
}
