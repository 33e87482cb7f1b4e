/**
 * A page in order of a date and then of the id, where an index has the date only (docs/performance.md «Ties»): the
 * date's order comes from the index, and ties are settled in the page, or by one more read where one goes over an edge.
 */
import type { Page } from '../query/model.js';
import type { MongoFilter, MongoSort } from '../query/mongo-syntax.js';
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
export interface Slice extends Page {
  readonly filter: MongoFilter;
  readonly sort: MongoSort;
  readonly extra: MongoFilter;
}

/** Answers undefined where it is too much for one batch. */
export type Read = (window: Slice) => Promise<readonly Buffer[] | undefined>;

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

/** A page cannot be settled: something in it has no date, it is too much, or it changes whenever it is read. */
class Unsettled extends Error {}

/** Reads places. Errors: Unsettled. */
const placing =
  ({ path, id }: DateOrder, read: Read) =>
  async (window: Omit<Slice, 'extra'>): Promise<readonly Placed[]> => {
    const found = await read({ ...window, extra: { [DATE]: `$${path}`, [ID]: `$${id}` } });
    const places = found?.map(placed).filter((place) => place !== undefined);
    if (places === undefined || places.length !== found?.length) throw new Unsettled();
    return places;
  };

/** How often a page is read that writers change meanwhile. */
const ATTEMPTS = 3;

const isTied = (one: Placed | undefined, other: Placed | undefined): boolean =>
  one !== undefined && one.date === other?.date;

/** Whether a job is there twice: MongoDB reads it again where its date moves ahead of the read. */
const hasTwice = (places: readonly Placed[]): boolean =>
  new Set(places.map(({ id }) => id.toString('latin1'))).size < places.length;

function settling(order: DateOrder, read: Read) {
  const { path, direction, id, idDirection } = order;
  const places = placing(order, read);
  const byDate = new Map([[path, direction]]);
  const byDateAndId = new Map([...byDate, [id, idDirection] as const]);

  const inOrder = (a: Placed, b: Placed): number =>
    direction * (a.date - b.date) || idDirection * Buffer.compare(a.id, b.id);

  /** What is in order up to the date of `last`. */
  const upTo = ({ date }: Placed): MongoFilter => ({
    [path]: { [direction === 1 ? '$lte' : '$gte']: new Date(date) },
  });

  /**
   * The page, from one read or the other and never from both: they are of different moments. A page that ends before
   * its limit is the end of the list; undefined where jobs have left it between the two.
   */
  async function attempt({ skip, limit }: Page): Promise<readonly Placed[] | undefined> {
    const lead = Math.min(skip, 1);
    const window = await places({ filter: {}, sort: byDate, skip: skip - lead, limit: limit + lead + 1 });
    const page = window.slice(lead, lead + limit);
    const last = page.at(-1);
    const next = window[lead + limit];
    const isTiedBefore = lead > 0 && isTied(window[0], page[0]);
    if (last === undefined || (!isTiedBefore && !isTied(last, next))) return page.toSorted(inOrder);
    const filter = next === undefined ? {} : upTo(last);
    const found = await places({ filter, sort: byDateAndId, skip, limit });
    return next !== undefined && found.length < limit ? undefined : found;
  }

  return async (page: Page): Promise<readonly Placed[]> => {
    for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
      const found = await attempt(page);
      if (found !== undefined && !hasTwice(found)) return found;
    }
    throw new Unsettled();
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
