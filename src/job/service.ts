/** The four rpcs of spaceone.api.inventory.v1.Job: read the request, confine it, ask the store, answer bytes. */
import { echo, fail } from '../errors.js';
import { Query } from '../gen/spaceone/api/core/v1/query.js';
import { JobsQuery_JobStatus } from '../gen/spaceone/api/inventory/v1/job.js';
import type {
  GetJobRequest,
  JobRequest,
  JobsQuery,
  JobStatQuery,
} from '../gen/spaceone/api/inventory/v1/job.js';
import { isDoubtful, pipelinesOf, projectionOf, referredPaths } from '../query/compile.js';
import type { Repaired } from '../query/compile.js';
import { confineOne } from '../query/confine.js';
import type { ConfinedMatch, Scope } from '../query/confine.js';
import type { AskedFilter, ListQuery, StatQuery } from '../query/model.js';
import { readList, readOnly } from '../query/parse.js';
import type { Reading } from '../query/parse.js';
import { readStat } from '../query/parse-stat.js';
import { workBudget } from '../query/values.js';
import { jobInfo, jobsInfo, statStruct } from './answer.js';
import type { Result } from './answer.js';
import { createCollectorLoader, collectorsOf } from './collectors.js';
import { limitCommand, MAX_QUERY_BYTES } from '../mongo/command-size.js';
import { explainFilterError, scopeFilter, withFilterErrors } from './scoped-filter.js';
import { repairsOf, createSettle } from './malformed.js';
import type { Reservation, MemoryBudget } from '../limits/memory-budget.js';
import { runThenYield } from '../limits/yield.js';
import type { Yielding } from '../limits/yield.js';
import type { CollectorInfoBytes } from './transcoder.js';
import { pieces, exportWriter } from './export-formats.js';
import type { ExportFormat } from './export-formats.js';
import { JOB_SCHEMA } from './schema.js';
import { withAbortScope } from '../limits/abort.js';
import type { Batches } from '../mongo/executor.js';
import type { Deadline } from '../limits/abort.js';
import type { FindPlan } from './find-page.js';
import type { JobStore } from './store.js';
import { keyOf, createCoalescing } from '../limits/coalesce.js';
import { totalOf } from './total.js';
import type { Schedulers } from '../limits/fair-scheduler.js';

/** One call of an rpc. */
export interface Call extends Deadline {
  readonly now: Date;
  /** What the caller may see of what the request asks for. */
  scope(asked: Pick<JobsQuery, 'domain_id'> & Partial<Pick<JobsQuery, 'project_id'>>): Promise<Scope>;
  /** Adds to the line that the call leaves in the log. */
  noted(about: Readonly<Record<string, unknown>>): void;
}

/** Each rpc takes a decoded request, and answers the bytes of its response. Errors: AppError. */
export interface JobService {
  get(request: GetJobRequest, call: Call): Promise<Uint8Array>;
  list(request: JobsQuery, call: Call): Promise<Uint8Array>;
  stat(request: JobStatQuery, call: Call): Promise<Uint8Array>;
  delete(request: JobRequest, call: Call): Promise<Uint8Array>;
  /** All that list would answer, as text, piece by piece and in memory that does not grow with it. */
  export(request: JobsQuery, format: ExportFormat, call: Call): AsyncGenerator<Uint8Array, void>;
}

export interface JobServiceOptions {
  readonly store: JobStore;
  /** The largest page.limit; 0: any, or none. */
  readonly maxPageSize: number;
  readonly maxResponseBytes: number;
  /** What all answers in the making may take. */
  readonly memory: MemoryBudget;
  readonly schedulers: Schedulers;
  /** Long work goes on in slices. */
  readonly yielding: Yielding;
  /** Milliseconds that a collector is kept once it was looked up. */
  readonly collectorCache: number;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
}

const NO_QUERY = Query.decode(new Uint8Array());

const required = (value: string, key: string): string =>
  value === '' ? fail('REQUIRED_PARAMETER', { key }) : value;

const notFound = (jobId: string): never => fail('NOT_FOUND', { job_id: jobId }, 'job_id');

