// The jobs of the storm, their writers, and the questions about them, each with a check of its answer.
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { createHistory, jobsIn, totalIn, unexplainedCount, unexplainedList } from './history.js';
import type { ListRequest, Between, History, State } from './history.js';
import type { RpcName } from '../harness/client.js';
import { resultsOf } from '../harness/json.js';
import { below, pick, several } from '../harness/random.js';
import type { Random } from '../harness/random.js';

export const DOMAIN = 'domain-stormed00000';
/** Jobs deleted by calls only. */
export const DOOMED = 'domain-doomed000000';
const JOBS = 400;
/** Jobs of one date before all others, inserted and deleted together. */
const GUESTS = 20;
const GUEST_DATE = 9;
const DATES = 8;
const GROUPS = 4;
const WRITERS = 3;
const STATUSES = ['SUCCESS', 'ERROR', 'TIMEOUT', 'IN_PROGRESS'] as const;

const idOf = (nth: number): string => `job-${String(nth).padStart(4, '0')}`;
const NUMBERS = Array.from({ length: JOBS + GUESTS }, (_, nth) => nth);
const IDS = NUMBERS.map(idOf);
const idsWhere = (is: (nth: number) => boolean): readonly string[] => NUMBERS.filter(is).map(idOf);
const GUEST_IDS = idsWhere((nth) => nth >= JOBS);

export const createJobsHistory = (): History => createHistory(IDS);

const COLLECTORS = Array.from({ length: 3 }, (_, nth) => ({
  _id: new ObjectId(String(nth).padStart(24, '0')),
  collector_id: `collector-${nth}`,
  domain_id: DOMAIN,
  name: `collector ${nth}`,
  plugin_info: { version: '1', options: { text: 'x'.repeat(2000) } },
}));

const datesOf = (date: number) => ({
  created_at: new Date(date * 1000),
  finished_at: new Date(date * 1000),
});

const jobOf = (id: string, date: number): Document => {
  const nth = Number(id.slice(4));
  return {
    job_id: id,
    domain_id: DOMAIN,
    status: STATUSES[nth % STATUSES.length],
    errors: [{ error_code: 'E', message: `group-${nth % GROUPS} of those in the storm` }],
    collector_id: `collector-${nth % COLLECTORS.length}`,
    collector: COLLECTORS[nth % COLLECTORS.length]?._id,
    ...datesOf(date),
  };
};

/** The target of writes, and their record. */
interface Writing {
  readonly history: History;
  readonly db: Db;
}

const statesOf = (ids: readonly string[], state: State): ReadonlyMap<string, State> =>
  new Map(ids.map((id) => [id, state]));

const put = ({ history, db }: Writing, ids: readonly string[], date: number): Promise<void> =>
  history.during(statesOf(ids, date), () =>
    db.collection('job').insertMany(ids.map((id) => jobOf(id, date))),
  );

const remove = ({ history, db }: Writing, ids: readonly string[]): Promise<void> =>
  history.during(statesOf(ids, undefined), () =>
    db.collection('job').deleteMany({ domain_id: DOMAIN, job_id: { $in: ids } }),
  );

const move = ({ history, db }: Writing, ids: readonly string[], date: number): Promise<void> =>
  history.during(statesOf(ids, date), () =>
    db.collection('job').updateMany({ domain_id: DOMAIN, job_id: { $in: ids } }, { $set: datesOf(date) }),
  );

/** Inserts all jobs, with the indexes of the writers. */
export async function fillStorm(writing: Writing): Promise<void> {
  const jobs = writing.db.collection('job');
  await jobs.createIndexes([
    { key: { job_id: 1 }, unique: true },
    { key: { created_at: 1 } },
    { key: { domain_id: 1 } },
  ]);
  await writing.db.collection('collector').insertMany(COLLECTORS);
  for (let date = 0; date < DATES; date++)
    await put(
      writing,
      idsWhere((nth) => nth < JOBS && nth % DATES === date),
      date,
    );
}

/** Makes one change to some jobs of this writer. */
async function change(writing: Writing, own: readonly string[], next: Random): Promise<void> {
  const some = [...new Set(several(next, 5, () => pick(next, own)))];
  const present = some.filter((id) => writing.history.now(id) !== undefined);
  const absent = some.filter((id) => writing.history.now(id) === undefined);
  if (absent.length > 0) await put(writing, absent, below(next, DATES));
  else if (present.length > 0 && next() < 0.3) await remove(writing, present);
  else if (present.length > 0) await move(writing, present, below(next, DATES));
}

