/** Answers an aggregation over jobs (docs/query.md «stat»). */
import { appError, fail } from '../errors.js';
import type { JobStatQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import { timed, withAbortScope } from '../limits/abort.js';
import type { Deadline } from '../limits/abort.js';
import { runThenYield } from '../limits/yield.js';
import { limitCommand, MAX_QUERY_BYTES } from '../mongo/command-size.js';
import { InvalidPairs, MergedNonObject, UnknownTimeZone } from '../mongo/errors.js';
import { compileStat } from '../query/compile/stat.js';
import type { StatSources } from '../query/compile/stat.js';
import type { ConfinedMatch } from '../query/confine.js';
import type { LiteralDocuments } from '../query/literal-lookup.js';
import type { StatQuery } from '../query/model.js';
import { readStat } from '../query/parse-stat.js';
import { mayNeedRepair, timeZonesOf } from '../query/stat-keys.js';
import { createStatAnswer } from './answer.js';
import type { AnswerLimits, ResultKind } from './answer.js';
import { forEachBatch } from './batches.js';
import type { Read, Reserved, UseCase } from './call.js';
import { joinedCollectors } from './collectors.js';
import type { Reading } from './reading.js';
import { repairsOf } from './repairs.js';
import { JOB_SCHEMA } from './schema.js';
import type { ScopeFilter } from './scoped-filter.js';
import type { JobStore } from './store.js';
import { totalOf } from './total.js';

const NO_CONDITIONS: ReadonlyMap<string, string> = new Map();

/** Reads a request of stat. Errors: REQUIRED_PARAMETER, INVALID_ARGUMENT. */
export const createReadStat =
  ({ timeSlicer, settings }: Reading): Read<JobStatQuery, StatQuery> =>
  async (request, call) => {
    const asked = request.query ?? fail('REQUIRED_PARAMETER', { key: 'query' });
    const scope = await call.scope(request);
    const query = await runThenYield(timeSlicer, () => readStat(asked, settings(call, NO_CONDITIONS)));
    return { scope, query };
  };

interface StatParts {
  readonly store: JobStore;
  readonly scopeFilter: ScopeFilter;
  readonly limits: AnswerLimits;
}

/** An answer, and whether malformed texts were grouped or sorted by their bytes in it. */
interface Outcome {
  readonly bytes: Uint8Array;
  readonly isByBytes: boolean;
}

const resultKind = ({ rows }: StatQuery): ResultKind => ('distinct' in rows ? 'value' : 'row');

/** Compiles and runs the pipelines of a stat: its results, and their total beside them. */
async function runPipelines(
  { store, limits }: StatParts,
  query: StatQuery,
  match: ConfinedMatch,
  sources: StatSources,
  work: Deadline & Reserved,
): Promise<Outcome> {
  const { rows, total } = await runThenYield(limits.timeSlicer, () => {
    const pipelines = compileStat(query, JOB_SCHEMA, sources);
    limitCommand({ filter: match, rows: pipelines.rows }, MAX_QUERY_BYTES, 'query');
    return pipelines;
  });
  const answer = createStatAnswer(limits, work.memory, resultKind(query));
  return withAbortScope(work, async (begin) => {
    const page = begin((deadline) =>
      forEachBatch(store.results(match, rows, deadline), deadline, (batch) =>
        timed(deadline, 'encoding', () => answer.add(batch)),
      ),
    );
    const count = () => begin((deadline) => store.resultCount(match, total, deadline));
    const found = await totalOf(query.page, page, count);
    return { bytes: answer.finish(query.page && found), isByBytes: answer.hasReplaced() };
  });
}

/** The error for a time zone unknown to MongoDB; it names the date format where only one has a zone. */
function unknownTimeZone(query: StatQuery): Error {
  const zones = timeZonesOf(query);
  const [first] = zones;
  const key = zones.length > 1 || first === undefined ? 'query.aggregate' : first.fieldPath;
  const names = [...new Set(zones.map(({ name }) => name))].join(' or ');
  return appError('INVALID_PARAMETER', { key, reason: `the database does not know the time zone ${names}` });
}

const invalidAggregate = (reason: string): Error =>
  appError('INVALID_PARAMETER', { key: 'query.aggregate', reason });

/** The error for the client: `error` itself, unless it is about an operator of `query`. */
function describeOperatorError(error: unknown, query: StatQuery): unknown {
  if (error instanceof UnknownTimeZone) return unknownTimeZone(query);
  if (error instanceof MergedNonObject)
    return invalidAggregate('merge_objects takes objects, and a value is none');
  return error instanceof InvalidPairs
    ? invalidAggregate('array_to_object takes a list of {k, v} or of [k, v] with text as k')
    : error;
}

/** Names the operator at fault where MongoDB refuses one of its values. */
const withOperatorErrors =
  <W extends Deadline>(next: UseCase<StatQuery, W>): UseCase<StatQuery, W> =>
  async (asked, work) => {
    try {
      return await next(asked, work);
    } catch (error) {
      throw describeOperatorError(error, asked.query);
    }
  };

/**
 * Answers a Struct of results. Jobs with malformed text are read and sent back as answers show them: before the first
 * run where the query may depend on such text unseen, and for a second run where the first has shown some.
 */
export const createStat = (parts: StatParts): UseCase<StatQuery, Deadline & Reserved> =>
  withOperatorErrors(async ({ scope, query }, work) => {
    const { store, scopeFilter } = parts;
    const match = await scopeFilter(query.filter, scope, work);
    const joined = await joinedCollectors(store, query, match, scope, work);
    const run = (repaired: LiteralDocuments | undefined) =>
      runPipelines(parts, query, match, { joined, repaired }, work);
    const repairs = () => repairsOf(store, query, scope, work);
    const first = await run(mayNeedRepair(query) ? await repairs() : undefined);
    const repaired = first.isByBytes ? await repairs() : undefined;
    return (repaired === undefined ? first : await run(repaired)).bytes;
  });