function statusOf(status: JobsQuery_JobStatus): string {
  if (status === JobsQuery_JobStatus.JOB_STATE_NONE) return '';
  const [name] = Object.entries(JobsQuery_JobStatus).find(([, number]) => number === status) ?? [];
  return (
    name ?? fail('INVALID_PARAMETER', { key: 'status', reason: `${String(status)} is no status of a job` })
  );
}

/** What a list asks for beside its query. */
function equalities({ job_id, status, collector_id, project_id }: JobsQuery): ReadonlyMap<string, string> {
  const sent = Object.entries({ job_id, status: statusOf(status), collector_id, project_id });
  return new Map(sent.filter(([, value]) => value !== ''));
}

const findOf = ({ only, sort, page }: ListQuery): FindPlan => ({
  projection: projectionOf(only, JOB_SCHEMA),
  sort,
  page,
});

/** Jobs of a page that is not long. */
const SMALL_PAGE = 1000;

/** Whether the answer to `query` cannot be long. */
const isSmall = ({ countOnly, page }: ListQuery): boolean =>
  countOnly || (page !== undefined && page.limit <= SMALL_PAGE);

const resultOf = ({ rows }: StatQuery): Result => ('distinct' in rows ? 'value' : 'row');

/** Hands on each batch; answers how many documents there were. */
async function forEachBatch(
  batches: Batches,
  add: (batch: readonly Buffer[]) => void | Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const batch of batches) {
    await add(batch);
    count += batch.length;
  }
  return count;
}

/** The JobInfos of jobs, each made when it is asked for. */
function* jobInfos(jobs: readonly Buffer[], collectors: readonly CollectorInfoBytes[]): Iterable<Uint8Array> {
  for (const [nth, job] of jobs.entries()) yield jobInfo(job, collectors[nth]);
}

/** The answer to a stat, and whether its rows were made by the bytes of texts that are not UTF-8. */
interface Made {
  readonly bytes: Uint8Array;
  readonly isByBytes: boolean;
}

