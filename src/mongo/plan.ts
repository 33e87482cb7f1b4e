/** Reads MongoDB's explanation of a read: the indexes and what was examined (docs/monitor.md «Explain»). */
import type { Document } from 'mongodb';

/** A part of an explanation to show. */
export interface Plan {
  readonly index?: readonly string[];
  readonly keys_examined?: number;
  readonly documents_examined?: number;
  readonly results?: number;
  readonly execution_ms?: number;
}

const isObject = (value: unknown): value is Document => typeof value === 'object' && value !== null;

/** Every object in `value` with a field called `name`, at any depth. */
function* objectsWith(name: string, value: unknown): Generator<Document, void> {
  if (!isObject(value)) return;
  if (Object.hasOwn(value, name)) yield value;
  for (const inner of Object.values(value)) yield* objectsWith(name, inner);
}

/** A router's plan: each of its shards reports plans of its own. */
const isOfShards = (plan: unknown): boolean => isObject(plan) && 'shards' in plan;

/** Stages of a plan that read an index or the collection, and `SUBPLAN`, which does not list its rejected plans. */
const SCAN = /SCAN|^IDHACK$|^EXPRESS|^SUBPLAN$/;

interface Scan {
  readonly index: string;
  /** Only documents of the scope's tenant are read. */
  readonly isWithinTenant: boolean;
}

function* scansIn(plan: unknown, tenant: string): Generator<Scan, void> {
  if (!isObject(plan)) return;
  const { stage, indexName, keyPattern } = plan;
  if (typeof stage === 'string' && SCAN.test(stage)) {
    const [first] = isObject(keyPattern) ? Object.keys(keyPattern) : [];
    yield { index: typeof indexName === 'string' ? indexName : stage, isWithinTenant: first === tenant };
  }
  for (const inner of Object.values(plan)) yield* scansIn(inner, tenant);
}

/** The scans of all candidates are within the tenant; false where they are not all listed. */
const isWithinTenant = ({ winningPlan, rejectedPlans }: Document, tenant: string): boolean =>
  Array.isArray(rejectedPlans) &&
  [...scansIn([winningPlan, rejectedPlans], tenant)].every((scan) => scan.isWithinTenant);

const sumOf = (reports: readonly Document[], name: string): number =>
  reports.reduce((sum, report) => sum + Number(report[name] ?? 0), 0);

/** The parts of `reply` with plans: one, or one for each shard. */
const plannersIn = (reply: Document): readonly Document[] =>
  [...objectsWith('winningPlan', reply)].filter(({ winningPlan }) => !isOfShards(winningPlan));

/**
 * Reads `reply`. The numbers of keys and documents are shown only for indexes that begin with `tenant`: any other number
 * would count documents of other tenants.
 */
export function planOf(reply: Document, tenant: string): Plan {
  const scans = plannersIn(reply).flatMap(({ winningPlan }) => [...scansIn(winningPlan, tenant)]);
  const index = [...new Set(scans.map((scan) => scan.index))];
  const reports = [...objectsWith('executionStats', reply)]
    .map(({ executionStats }): unknown => executionStats)
    .filter(isObject);
  if (reports.length === 0 || !scans.every((scan) => scan.isWithinTenant)) return { index };
  return {
    index,
    keys_examined: sumOf(reports, 'totalKeysExamined'),
    documents_examined: sumOf(reports, 'totalDocsExamined'),
    results: sumOf(reports, 'nReturned'),
    execution_ms: sumOf(reports, 'executionTimeMillis'),
  };
}

/**
 * Reads `reply` for callers who are confined to a tenant. MongoDB chooses among candidate plans by what they find first: if
 * one of them reads documents of other tenants, the choice tells of those, and nothing is shown.
 */
export const confinedPlanOf = (reply: Document, tenant: string): Plan =>
  plannersIn(reply).every((planner) => isWithinTenant(planner, tenant)) ? planOf(reply, tenant) : {};
