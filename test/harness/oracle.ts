// The expected JobInfo of a stored job, computed the slow way: from the driver's objects.
import { Binary, BSON, BSONRegExp, Code, DBRef, Decimal128, Long, MaxKey, MinKey, ObjectId } from 'mongodb';
import {
  CollectorInfo,
  CollectorInfo_State,
  JobInfo,
  JobInfo_Status,
  PluginInfo,
} from '../../src/gen/spaceone/api/inventory/v1/collector.js';
import type { ErrorInfo } from '../../src/gen/spaceone/api/inventory/v1/collector.js';
import { MAX_DEPTH } from '../../src/wire/struct.js';

type Stored = Readonly<Record<string, unknown>>;

const decoded = (document: Buffer): Stored =>
  BSON.deserialize(document, { bsonRegExp: true, validation: { utf8: false } });

const isStored = (value: unknown): value is Stored =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const dateText = (date: Date): string => (Number.isNaN(date.getTime()) ? '' : date.toISOString());

function scalar(value: unknown): null | boolean | number | string | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return dateText(value);
  if (value instanceof Long)
    return Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value.toString();
  if (value instanceof BSONRegExp) return `/${value.pattern}/${value.options}`;
  if (value instanceof Code) return value.code;
  if (value instanceof MinKey || value instanceof MaxKey) return value._bsontype;
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Decimal128) return value.toString();
  if (!(value instanceof Binary)) return undefined;
  const isUuid = value.sub_type === Binary.SUBTYPE_UUID && value.length() === 16;
  return isUuid ? value.toUUID().toHexString() : value.toString('base64');
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  Object.entries<unknown>(value instanceof DBRef ? value.toJSON() : { ...(value ?? {}) });

function json(value: unknown): unknown {
  const plain = scalar(value);
  if (plain !== undefined) return plain;
  if (Array.isArray(value)) return value.map(json);
  return Object.fromEntries(entriesOf(value).map(([name, each]) => [name, json(each)]));
}

/** Converts to a value of a Struct, in the form of this project's codec. */
function plainOf(value: unknown, depth: number): unknown {
  const plain = scalar(value);
  if (plain !== undefined) return plain;
  if (depth >= MAX_DEPTH) return JSON.stringify(json(value));
  if (Array.isArray(value)) return value.map((each) => plainOf(each, depth + 1));
  return new Map(entriesOf(value).map(([name, each]) => [name, plainOf(each, depth + 1)]));
}

const textOf = (value: unknown): string => String(scalar(value) ?? '');

function numberOf(value: unknown): number {
  const number = value instanceof Long || value instanceof Decimal128 ? Number(value.toString()) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) return 0;
  return Math.trunc(Math.min(Math.max(number, -(2 ** 31)), 2 ** 31 - 1)) + 0;
}

function enumOf(names: Readonly<Record<string, string | number>>, value: unknown): number {
  const number = typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : 0;
  return typeof number === 'number' ? number : 0;
}

const structOf = (value: unknown): Record<string, unknown> | undefined => {
  const entries = isStored(value) || value instanceof DBRef ? entriesOf(value) : [];
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, each]) => [name, plainOf(each, 1)]));
};

const NONE = new Uint8Array();

const errorOf = (error: Stored): ErrorInfo => ({
  error_code: textOf(error['error_code']),
  message: textOf(error['message']),
  additional: structOf(error['additional']),
});

const pluginOf = (plugin: unknown): PluginInfo | undefined =>
  isStored(plugin) && Object.keys(plugin).length > 0
    ? {
        ...PluginInfo.decode(NONE),
        plugin_id: textOf(plugin['plugin_id']),
        version: textOf(plugin['version']),
      }
    : undefined;

const collectorOf = (collector: Stored): CollectorInfo => ({
  ...CollectorInfo.decode(NONE),
  collector_id: textOf(collector['collector_id']),
  name: textOf(collector['name']),
  state: enumOf(CollectorInfo_State, collector['state']),
  plugin_info: pluginOf(collector['plugin_info']),
  provider: textOf(collector['provider']),
  capability: structOf(collector['capability']),
  is_public: collector['is_public'] === true,
  project_id: textOf(collector['project_id']),
});

/** The expected JobInfo of `document`, with its collector. */
export function jobOf(document: Buffer, collector: Buffer | undefined): JobInfo {
  const job = decoded(document);
  const errors: readonly unknown[] = Array.isArray(job['errors']) ? job['errors'] : [];
  return {
    ...JobInfo.decode(NONE),
    job_id: textOf(job['job_id']),
    status: enumOf(JobInfo_Status, job['status']),
    filter: structOf(job['filters']),
    total_tasks: numberOf(job['total_tasks']),
    remained_tasks: numberOf(job['remained_tasks']),
    errors: errors.filter(isStored).map(errorOf),
    collector_info: collector === undefined ? undefined : collectorOf(decoded(collector)),
    project_id: textOf(job['project_id']),
    domain_id: textOf(job['domain_id']),
    created_at: textOf(job['created_at']),
    updated_at: textOf(job['updated_at']),
    finished_at: textOf(job['finished_at']),
  };
}
