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

/** Every value under `name`, at any depth; plans that lost are left out. */
function* valuesUnder(name: string, value: unknown): Generator<unknown, void> {
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === name) yield inner;
    if (key !== 'rejectedPlans') yield* valuesUnder(name, inner);
  }
}

/** Stages of a plan that read an index or the collection. */
const SCAN = /SCAN|^IDHACK$|^EXPRESS/;

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

const sumOf = (reports: readonly Document[], name: string): number =>
  reports.reduce((sum, report) => sum + Number(report[name] ?? 0), 0);

/**
 * Reads `reply`. The number of keys and documents examined is shown only for indexes that begin with `tenant`: any other
 * number would tell of documents outside the scope.
 */
export function planOf(reply: Document, tenant: string): Plan {
  const scans = [...valuesUnder('winningPlan', reply)].flatMap((plan) => [...scansIn(plan, tenant)]);
  const reports = [...valuesUnder('executionStats', reply)].filter(isObject);
  const index = [...new Set(scans.map((scan) => scan.index))];
  if (reports.length === 0 || !scans.every(({ isWithinTenant }) => isWithinTenant)) return { index };
  return {
    index,
    keys_examined: sumOf(reports, 'totalKeysExamined'),
    documents_examined: sumOf(reports, 'totalDocsExamined'),
    results: sumOf(reports, 'nReturned'),
    execution_ms: sumOf(reports, 'executionTimeMillis'),
  };
}
