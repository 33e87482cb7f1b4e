/** Names the limit that a call has hit, for its metric (docs/monitor.md «Metrics»). */
import { AppError } from '../errors.js';
import type { LimitKind } from '../telemetry/metrics/rpc-definitions.js';

/** The beginnings of limits in words; every other limit is one of a request alone. */
const KINDS: readonly (readonly [words: string, kind: LimitKind])[] = [
  ['calls that wait for their turn', 'queue'],
  ['bytes of all requests and answers', 'memory'],
  ['milliseconds of event loop lag', 'event_loop'],
  ['query.page.limit', 'page_size'],
  ['bytes of an answer', 'answer_bytes'],
  ['bytes of a row', 'row_bytes'],
  ['bytes of the query', 'query_bytes'],
  ['bytes of collectors', 'collector_bytes'],
  ["memory of the database's", 'database_memory'],
];

/** The kind of the limit behind `error`; undefined for any other error. */
export function limitKindOf(error: unknown): LimitKind | undefined {
  if (!(error instanceof AppError) || error.limit === undefined) return undefined;
  const { limit } = error;
  const [, kind = 'request'] = KINDS.find(([words]) => limit.startsWith(words)) ?? [];
  return kind;
}
