/** Jobs with malformed text for a stat to group and sort as answers show them (docs/query.md «Text that is not UTF-8»). */
import type { Deadline } from '../limits/abort.js';
import { operandElements, operandId } from '../mongo/stored.js';
import type { Repaired } from '../query/compile/repair.js';
import { confineProbed } from '../query/confine.js';
import type { Scope } from '../scope.js';
import type { StatQuery } from '../query/model.js';
import { firstSegment } from '../query/paths.js';
import { probeBelow } from '../query/malformed-text.js';
import { ownPaths } from '../query/stat-keys.js';
import type { Reserved } from './call.js';
import { isMalformed } from './malformed.js';
import { JOB_SCHEMA } from './schema.js';
import type { JobStore } from './store.js';

/** Bytes of jobs sent back with a stat, beside its other data. */
const MAX_REPAIRED_BYTES = 4_000_000;
/** Bytes of memory for each of them: as read, as values to send, and in the commands for results and their number. */
const REPAIRED_WEIGHT = 6;

/** The jobs with malformed text where `query` asks; undefined: there are none, or too many for a stat. */
export async function repairsOf(
  store: JobStore,
  query: StatQuery,
  scope: Scope,
  work: Deadline & Reserved,
): Promise<Repaired | undefined> {
  const keys = ownPaths(query);
  if (keys.length === 0) return undefined;
  const within = confineProbed(query.filter, keys.map(probeBelow), scope, JOB_SCHEMA);
  const paths = [...new Set(keys.map(firstSegment))];
  const found: Buffer[] = [];
  let bytes = 0;
  for await (const batch of store.batches('job', within, paths, work))
    for (const document of batch.filter((each) => isMalformed(each))) {
      bytes += document.length;
      if (bytes > MAX_REPAIRED_BYTES) return undefined;
      found.push(document);
    }
  work.memory.grow(bytes * REPAIRED_WEIGHT);
  const ids = found.map(operandId);
  const documents = found.map((document) => new Map(operandElements(document, 0)));
  return found.length === 0 ? undefined : { ids, documents };
}
