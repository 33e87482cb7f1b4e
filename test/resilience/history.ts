// The history of writes to some jobs, and a checker of concurrent answers: an answer is explained if each job in it had the
// shown state at some moment between the question and the answer.
import type { JsonObject } from '@bufbuild/protobuf';
import { stringOf } from '../harness/json.js';

/** The date of a job, in seconds; undefined: the job does not exist. */
export type State = number | undefined;

interface Write {
  readonly begin: number;
  /** Infinity: not yet confirmed. */
  end: number;
  readonly state: State;
}

export interface History {
  /** The latest state of a job. */
  now(id: string): State;
  /** Runs `write`, and records that it brings jobs into `states`. */
  during(states: ReadonlyMap<string, State>, write: () => Promise<unknown>): Promise<void>;
  /** The possible states of a job between two moments. */
  possible(id: string, from: number, to: number): readonly State[];
}

/** Longer than any call. */
const RETENTION_MS = 60_000;

export function createHistory(ids: readonly string[]): History {
  const writes = new Map<string, Write[]>(ids.map((id) => [id, [{ begin: 0, end: 0, state: undefined }]]));
  const of = (id: string): Write[] => writes.get(id) ?? [];
  return {
    now: (id) => of(id).at(-1)?.state,
    async during(states, write) {
      const begin = performance.now();
      const begun = [...states].map(([id, state]) => {
        const recorded: Write = { begin, end: Infinity, state };
        const all = of(id);
        const old = all.findLastIndex(({ end }) => end < begin - RETENTION_MS);
        all.splice(0, Math.max(0, old));
        all.push(recorded);
        return recorded;
      });
      await write();
      const end = performance.now();
      for (const recorded of begun) recorded.end = end;
    },
    possible(id, from, to) {
      const all = of(id);
      const first = all.findLastIndex(({ end }) => end <= from);
      return all.slice(Math.max(0, first)).flatMap(({ begin, state }) => (begin < to ? [state] : []));
    },
  };
}

/** A requested list: its candidates, its page, and its order by date and id. */
export interface ListRequest {
  readonly ids: readonly string[];
  readonly skip: number;
  /** Infinity: all. */
  readonly limit: number;
  readonly direction: 1 | -1;
}

/** A job in an answer. */
export interface ShownJob {
  readonly id: string;
  readonly date: number;
}

interface Job extends ShownJob {
  /** The job existed all the time, with this date. */
  readonly isStable: boolean;
}

/** The time of an answer: between two moments. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** The minimum and maximum number of jobs: those that existed all the time, and those that existed at some moment. */
function countsOf(
  history: History,
  ids: readonly string[],
  { from, to }: Between,
): readonly [number, number] {
  let [min, max] = [0, 0];
  for (const id of ids) {
    const states = history.possible(id, from, to);
    if (states.some((state) => state !== undefined)) max += 1;
    if (states.every((state) => state !== undefined)) min += 1;
  }
  return [min, max];
}

/** Checks a count of `ids`; undefined: it is explained. */
export function unexplainedCount(
  history: History,
  ids: readonly string[],
  count: number,
  between: Between,
): string | undefined {
  const [min, max] = countsOf(history, ids, between);
  return count >= min && count <= max ? undefined : `${count} jobs, of ${min} to ${max}`;
}

const inOrder =
  (direction: 1 | -1) =>
  (a: ShownJob, b: ShownJob): number =>
    direction * (a.date - b.date || (a.id < b.id ? -1 : Number(a.id > b.id)));

/** The jobs that existed all the time with one date, and the others with each of their dates. */
function jobsBetween(history: History, ids: readonly string[], { from, to }: Between): readonly Job[] {
  return ids.flatMap((id) => {
    const states = history.possible(id, from, to);
    const isStable = states.length === 1;
    return states.flatMap((date) => (date === undefined ? [] : [{ id, date, isStable }]));
  });
}

/** Checks the jobs of an answer, each on its own and their order. */
function checkJobs(
  history: History,
  { ids, limit, direction }: ListRequest,
  shown: readonly ShownJob[],
  { from, to }: Between,
) {
  const requested = new Set(ids);
  const order = inOrder(direction);
  if (shown.length > limit) return `${shown.length} jobs of at most ${limit}`;
  if (new Set(shown.map(({ id }) => id)).size < shown.length) return 'a job is listed twice';
  const stranger = shown.find(({ id }) => !requested.has(id));
  if (stranger !== undefined) return `${stranger.id} was not requested`;
  const wrong = shown.find(({ id, date }) => !history.possible(id, from, to).includes(date));
  if (wrong !== undefined) return `${wrong.id} never had the date ${wrong.date}`;
  const index = shown.findIndex((job, nth) => nth > 0 && order(shown[nth - 1] ?? job, job) >= 0);
  return index < 0 ? undefined : `job ${index} is out of order`;
}

/** Checks the position of a page in its list. */
function checkPosition(
  jobs: readonly Job[],
  { skip, limit, direction }: ListRequest,
  shown: readonly ShownJob[],
) {
  const order = inOrder(direction);
  const [first, last] = [shown[0], shown.at(-1)];
  const seen = new Set(shown.map(({ id }) => id));
  const isEnd = shown.length < limit;
  const missed = jobs.find(
    (job) =>
      job.isStable &&
      !seen.has(job.id) &&
      (skip === 0 || (first !== undefined && order(first, job) < 0)) &&
      (isEnd || (last !== undefined && order(job, last) < 0)),
  );
  if (missed !== undefined) return `${missed.id} is missing`;
  if (first === undefined) return undefined;
  const before = new Set(
    jobs.filter((job) => job.id !== first.id && order(job, first) < 0).map(({ id }) => id),
  );
  const stable = jobs.filter((job) => job.isStable && before.has(job.id)).length;
  return skip < stable || skip > before.size
    ? `it begins at ${skip}, of ${stable} to ${before.size}`
    : undefined;
}

/** Checks the total of a page. */
function checkTotal(
  history: History,
  { ids, skip, limit }: ListRequest,
  shown: readonly ShownJob[],
  total: number,
  between: Between,
): string | undefined {
  const listed = shown.length;
  if (listed > 0 && total < skip + listed) return `a total of ${total} beside ${skip} and ${listed} jobs`;
  if (listed === 0 && total > skip) return `a total of ${total} where there is nothing from ${skip} on`;
  const ended = listed < limit && (listed > 0 || skip === 0);
  if (ended && total !== skip + listed) return `a total of ${total} where ${skip} and ${listed} are all`;
  return unexplainedCount(history, ids, total, between);
}

/** Checks a list; undefined: it is explained. Exports have no total. */
export function unexplainedList(
  history: History,
  requested: ListRequest,
  shown: readonly ShownJob[],
  total: number | undefined,
  between: Between,
): string | undefined {
  return (
    checkJobs(history, requested, shown, between) ??
    checkPosition(jobsBetween(history, requested.ids, between), requested, shown) ??
    (total === undefined ? undefined : checkTotal(history, requested, shown, total, between))
  );
}

export const totalIn = ({ total_count: total }: JsonObject): number => Number(total ?? 0);

/** The jobs of an answer, by the date field `date`. */
export const jobsIn = (rows: readonly JsonObject[], date: string): readonly ShownJob[] =>
  rows.map((row) => ({ id: stringOf(row['job_id']), date: Date.parse(stringOf(row[date])) / 1000 }));
