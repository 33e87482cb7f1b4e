/**
 * What writers did to some jobs and when, and whether an answer that was given meanwhile is explained by it: each job may
 * have been in any of the states that it had between the question and the answer.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import { stringOf } from '../harness/json.js';

/** The date of a job, in seconds; undefined: there is no such job. */
export type State = number | undefined;

interface Write {
  readonly begin: number;
  /** Infinity: not yet known to be done. */
  end: number;
  readonly state: State;
}

export interface History {
  /** Whether the writers have put the job there. */
  now(id: string): State;
  /** Notes that `write` brings jobs into the states beside them, while it runs. */
  during(states: ReadonlyMap<string, State>, write: () => Promise<unknown>): Promise<void>;
  /** The states that a job may have had at some moment between two. */
  possible(id: string, from: number, to: number): readonly State[];
}

/** Milliseconds for which writes are kept: no call takes longer. */
const KEPT_MS = 60_000;

export function createHistory(ids: readonly string[]): History {
  const writes = new Map<string, Write[]>(ids.map((id) => [id, [{ begin: 0, end: 0, state: undefined }]]));
  const of = (id: string): Write[] => writes.get(id) ?? [];
  return {
    now: (id) => of(id).at(-1)?.state,
    async during(states, write) {
      const begin = performance.now();
      const begun = [...states].map(([id, state]) => {
        const noted: Write = { begin, end: Infinity, state };
        const all = of(id);
        const old = all.findLastIndex(({ end }) => end < begin - KEPT_MS);
        all.splice(0, Math.max(0, old));
        all.push(noted);
        return noted;
      });
      await write();
      const end = performance.now();
      for (const noted of begun) noted.end = end;
    },
    possible(id, from, to) {
      const all = of(id);
      const first = all.findLastIndex(({ end }) => end <= from);
      return all.slice(Math.max(0, first)).flatMap(({ begin, state }) => (begin < to ? [state] : []));
    },
  };
}

/** A list of jobs that was asked for: of which, from where on, and in which order of date and id. */
export interface Asked {
  readonly ids: readonly string[];
  readonly skip: number;
  /** Infinity: all. */
  readonly limit: number;
  readonly direction: 1 | -1;
}

/** A job as it was shown. */
export interface Shown {
  readonly id: string;
  readonly date: number;
}

interface Job extends Shown {
  /** It was there all the time, with this date. */
  readonly isStable: boolean;
}

/** When an answer was given: between two moments. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** How many jobs there may have been: those that were there all the time, and with those that were for some of it. */
function countsOf(
  history: History,
  ids: readonly string[],
  { from, to }: Between,
): readonly [number, number] {
  let [least, most] = [0, 0];
  for (const id of ids) {
    const states = history.possible(id, from, to);
    if (states.some((state) => state !== undefined)) most += 1;
    if (states.every((state) => state !== undefined)) least += 1;
  }
  return [least, most];
}

/** What a count of `ids` says that was never so; undefined: it is explained. */
export function unexplainedCount(
  history: History,
  ids: readonly string[],
  count: number,
  between: Between,
): string | undefined {
  const [least, most] = countsOf(history, ids, between);
  return count >= least && count <= most ? undefined : `${count} jobs, of ${least} to ${most}`;
}

const inOrder =
  (direction: 1 | -1) =>
  (a: Shown, b: Shown): number =>
    direction * (a.date - b.date || (a.id < b.id ? -1 : Number(a.id > b.id)));

/** Those that were there all the time with one date, and all dates of the others. */
function jobsBetween(history: History, ids: readonly string[], { from, to }: Between): readonly Job[] {
  return ids.flatMap((id) => {
    const states = history.possible(id, from, to);
    const isStable = states.length === 1;
    return states.flatMap((date) => (date === undefined ? [] : [{ id, date, isStable }]));
  });
}

/** What is wrong with the jobs of an answer by themselves. */
function misshown(
  history: History,
  { ids, limit, direction }: Asked,
  shown: readonly Shown[],
  { from, to }: Between,
) {
  const asked = new Set(ids);
  const order = inOrder(direction);
  if (shown.length > limit) return `${shown.length} jobs of at most ${limit}`;
  if (new Set(shown.map(({ id }) => id)).size < shown.length) return 'a job is there twice';
  const stranger = shown.find(({ id }) => !asked.has(id));
  if (stranger !== undefined) return `${stranger.id} was not asked for`;
  const wrong = shown.find(({ id, date }) => !history.possible(id, from, to).includes(date));
  if (wrong !== undefined) return `${wrong.id} never had the date ${wrong.date}`;
  const at = shown.findIndex((job, nth) => nth > 0 && order(shown[nth - 1] ?? job, job) >= 0);
  return at < 0 ? undefined : `job ${at} is out of order`;
}

/** What is wrong with the place of a page in its list. */
function misplaced(jobs: readonly Job[], { skip, limit, direction }: Asked, shown: readonly Shown[]) {
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

/** What is wrong with the total beside a page. */
function mistotalled(
  history: History,
  { ids, skip, limit }: Asked,
  shown: readonly Shown[],
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

/** What of a list that was shown is explained by no moment of its time; undefined: all of it is. Without a total it has none. */
export function unexplainedList(
  history: History,
  asked: Asked,
  shown: readonly Shown[],
  total: number | undefined,
  between: Between,
): string | undefined {
  return (
    misshown(history, asked, shown, between) ??
    misplaced(jobsBetween(history, asked.ids, between), asked, shown) ??
    (total === undefined ? undefined : mistotalled(history, asked, shown, total, between))
  );
}

export const totalIn = ({ total_count: total }: JsonObject): number => Number(total ?? 0);

/** The jobs of an answer that shows `date` of them. */
export const shownIn = (rows: readonly JsonObject[], date: string): readonly Shown[] =>
  rows.map((row) => ({ id: stringOf(row['job_id']), date: Date.parse(stringOf(row[date])) / 1000 }));
