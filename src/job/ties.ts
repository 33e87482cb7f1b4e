/**
 * A page in order of a date and then of the id, where an index has the date only (docs/performance.md «Ties»): the
 * date's order comes from the index, and ties are settled in the page, or by reading the one date at its edge.
 */
import type { Page } from '../query/model.js';
import type { MongoFilter, MongoSort } from '../query/mongo.js';
import { BSON, dateAt, Elements, textEnd, textStart } from '../wire/bson.js';
import { namesOf } from '../wire/names.js';

/** The names that documents come with beside their own: no field of an answer is called so. */
const DATE = 'its date';
const ID = 'its id';
const PLACE = namesOf([
  [DATE, 'date'],
  [ID, 'id'],
] as const);

export type Direction = 1 | -1;

/** An order by a date, and by the unique `id` where dates are equal. */
export interface DateOrder {
  readonly path: string;
  readonly direction: Direction;
  readonly id: string;
  readonly idDirection: Direction;
}

/** What is read of the jobs that are asked for: those that meet `filter` too, with the fields `extra` beside their own. */
export interface Window extends Page {
  readonly filter: MongoFilter;
  readonly sort: MongoSort;
  readonly extra: MongoFilter;
}

/** Answers undefined where it is too much for one batch. */
export type Read = (window: Window) => Promise<readonly Buffer[] | undefined>;

interface Placed {
  readonly document: Buffer;
  readonly date: number;
  readonly id: Buffer;
}

/** The place of `document`; undefined where it has no date, or no text as an id. */
function placed(document: Buffer): Placed | undefined {
  let date: number | undefined;
  let id: Buffer | undefined;
  for (const each = new Elements(document, 0); each.next();) {
    const name = PLACE(document, each.name, each.nameEnd);
    if (name === 'date' && each.type === BSON.date) date = dateAt(document, each.value);
    if (name === 'id' && each.type === BSON.string)
      id = document.subarray(textStart(each.value), textEnd(document, each.value));
  }
  return date === undefined || id === undefined ? undefined : { document, date, id };
}

/** A page cannot be settled: something in it has no date, or it is too much. */
class Unsettled extends Error {}

/** Reads places. Errors: Unsettled. */
const placing =
  ({ path, id }: DateOrder, read: Read) =>
  async (window: Omit<Window, 'extra'>): Promise<readonly Placed[]> => {
    const found = await read({ ...window, extra: { [DATE]: `$${path}`, [ID]: `$${id}` } });
    const places = found?.map(placed).filter((place) => place !== undefined);
    if (places === undefined || places.length !== found?.length) throw new Unsettled();
    return places;
  };

/** How many places are read at first, to find where the places of one date begin. */
const BACK = 1000;

function settling(order: DateOrder, read: Read) {
  const { path, direction, id, idDirection } = order;
  const places = placing(order, read);
  const byDate = new Map([[path, direction]]);

  const inOrder = (a: Placed, b: Placed): number =>
    direction * (a.date - b.date) || idDirection * Buffer.compare(a.id, b.id);

  /** How many of the places before `end` are of its date. */
  async function tiedBefore(end: number, date: number, back = BACK): Promise<number> {
    const skip = Math.max(0, end - back);
    const found = await places({ filter: {}, sort: byDate, skip, limit: end - skip });
    const other = found.findLastIndex((place) => place.date !== date);
    if (other < 0 && skip > 0) return tiedBefore(end, date, back * 10);
    return found.length - 1 - other;
  }

  async function ofDate(date: number, skip: number, limit: number): Promise<readonly Placed[]> {
    const filter = { [path]: { $eq: new Date(date) } };
    const found = await places({ filter, sort: new Map([[id, idDirection]]), skip, limit });
    if (found.some((place) => place.date !== date)) throw new Unsettled();
    return found;
  }

  return async ({ skip, limit }: Page): Promise<readonly Placed[]> => {
    const lead = Math.min(skip, 1);
    const window = await places({ filter: {}, sort: byDate, skip: skip - lead, limit: limit + lead + 1 });
    const page = window.slice(lead, lead + limit);
    const tied = (a: Placed | undefined, b: Placed | undefined) =>
      a?.date === b?.date ? a?.date : undefined;
    const head = lead === 0 ? undefined : tied(window[0], page[0]);
    const tail = tied(page.at(-1), window[lead + limit]);
    const count = (date: number): number => page.filter((place) => place.date === date).length;
    const inner = page.filter(({ date }) => date !== head && date !== tail).toSorted(inOrder);
    const first = head === undefined ? [] : await ofDate(head, await tiedBefore(skip, head), count(head));
    const last = tail === undefined || tail === head ? [] : await ofDate(tail, 0, count(tail));
    return [...first, ...inner, ...last];
  };
}

/** The documents of a page in `order`; undefined where they have to be sorted to be known. */
export async function settledPage(order: DateOrder, page: Page, read: Read): Promise<Buffer[] | undefined> {
  try {
    return (await settling(order, read)(page)).map(({ document }) => document);
  } catch (error) {
    if (error instanceof Unsettled) return undefined;
    throw error;
  }
}
