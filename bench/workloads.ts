// The workloads: each as a request to the service, and as the operations of the driver alone for the same answer.
import type { JsonObject } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import type { Collection, Db, Document, Filter, FindOptions } from 'mongodb';
import { COLLECTOR_SHOWN, jobProjection } from '../src/job/schema.js';
import { projectionTo } from '../src/query/compile/projection.js';
import type { Rpc } from '../src/rpcs.js';
import { idIn } from '../src/wire/bson.js';
import { nameTableOf } from '../src/wire/names.js';

/** The data in requests. */
export interface Sample {
  readonly domain: string;
  readonly jobIds: readonly string[];
  /** Part of some hundred job ids. */
  readonly text: string;
}

/** The driver on the same collections; with `raw`, documents stay bytes. */
export interface Driver {
  readonly jobs: Collection;
  readonly collectors: Collection;
  readonly raw: boolean;
}

export interface Workload {
  readonly name: string;
  readonly rpc: Rpc;
  readonly inFlight: number;
  request(sample: Sample, nth: number): JsonObject;
  baseline(driver: Driver, sample: Sample, nth: number): Promise<unknown>;
  /** The maximum CPU time of a request, in multiples of the driver's with objects and with raw documents. */
  readonly goal: { readonly objects: number; readonly raw?: number };
}

export const driverOn = (db: Db, raw: boolean): Driver => ({
  jobs: db.collection('job'),
  collectors: db.collection('collector'),
  raw,
});

const SHOWN = jobProjection(undefined);
const COLLECTOR_PROJECTION = projectionTo(COLLECTOR_SHOWN, 1);
const NEWEST = { created_at: -1, job_id: -1 } as const;
const COLLECTOR = nameTableOf([['collector', true]]);

function collectorOf(job: Document | Buffer): string | undefined {
  if (Buffer.isBuffer(job)) return idIn(job, COLLECTOR);
  const collector: unknown = job['collector'];
  return collector instanceof ObjectId ? collector.toHexString() : undefined;
}

async function lookUp(driver: Driver, domain: string, jobs: readonly (Document | Buffer)[]): Promise<void> {
  const ids = new Set(jobs.map(collectorOf).filter((id) => id !== undefined));
  if (ids.size === 0) return;
  const known = [...ids].map((id) => ObjectId.createFromHexString(id));
  const options = { projection: COLLECTOR_PROJECTION, raw: driver.raw };
  await driver.collectors.find({ domain_id: domain, _id: { $in: known } }, options).toArray();
}

async function find(driver: Driver, domain: string, filter: Filter<Document>, limit: number): Promise<void> {
  const options: FindOptions = { projection: SHOWN, sort: NEWEST, limit, batchSize: limit + 1 };
  const jobs = await driver.jobs
    .find({ domain_id: domain, ...filter }, { ...options, raw: driver.raw })
    .toArray();
  await lookUp(driver, domain, jobs);
}

const count = (driver: Driver, domain: string, filter: Filter<Document>): Promise<number> =>
  driver.jobs.countDocuments({ domain_id: domain, ...filter });

const jobId = ({ jobIds }: Sample, nth: number): string => jobIds[(nth * 7919) % jobIds.length] ?? '';

export const GET: Workload = {
  name: 'get',
  rpc: 'get',
  inFlight: 16,
  request: (sample, nth) => ({ domain_id: sample.domain, job_id: jobId(sample, nth) }),
  baseline: (driver, sample, nth) => find(driver, sample.domain, { job_id: jobId(sample, nth) }, 1),
  goal: { objects: 1.3 },
};

interface Listed {
  readonly name: string;
  readonly limit: number;
  readonly goal: Workload['goal'];
  readonly inFlight?: number;
  /** The conditions in a request, and as a MongoDB filter. */
  conditions?(sample: Sample): JsonObject[];
  filter?(sample: Sample): Filter<Document>;
}

const list = ({
  name,
  limit,
  goal,
  inFlight = 16,
  conditions = () => [],
  filter = () => ({}),
}: Listed): Workload => ({
  name,
  rpc: 'list',
  inFlight,
  goal,
  request: (sample) => ({
    domain_id: sample.domain,
    query: { filter: conditions(sample), sort: { key: 'created_at', desc: true }, page: { limit } },
  }),
  baseline: (driver, sample) =>
    Promise.all([
      find(driver, sample.domain, filter(sample), limit),
      count(driver, sample.domain, filter(sample)),
    ]),
});

