// What is measured: each workload as a request to the service, and as what the driver alone does for the same answer.
import type { JsonObject } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import type { Collection, Db, Document, Filter, FindOptions } from 'mongodb';
import { COLLECTOR_SHOWN, JOB_SCHEMA } from '../src/job/schema.js';
import { projectionOf, projectionTo } from '../src/query/compile.js';
import type { Rpc } from '../src/server/call-context.js';
import { idIn } from '../src/wire/bson.js';
import { namesOf } from '../src/wire/names.js';

/** What requests are made of. */
export interface Subject {
  readonly domain: string;
  readonly jobIds: readonly string[];
  /** Some hundred jobs have it in their id. */
  readonly text: string;
}

/** The driver on the same collections; `raw`: documents stay bytes. */
export interface Floor {
  readonly jobs: Collection;
  readonly collectors: Collection;
  readonly raw: boolean;
}

export interface Workload {
  readonly name: string;
  readonly rpc: Rpc;
  readonly inFlight: number;
  request(subject: Subject, nth: number): JsonObject;
  floor(floor: Floor, subject: Subject, nth: number): Promise<unknown>;
  /** The most that the CPU of a request may be, in multiples of the driver's with objects, and raw. */
  readonly goal: { readonly objects: number; readonly raw?: number };
}

export const floorOn = (db: Db, raw: boolean): Floor => ({
  jobs: db.collection('job'),
  collectors: db.collection('collector'),
  raw,
});

const SHOWN = projectionOf(undefined, JOB_SCHEMA);
const COLLECTOR_PROJECTION = projectionTo(COLLECTOR_SHOWN, 1);
const NEWEST = { created_at: -1, job_id: -1 } as const;
const COLLECTOR = namesOf([['collector', true]]);

function collectorOf(job: Document | Buffer): string | undefined {
  if (Buffer.isBuffer(job)) return idIn(job, COLLECTOR);
  const collector: unknown = job['collector'];
  return collector instanceof ObjectId ? collector.toHexString() : undefined;
}

async function lookUp(floor: Floor, domain: string, jobs: readonly (Document | Buffer)[]): Promise<void> {
  const ids = new Set(jobs.map(collectorOf).filter((id) => id !== undefined));
  if (ids.size === 0) return;
  const known = [...ids].map((id) => ObjectId.createFromHexString(id));
  const options = { projection: COLLECTOR_PROJECTION, raw: floor.raw };
  await floor.collectors.find({ domain_id: domain, _id: { $in: known } }, options).toArray();
}

async function find(floor: Floor, domain: string, filter: Filter<Document>, limit: number): Promise<void> {
  const options: FindOptions = { projection: SHOWN, sort: NEWEST, limit, batchSize: limit + 1 };
  const jobs = await floor.jobs
    .find({ domain_id: domain, ...filter }, { ...options, raw: floor.raw })
    .toArray();
  await lookUp(floor, domain, jobs);
}

const count = (floor: Floor, domain: string, filter: Filter<Document>): Promise<number> =>
  floor.jobs.countDocuments({ domain_id: domain, ...filter });

const jobId = ({ jobIds }: Subject, nth: number): string => jobIds[(nth * 7919) % jobIds.length] ?? '';

export const GET: Workload = {
  name: 'get',
  rpc: 'get',
  inFlight: 16,
  request: (subject, nth) => ({ domain_id: subject.domain, job_id: jobId(subject, nth) }),
  floor: (floor, subject, nth) => find(floor, subject.domain, { job_id: jobId(subject, nth) }, 1),
  goal: { objects: 1.3 },
};

interface Listed {
  readonly name: string;
  readonly limit: number;
  readonly goal: Workload['goal'];
  readonly inFlight?: number;
  /** Conditions as the service takes them, and as MongoDB does. */
  asked?(subject: Subject): JsonObject[];
  meant?(subject: Subject): Filter<Document>;
}