async function toggleGuests(writing: Writing): Promise<void> {
  const present = GUEST_IDS.filter((id) => writing.history.now(id) !== undefined);
  if (present.length > 0) await remove(writing, present);
  else await put(writing, GUEST_IDS, GUEST_DATE);
}

/** Changes jobs until `stopped`; each job has one writer. */
export async function write(writing: Writing, next: Random, stopped: AbortSignal): Promise<void> {
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    const own = idsWhere((nth) => nth < JOBS && nth % WRITERS === writer);
    while (!stopped.aborted) {
      if (writer === 0 && next() < 0.5) await toggleGuests(writing);
      else await change(writing, own, next);
      await pause(below(next, 20));
    }
  });
  await Promise.all(writers);
}

/** A call, and the check of its answer against the history. */
export interface Question {
  readonly name: string;
  readonly rpc: RpcName;
  readonly request: JsonObject;
  /** Returns the unexplained part of an answer; undefined: it is explained. */
  check(response: JsonObject, between: Between): string | undefined;
  /** The same for NOT_FOUND, if it is a possible answer. */
  readonly checkMissing?: (between: Between) => string | undefined;
}

/** Some of the jobs, and their conditions. */
interface Selection {
  readonly ids: readonly string[];
  readonly query: JsonObject;
}

const group = (nth: number) => idsWhere((each) => each % GROUPS === nth);

function selectionOf(next: Random): Selection {
  const nth = below(next, GROUPS);
  const digit = below(next, 5);
  return pick(next, [
    { ids: IDS, query: {} },
    { ids: IDS, query: {} },
    { ids: group(nth), query: { filter: [{ k: 'status', v: STATUSES[nth] ?? '', o: 'eq' }] } },
    { ids: group(nth), query: { filter: [{ k: 'errors.message', v: `^group-${nth}`, o: 'regex' }] } },
    { ids: group(nth), query: { filter: [{ k: 'errors.message', v: `group.*-${nth}.*storm`, o: 'regex' }] } },
    {
      ids: idsWhere((each) => each % COLLECTORS.length === nth % COLLECTORS.length),
      query: { filter: [{ k: 'collector.name', v: `collector ${nth % COLLECTORS.length}`, o: 'eq' }] },
    },
    { ids: IDS.filter((id) => id.includes(`-0${digit}`)), query: { keyword: `-0${digit} nothing-else` } },
  ]);
}

const ORDERS = ['created_at', 'finished_at'] as const;

interface ListOf {
  readonly request: ListRequest;
  readonly date: string;
  readonly query: JsonObject;
}

function listOf(next: Random, page: JsonObject | undefined): ListOf {
  const { ids, query } = selectionOf(next);
  const date = pick(next, ORDERS);
  const desc = next() < 0.7;
  const skip = Number(page?.['start'] ?? 1) - 1;
  const limit = Number(page?.['limit'] ?? Infinity);
  return {
    request: { ids, skip, limit, direction: desc ? -1 : 1 },
    date,
    query: {
      ...query,
      sort: { keys: [{ key: date, desc }] },
      only: ['job_id', date],
      ...(page === undefined ? {} : { page }),
    },
  };
}

const pageOf = (next: Random): JsonObject => ({
  start: pick(next, [1, 1, 1, 2, 11, 1 + below(next, 80), 1 + below(next, 500)]),
  limit: pick(next, [1, 5, 10, 10, 20, 50, 200]),
});

function list(history: History, next: Random, page: JsonObject | undefined): Question {
  const { request, date, query } = listOf(next, page);
  return {
    name: page === undefined ? 'list' : 'page',
    rpc: 'list',
    request: { domain_id: DOMAIN, query },
    check: (response, between) =>
      unexplainedList(history, request, jobsIn(resultsOf(response), date), totalIn(response), between),
  };
}

function count(history: History, next: Random): Question {
  const { ids, query } = selectionOf(next);
  return {
    name: 'count',
    rpc: 'list',
    request: { domain_id: DOMAIN, query: { ...query, count_only: true } },
    check: (response, between) => unexplainedCount(history, ids, totalIn(response), between),
  };
}