/** The conditions of the nth request, and the same as a MongoDB filter. */
interface Different {
  conditions(nth: number): JsonObject[];
  filter(nth: number): Filter<Document>;
}

const EQUAL: Different = { conditions: () => [], filter: () => ({}) };
/** A condition true for each job, and different in each request. */
const DIFFERENT: Different = {
  conditions: (nth) => [{ k: 'total_tasks', v: -1 - nth, o: 'gt' }],
  filter: (nth) => ({ total_tasks: { $gt: -1 - nth } }),
};

/** An expression with two repeats; MongoDB evaluates it twice on a job without a match. */
const EXPRESSION: Different = {
  conditions: (nth) => [{ k: 'errors.message', v: `a.*b.*c${nth}`, o: 'regex' }],
  filter: (nth) => ({ 'errors.message': { $regex: `a.*b.*c${nth}`, $options: 'i' } }),
};

const countOnly = (name: string, { conditions, filter }: Different): Workload => ({
  name,
  rpc: 'list',
  inFlight: 16,
  goal: { objects: 1.2 },
  request: ({ domain }, nth) => ({ domain_id: domain, query: { filter: conditions(nth), count_only: true } }),
  baseline: (driver, { domain }, nth) => count(driver, domain, filter(nth)),
});

const COUNT_ONLY = countOnly('count_only', EQUAL);

const DAY = '%Y-%m-%d';
const STATUS_KEY = { key: 'status', name: 'status' };

const stat = (name: string, keys: JsonObject[], id: Document, { conditions, filter } = EQUAL): Workload => ({
  name,
  rpc: 'stat',
  inFlight: 16,
  goal: { objects: 1.5 },
  request: ({ domain }, nth) => ({
    domain_id: domain,
    query: {
      filter: conditions(nth),
      aggregate: [{ group: { keys, fields: [{ name: 'jobs', operator: 'count' }] } }],
    },
  }),
  baseline: ({ jobs, raw }, { domain }, nth) =>
    jobs
      .aggregate(
        [{ $match: { domain_id: domain, ...filter(nth) } }, { $group: { _id: id, jobs: { $sum: 1 } } }],
        { raw },
      )
      .toArray(),
});

const BY_STATUS = { keys: [STATUS_KEY], id: { status: '$status' } };

const success = { k: 'status', v: 'SUCCESS', o: 'eq' };
const FEW = { name: 'list 20 newest', limit: 20, goal: { objects: 1.2 } };

export const FEW_NEWEST = list(FEW);

export const WORKLOADS: readonly Workload[] = [
  GET,
  FEW_NEWEST,
  list({
    name: 'list 100, status SUCCESS',
    limit: 100,
    goal: { objects: 0.9 },
    conditions: () => [success],
    filter: () => ({ status: 'SUCCESS' }),
  }),
  list({ name: 'list 1,000', limit: 1000, goal: { objects: 0.45, raw: 1.8 } }),
  list({ name: 'list 10,000', limit: 10_000, goal: { objects: 0.5 }, inFlight: 4 }),
  COUNT_ONLY,
  list({
    name: 'contain on job_id, 20 of 109',
    limit: 20,
    goal: { objects: 1.1 },
    conditions: ({ text }) => [{ k: 'job_id', v: text, o: 'contain' }],
    filter: ({ text }) => ({ job_id: { $regex: text, $options: 'i' } }),
  }),
  stat('stat by status', BY_STATUS.keys, BY_STATUS.id),
  stat('stat by day and status', [{ key: 'created_at', name: 'day', date_format: DAY }, STATUS_KEY], {
    day: { $dateToString: { date: '$created_at', format: DAY } },
    status: '$status',
  }),
  countOnly('count_only, no two equal', DIFFERENT),
  countOnly('regex with two repeats, no two equal', EXPRESSION),
  stat('stat by status, no two equal', BY_STATUS.keys, BY_STATUS.id, DIFFERENT),
];

/** The workloads measured on domains of growing size. */
export const GROWING: readonly Workload[] = WORKLOADS.filter(({ name }) =>
  [FEW.name, COUNT_ONLY.name, 'stat by status'].includes(name),
);
