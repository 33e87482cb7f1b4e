/** Jobs with malformed text for a stat to group and sort as answers show them (docs/query.md «Text that is not UTF-8»). */
import type { Deadline } from '../limits/abort.js';
import { confineProbed } from '../query/confine.js';
import type { Scope } from '../scope.js';
import type { LiteralDocuments } from '../query/literal-lookup.js';
import type { StatQuery } from '../query/model.js';
import { firstSegment } from '../query/paths.js';
import { probeBelow } from '../query/malformed-text.js';
import { ownPaths } from '../query/stat-keys.js';
import type { Reserved } from './call.js';
import { readLiteralDocuments } from './literal-documents.js';
import { isMalformed } from './malformed.js';
import { JOB_SCHEMA } from './schema.js';
import type { JobStore } from './store.js';

/** Bytes of jobs sent back with a stat, beside its other data. */
const MAX_REPAIRED_BYTES = 4_000_000;

/** The jobs with malformed text where `query` asks; undefined: there are none, or too many for a stat. */
export async function repairsOf(
  store: JobStore,
  query: StatQuery,
  scope: Scope,
  work: Deadline & Reserved,
): Promise<LiteralDocuments | undefined> {
  const keys = ownPaths(query);
  if (keys.length === 0) return undefined;
  const within = confineProbed(query.filter, keys.map(probeBelow), scope, JOB_SCHEMA);
  const paths = [...new Set(keys.map(firstSegment))];
  const batches = store.batches('job', within, paths, work);
  const repaired = await readLiteralDocuments(batches, isMalformed, MAX_REPAIRED_BYTES, work);
  return repaired?.ids.length === 0 ? undefined : repaired;
}