const list = ({
  name,
  limit,
  goal,
  inFlight = 16,
  asked = () => [],
  meant = () => ({}),
}: Listed): Workload => ({
  name,
  rpc: 'list',
  inFlight,
  goal,
  request: (subject) => ({
    domain_id: subject.domain,
    query: { filter: asked(subject), sort: { key: 'created_at', desc: true }, page: { limit } },
  }),
  floor: (floor, subject) =>
    Promise.all([
      find(floor, subject.domain, meant(subject), limit),
      count(floor, subject.domain, meant(subject)),
    ]),
});

/** Conditions of the nth request, and the same to MongoDB. */
interface Different {
  asked(nth: number): JsonObject[];
  meant(nth: number): Filter<Document>;
}

const EQUAL: Different = { asked: () => [], meant: () => ({}) };
/** One that each job meets, and no two requests share. */
const DIFFERENT: Different = {
  asked: (nth) => [{ k: 'total_tasks', v: -1 - nth, o: 'gt' }],
  meant: (nth) => ({ total_tasks: { $gt: -1 - nth } }),
};

/** An expression with two repeats, which MongoDB evaluates twice on a job that it does not match. */
const EXPRESSION: Different = {
  asked: (nth) => [{ k: 'errors.message', v: `a.*b.*c${nth}`, o: 'regex' }],
  meant: (nth) => ({ 'errors.message': { $regex: `a.*b.*c${nth}`, $options: 'i' } }),
};

const countOnly = (name: string, { asked, meant }: Different): Workload => ({
  name,
  rpc: 'list',
  inFlight: 16,
  goal: { objects: 1.2 },
  request: ({ domain }, nth) => ({ domain_id: domain, query: { filter: asked(nth), count_only: true } }),
  floor: (floor, { domain }, nth) => count(floor, domain, meant(nth)),
});

const COUNT_ONLY = countOnly('count_only', EQUAL);

const DAY = '%Y-%m-%d';
const STATUS_KEY = { key: 'status', name: 'status' };

const stat = (name: string, keys: JsonObject[], id: Document, { asked, meant } = EQUAL): Workload => ({
  name,
  rpc: 'stat',
  inFlight: 16,
  goal: { objects: 1.5 },
  request: ({ domain }, nth) => ({
    domain_id: domain,
    query: {
      filter: asked(nth),
      aggregate: [{ group: { keys, fields: [{ name: 'jobs', operator: 'count' }] } }],
    },
  }),
  floor: ({ jobs, raw }, { domain }, nth) =>
    jobs
      .aggregate(
        [{ $match: { domain_id: domain, ...meant(nth) } }, { $group: { _id: id, jobs: { $sum: 1 } } }],
        { raw },
      )
      .toArray(),
});

const BY_STATUS = { keys: [STATUS_KEY], id: { status: '$status' } };

const success = { k: 'status', v: 'SUCCESS', o: 'eq' };
const FEW = { name: 'list 20 newest', limit: 20, goal: { objects: 1.2 } };

export const WORKLOADS: readonly Workload[] = [
  GET,
  list(FEW),
  list({
    name: 'list 100, status SUCCESS',
    limit: 100,
    goal: { objects: 0.9 },
    asked: () => [success],
    meant: () => ({ status: 'SUCCESS' }),
  }),
  list({ name: 'list 1,000', limit: 1000, goal: { objects: 0.45, raw: 1.8 } }),
  list({ name: 'list 10,000', limit: 10_000, goal: { objects: 0.5 }, inFlight: 4 }),
  COUNT_ONLY,
  list({
    name: 'contain on job_id, 20 of 109',
    limit: 20,
    goal: { objects: 1.1 },
    asked: ({ text }) => [{ k: 'job_id', v: text, o: 'contain' }],
    meant: ({ text }) => ({ job_id: { $regex: text, $options: 'i' } }),
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

/** What is measured on domains of growing size. */
export const GROWING: readonly Workload[] = WORKLOADS.filter(({ name }) =>
  [FEW.name, COUNT_ONLY.name, 'stat by status'].includes(name),
);