function get(history: History, next: Random): Question {
  const id = pick(next, IDS);
  return {
    name: 'get',
    rpc: 'get',
    request: { domain_id: DOMAIN, job_id: id, only: ['job_id', 'created_at'] },
    check(response, { from, to }) {
      const [shown] = jobsIn([response], 'created_at');
      const states = history.possible(id, from, to);
      return shown !== undefined && shown.id === id && states.includes(shown.date)
        ? undefined
        : `${id} never had the date ${shown?.date ?? 'shown'}`;
    },
    checkMissing: ({ from, to }) =>
      history.possible(id, from, to).includes(undefined) ? undefined : `${id} existed all the time`,
  };
}

/** A stat of jobs by a key; `idsOf` are the jobs of a value. */
function grouped(history: History, key: string, idsOf: (value: string) => readonly string[]): Question {
  const aggregate = [
    { group: { keys: [{ key, name: 'value' }], fields: [{ name: 'jobs', operator: 'count' }] } },
  ];
  return {
    name: `stat by ${key}`,
    rpc: 'stat',
    request: { domain_id: DOMAIN, query: { aggregate } },
    check: (response, between) =>
      resultsOf(response)
        .map(({ value, jobs }) =>
          unexplainedCount(history, idsOf(typeof value === 'string' ? value : ''), Number(jobs), between),
        )
        .find((reason) => reason !== undefined),
  };
}

const byStatus = (history: History): Question =>
  grouped(history, 'status', (value) => idsWhere((nth) => STATUSES[nth % STATUSES.length] === value));

const byCollector = (history: History): Question =>
  grouped(history, 'collector.name', (value) =>
    idsWhere((nth) => `collector ${nth % COLLECTORS.length}` === value),
  );

function distinct(history: History, next: Random): Question {
  const [skip, limit] = [below(next, 300), pick(next, [5, 20, 100])];
  return {
    name: 'stat of distinct ids',
    rpc: 'stat',
    request: { domain_id: DOMAIN, query: { distinct: 'job_id', page: { start: skip + 1, limit } } },
    check({ results, total_count: total }, between) {
      const ids = Array.isArray(results) ? results.map(String) : [];
      const stranger = ids.find((id) =>
        history.possible(id, between.from, between.to).every((state) => state === undefined),
      );
      if (stranger !== undefined) return `${stranger} did not exist`;
      if (new Set(ids).size < ids.length || ids.length > limit)
        return 'a value is present twice, or too many are';
      return unexplainedCount(history, IDS, Number(total), between);
    },
  };
}

/** Draws the next question. */
export function questionOf(history: History, next: Random): Question {
  const kind = next();
  if (kind < 0.4) return list(history, next, pageOf(next));
  if (kind < 0.5) return list(history, next, undefined);
  if (kind < 0.65) return get(history, next);
  if (kind < 0.75) return count(history, next);
  return pick(next, [byStatus(history), byCollector(history), distinct(history, next)]);
}

/** Draws an export, and its check. */
export function exportOf(history: History, next: Random) {
  const { request, date, query } = listOf(next, next() < 0.3 ? pageOf(next) : undefined);
  return {
    request: { domain_id: DOMAIN, query },
    check(rows: readonly JsonObject[], between: Between): string | undefined {
      return unexplainedList(history, request, jobsIn(rows, date), undefined, between);
    },
  };
}

/** Assembles a page from two reads, as the service must not: by date, and again for ties. Returns the finding of the check. */
export async function pageOfTwoReads(history: History, db: Db): Promise<string | undefined> {
  const jobs = db.collection('job');
  const limit = 10;
  const from = performance.now();
  const window = await jobs
    .find({ domain_id: DOMAIN })
    .sort({ created_at: -1 })
    .limit(limit + 1)
    .toArray();
  const [first] = window;
  const date: unknown = first?.['created_at'];
  const tied = window.slice(0, limit).filter((job) => String(job['created_at']) === String(date));
  const page = await jobs
    .find({ domain_id: DOMAIN, created_at: date })
    .sort({ job_id: -1 })
    .limit(tied.length)
    .toArray();
  const shown = page.map((job) => ({
    id: String(job['job_id']),
    date: job['created_at'] instanceof Date ? job['created_at'].getTime() / 1000 : NaN,
  }));
  const between = { from, to: performance.now() };
  const request: ListRequest = { ids: IDS, skip: 0, limit: tied.length, direction: -1 };
  const total = page.length < tied.length ? page.length : await jobs.countDocuments({ domain_id: DOMAIN });
  return unexplainedList(history, request, shown, total, between);
}