/** The service over `store`. */
export function createJobService(options: JobServiceOptions): JobService {
  const { store, maxPageSize, maxResponseBytes: maxBytes, memory, schedulers, yielding } = options;
  const collect = createCollectorLoader(options);
  const stats = createCoalescing<Uint8Array>();
  const counts = createCoalescing<number>();
  const reading = ({ now }: Call, equal: Reading['equal']): Reading => ({
    schema: JOB_SCHEMA,
    now,
    work: workBudget(),
    maxPageSize,
    equal,
  });

  /** The query of a list; the log line names the sort keys that order nothing. */
  function listOf(request: JobsQuery, call: Call): ListQuery {
    const query = readList(request.query ?? NO_QUERY, reading(call, equalities(request)));
    if (query.passedOver.length > 0) call.noted({ sort_keys_passed_over: query.passedOver.map(echo) });
    return query;
  }

  const settle = createSettle(store, options.monotonicNow);
  const confined = async (scope: Scope, filter: AskedFilter, deadline: Deadline): Promise<ConfinedMatch> =>
    scopeFilter(scope, await settle(filter, scope, deadline), store, deadline);

  /** How many jobs there are; equal counts at one time are one, and have one turn. */
  const counted = (match: ConfinedMatch, { domainId }: Scope, deadline: Deadline): Promise<number> =>
    counts(keyOf({ ...match }), deadline, async (shared) => {
      using _turn = await schedulers.counts(domainId, shared.signal);
      return await store.count(match, shared);
    });

  /** The JobInfos of each batch. */
  async function* toJobInfos(batches: Batches, scope: Scope, deadline: Deadline) {
    for await (const jobs of batches) {
      const collectors = await collect(jobs, scope, deadline);
      yield jobInfos(jobs, collectors);
    }
  }

  /** The collectors that a stat asks of; undefined where it asks of none. */
  async function referredBy(
    query: StatQuery,
    match: ConfinedMatch,
    scope: Scope,
    lease: Reservation,
    deadline: Deadline,
  ) {
    const paths = referredPaths(query);
    return paths.length === 0 ? undefined : await collectorsOf(store, match, scope, paths, lease, deadline);
  }

  return {
    async get(request, call) {
      const jobId = required(request.job_id, 'job_id');
      const scope = await call.scope(request);
      const projection = projectionOf(readOnly(request.only, 'only', JOB_SCHEMA), JOB_SCHEMA);
      using _turn = await schedulers.small(scope.domainId, call.signal);
      const job =
        (await store.one(confineOne(JOB_SCHEMA.id, jobId, scope), projection, call)) ?? notFound(jobId);
      const [collector] = await collect([job], scope, call);
      return jobInfo(job, collector);
    },

    async list(request, call) {
      const scope = await call.scope(request);
      const query = await runThenYield(yielding, () => listOf(request, call));
      return withFilterErrors(query.filter, store, call, async () => {
        using turn = await schedulers[isSmall(query) ? 'small' : 'large'](scope.domainId, call.signal);
        // Who waits for a count, which may be everybody's, keeps nobody from their turn.
        const giveBack = (): void => {
          turn[Symbol.dispose]();
        };
        using lease = memory.reserve();
        const answer = jobsInfo({ maxBytes, memory: lease, yielding });
        const filter = await confined(scope, query.filter, call);
        if (query.countOnly) {
          giveBack();
          return answer.finish(await counted(filter, scope, call));
        }
        const total = await withAbortScope(call, (begin) => {
          const listing = begin((deadline) =>
            forEachBatch(store.findPage(filter, findOf(query), deadline), async (jobs) => {
              await answer.add(jobs, await collect(jobs, scope, deadline));
            }),
          ).finally(giveBack);
          return totalOf(query.page, listing, () => begin((deadline) => counted(filter, scope, deadline)));
        });
        return answer.finish(total);
      });
    },

    async *export(request, format, call) {
      const scope = await call.scope(request);
      const query = await runThenYield(yielding, () => listOf(request, call));
      if (query.countOnly)
        fail('INVALID_PARAMETER', { key: 'query.count_only', reason: 'rows are asked for' });
      using _turn = await schedulers.exports(scope.domainId, call.signal);
      try {
        const filter = await confined(scope, query.filter, call);
        const batches = store.findPage(filter, findOf(query), call);
        yield* pieces(exportWriter(format, query.only), toJobInfos(batches, scope, call), yielding);
      } catch (error) {
        throw await explainFilterError(error, query.filter, store, call);
      }
    },

    async stat(request, call) {
      const asked = request.query ?? fail('REQUIRED_PARAMETER', { key: 'query' });
      const scope = await call.scope(request);
      const query = await runThenYield(yielding, () => readStat(asked, reading(call, new Map())));
      return withFilterErrors(query.filter, store, call, () =>
        stats(keyOf({ scope, query }), call, async (shared) => {
          using _turn = await schedulers.stats(scope.domainId, shared.signal);
          using lease = memory.reserve();
          const filter = await confined(scope, query.filter, shared);
          const referred = await referredBy(query, filter, scope, lease, shared);
          const made = async (repaired: Repaired | undefined): Promise<Made> => {
            const { rows, total } = await runThenYield(yielding, () => {
              const pipelines = pipelinesOf(query, JOB_SCHEMA, referred, repaired);
              limitCommand({ filter, rows: pipelines.rows }, MAX_QUERY_BYTES, 'query');
              return pipelines;
            });
            const answer = statStruct({ maxBytes, memory: lease, yielding }, resultOf(query));
            return await withAbortScope(shared, async (begin) => {
              const [count] = await Promise.all([
                total && begin((deadline) => store.resultCount(filter, total, deadline)),
                begin((deadline) => forEachBatch(store.results(filter, rows, deadline), answer.add)),
              ]);
              return { bytes: answer.finish(count), isByBytes: answer.hasReplaced() };
            });
          };
          const repairs = () => repairsOf(store, query, scope, lease, shared);
          const first = await made(isDoubtful(query) ? await repairs() : undefined);
          const repaired = first.isByBytes ? await repairs() : undefined;
          return (repaired === undefined ? first : await made(repaired)).bytes;
        }),
      );
    },

    async delete(request, call) {
      const jobId = required(request.job_id, 'job_id');
      const scope = await call.scope(request);
      const filter = confineOne(JOB_SCHEMA.id, jobId, scope);
      using _turn = await schedulers.small(scope.domainId, call.signal);
      return (await store.remove(filter, call)) ? new Uint8Array() : notFound(jobId);
    },
  };
}
