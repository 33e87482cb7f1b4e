/** The four rpcs of spaceone.api.inventory.v1.Job: read the request, confine it, ask the store, answer bytes. */
import { ObjectId } from 'mongodb';
import { appError, fail } from '../errors.js';
import { Query } from '../gen/spaceone/api/core/v1/query.js';
import { JobsQuery_JobStatus } from '../gen/spaceone/api/inventory/v1/job.js';
import type {
  GetJobRequest,
  JobRequest,
  JobsQuery,
  JobStatQuery,
} from '../gen/spaceone/api/inventory/v1/job.js';
import { filterOf, pipelinesOf, projectionOf, referredPaths } from '../query/compile.js';
import { confine, confineReferred } from '../query/confine.js';
import type { ConfinedFilter, Scope } from '../query/confine.js';
import type { AskedFilter, Filter } from '../query/model.js';
import { readList, readOnly } from '../query/parse.js';
import type { Reading } from '../query/parse.js';
import { readStat } from '../query/parse-stat.js';
import { resolved } from '../query/references.js';
import { jobInfo, jobsInfo, statStruct } from './answer.js';
import type { Answer } from './answer.js';
import { FilterRefused } from './database-errors.js';
import { COLLECTOR_SHOWN, JOB } from './schema.js';
import type { StoredDocument } from './schema.js';
import type { Batches, Budget, JobStore } from './store.js';

/** One call of an rpc. */
export interface Call extends Budget {
  readonly now: Date;
  /** What the caller may see, of the domain that the request names. */
  scope(domainId: string): Scope;
}

/** Each rpc takes a decoded request, and answers the bytes of its response. Errors: AppError. */
export interface JobService {
  get(request: GetJobRequest, call: Call): Promise<Uint8Array>;
  list(request: JobsQuery, call: Call): Promise<Uint8Array>;
  stat(request: JobStatQuery, call: Call): Promise<Uint8Array>;
  delete(request: JobRequest, call: Call): Promise<Uint8Array>;
}

export interface JobServiceOptions {
  readonly store: JobStore;
  /** The largest page.limit; 0: any, or none. */
  readonly maxPageSize: number;
  readonly maxResponseBytes: number;
}

const required = (value: string, key: string): string =>
  value === '' ? fail('REQUIRED_PARAMETER', { key }) : value;

const notFound = (jobId: string): never => fail('NOT_FOUND', { job_id: jobId }, 'job_id');

/** The filter for one job. */
const jobOf = (jobId: string): Filter => ({
  all: [{ at: 'job_id', path: JOB.id, operator: 'eq', operand: jobId }],
  any: [],
});

function statusOf(status: JobsQuery_JobStatus): string {
  if (status === JobsQuery_JobStatus.JOB_STATE_NONE) return '';
  const name: string | undefined = JobsQuery_JobStatus[status];
  return (
    name ?? fail('INVALID_PARAMETER', { key: 'status', reason: `${String(status)} is no status of a job` })
  );
}

/** What a list asks for beside its query. */
function equalities({ job_id, status, collector_id, project_id }: JobsQuery): ReadonlyMap<string, string> {
  const sent = Object.entries({ job_id, status: statusOf(status), collector_id, project_id });
  return new Map(sent.filter(([, value]) => value !== ''));
}

/** Puts each job's collector in the place of its reference; each collector is looked up once, within the scope. */
function collecting(store: JobStore, scope: Scope, budget: Budget) {
  const found = new Map<string, StoredDocument | undefined>();
  const idOf = ({ collector }: StoredDocument): string =>
    collector instanceof ObjectId ? collector.toHexString() : '';
  return async (jobs: readonly StoredDocument[]): Promise<readonly StoredDocument[]> => {
    const missing = new Set(jobs.map(idOf).filter((id) => id !== '' && !found.has(id)));
    if (missing.size > 0) {
      const ids = [...missing].map((id) => ObjectId.createFromHexString(id));
      const filter = confineReferred({ _id: { $in: ids } }, scope);
      for (const id of missing) found.set(id, undefined);
      for (const each of await store.collectors(filter, COLLECTOR_SHOWN, budget))
        found.set(each._id.toHexString(), each);
    }
    return jobs.map((job) => ({ ...job, collector: found.get(idOf(job)) }));
  };
}

async function addAll(
  answer: Answer,
  batches: Batches,
  prepare?: ReturnType<typeof collecting>,
): Promise<void> {
  for await (const batch of batches) {
    for (const document of prepare === undefined ? batch : await prepare(batch)) answer.add(document);
  }
}

/** The service over `store`. */
export function jobService({ store, maxPageSize, maxResponseBytes }: JobServiceOptions): JobService {
  const reading = (call: Call, equal: ReadonlyMap<string, string>): Reading => ({
    schema: JOB,
    now: call.now,
    maxPageSize,
    equal,
  });

  /** The jobs that `filter` asks for within `scope`, collectors resolved. */
  async function confined(filter: AskedFilter, scope: Scope, call: Call): Promise<ConfinedFilter> {
    const lookup = async (asked: Parameters<typeof confineReferred>[0]): Promise<readonly ObjectId[]> =>
      (await store.collectors(confineReferred(asked, scope), [], call)).map(({ _id }) => _id);
    return confine(await resolved(filter, JOB, lookup), scope);
  }

  /** Runs `work`; a filter that MongoDB refuses is an error that names the condition at fault. */
  async function naming<T>(filter: AskedFilter, call: Call, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof FilterRefused ? await refusal(filter, call) : error;
    }
  }

  async function refusal({ all, any }: AskedFilter, call: Call): Promise<Error> {
    const conditions = [...all, ...any].map((leaf) => ('referred' in leaf ? leaf.referred : leaf));
    const accepted = await Promise.all(
      conditions.map((condition) => store.accepts(filterOf({ all: [condition], any: [] }), call)),
    );
    const fault = conditions.find((_, i) => accepted[i] === false);
    const reason = `'${fault?.path ?? ''}' ${fault?.operator ?? ''}: this is no regular expression of MongoDB's`;
    return appError('INVALID_PARAMETER', { key: `${fault?.at ?? 'query.filter'}.value`, reason });
  }

  return {
    async get(request, call) {
      const jobId = required(request.job_id, 'job_id');
      const scope = call.scope(request.domain_id);
      const projection = projectionOf(readOnly(request.only, 'only', JOB), JOB);
      const job = (await store.one(confine(jobOf(jobId), scope), projection, call)) ?? notFound(jobId);
      const [whole] = await collecting(store, scope, call)([job]);
      return jobInfo(whole ?? job);
    },

    async list(request, call) {
      const scope = call.scope(request.domain_id);
      const query = readList(
        request.query ?? Query.decode(new Uint8Array()),
        reading(call, equalities(request)),
      );
      const answer = jobsInfo(maxResponseBytes);
      return naming(query.filter, call, async () => {
        const filter = await confined(query.filter, scope, call);
        if (query.countOnly) return answer.finish(await store.count(filter, call));
        const find = { projection: projectionOf(query.only, JOB), sort: query.sort, page: query.page };
        const [total] = await Promise.all([
          query.page && store.count(filter, call),
          addAll(answer, store.list(filter, find, call), collecting(store, scope, call)),
        ]);
        return answer.finish(total);
      });
    },

    async stat(request, call) {
      const asked = request.query ?? fail('REQUIRED_PARAMETER', { key: 'query' });
      const scope = call.scope(request.domain_id);
      const query = readStat(asked, reading(call, new Map()));
      const answer = statStruct(
        maxResponseBytes,
        'distinct' in query.rows ? (row) => row['value'] : (row) => row,
      );
      return naming(query.filter, call, async () => {
        const filter = await confined(query.filter, scope, call);
        const paths = referredPaths(query);
        const referred =
          paths.length === 0 ? undefined : await store.collectors(confineReferred({}, scope), paths, call);
        const { rows, total } = pipelinesOf(query, JOB, referred);
        const [count] = await Promise.all([
          total && store.rowCount(filter, total, call),
          addAll(answer, store.rows(filter, rows, call)),
        ]);
        return answer.finish(count);
      });
    },

    async delete(request, call) {
      const jobId = required(request.job_id, 'job_id');
      const filter = confine(jobOf(jobId), call.scope(request.domain_id));
      return (await store.remove(filter, call)) ? new Uint8Array() : notFound(jobId);
    },
  };
}
