/**
 * Breaks the ties of a page ordered by a date and then by the id, where an index has the date only (docs/performance.md
 * «Ties»): the index gives the order of dates; ties are broken in the page, or by one more read where one crosses its edge.
 */
import type { Page } from '../query/model.js';
import type { MongoFilter, MongoSort } from '../query/mongo-syntax.js';
import { BSON, dateAt, Elements, textEnd, textStart } from '../wire/bson.js';
import { nameTableOf } from '../wire/names.js';

/** Projected names for the sort key of a document; no field of an answer has such a name. */
const DATE = 'its date';
const ID = 'its id';
const SORT_KEY_NAMES = nameTableOf([
  [DATE, 'date'],
  [ID, 'id'],
] as const);

export type Direction = 1 | -1;

/** An order by a date, and by the unique `id` among equal dates. */
export interface DateOrder {
  readonly path: string;
  readonly direction: Direction;
  readonly id: string;
  readonly idDirection: Direction;
}

/** A slice of the ordered jobs: those that also meet `filter`, with the fields `extra` beside their own. */
export interface PageSlice extends Page {
  readonly filter: MongoFilter;
  readonly sort: MongoSort;
  readonly extra: MongoFilter;
}

/** Reads a slice; undefined: it does not fit into one batch. */
export type ReadSlice = (slice: PageSlice) => Promise<readonly Buffer[] | undefined>;

/** A document with its sort key. */
interface Sortable {
  readonly document: Buffer;
  readonly date: number;
  readonly id: Buffer;
}

/** `document` with its sort key; undefined without a date, or with an id other than text. */
function sortable(document: Buffer): Sortable | undefined {
  let date: number | undefined;
  let id: Buffer | undefined;
  for (const each = new Elements(document, 0); each.next();) {
    const name = SORT_KEY_NAMES(document, each.name, each.nameEnd);
    if (name === 'date' && each.type === BSON.date) date = dateAt(document, each.value);
    if (name === 'id' && each.type === BSON.string)
      id = document.subarray(textStart(each.value), textEnd(document, each.value));
  }
  return date === undefined || id === undefined ? undefined : { document, date, id };
}

/** The page has to be sorted by MongoDB: a sort key is unusual, the page is too large, or it changes with every read. */
class NeedsSort extends Error {}

type ReadSortable = (slice: Omit<PageSlice, 'extra'>) => Promise<readonly Sortable[]>;

/** Reads slices with their sort keys. Errors: NeedsSort. */
const createReadSortable =
  ({ path, id }: DateOrder, readSlice: ReadSlice): ReadSortable =>
  async (slice) => {
    const documents = await readSlice({ ...slice, extra: { [DATE]: `$${path}`, [ID]: `$${id}` } });
    const found = documents?.map(sortable).filter((each) => each !== undefined);
    if (found === undefined || found.length !== documents?.length) throw new NeedsSort();
    return found;
  };

/** Reads of a page that writers change meanwhile. */
const MAX_ATTEMPTS = 3;

const isTied = (one: Sortable | undefined, other: Sortable | undefined): boolean =>
  one !== undefined && one.date === other?.date;

/** Compares two documents in `order`. */
const comparing =
  ({ direction, idDirection }: DateOrder) =>
  (one: Sortable, other: Sortable): number =>
    direction * (one.date - other.date) || idDirection * Buffer.compare(one.id, other.id);

/** The types that MongoDB orders after dates. */
const AFTER_DATES = ['timestamp', 'regex', 'dbPointer', 'javascript', 'javascriptWithScope', 'maxKey'];

/**
 * Meets every document up to the date of `last`, whatever it has there; others may meet it, too. A list is in order of its
 * least element upwards, and of its greatest downwards. Both filters are bounds of an index on the date.
 */
function upTo({ path, direction }: DateOrder, last: Sortable): MongoFilter {
  const date = new Date(last.date);
  // An expression takes every missing value, lower type and list for less than a date.
  if (direction === 1) return { $expr: { $lte: [`$${path}`, date] } };
  return { $or: [{ [path]: { $gte: date } }, { [path]: { $type: AFTER_DATES } }] };
}

/**
 * Reads the page, from one read or the other and never from both: they are of different moments. A page shorter than its
 * limit is the end of the list; undefined: jobs have left the page between the two reads.
 */
async function attempt(
  order: DateOrder,
  { skip, limit }: Page,
  read: ReadSortable,
): Promise<readonly Sortable[] | undefined> {
  const byDate = new Map([[order.path, order.direction]]);
  const lead = Math.min(skip, 1);
  const slice = await read({ filter: {}, sort: byDate, skip: skip - lead, limit: limit + lead + 1 });
  const page = slice.slice(lead, lead + limit);
  const last = page.at(-1);
  const next = slice[lead + limit];
  const isTiedBefore = lead > 0 && isTied(slice[0], page[0]);
  if (last === undefined || (!isTiedBefore && !isTied(last, next))) return page.toSorted(comparing(order));
  const filter = next === undefined ? {} : upTo(order, last);
  const byDateAndId = new Map([...byDate, [order.id, order.idDirection] as const]);
  const found = await read({ filter, sort: byDateAndId, skip, limit });
  return next !== undefined && found.length < limit ? undefined : found;
}

/** Reads the page until no writer is in the way. Errors: NeedsSort. */
async function stablePage(order: DateOrder, page: Page, read: ReadSortable): Promise<readonly Sortable[]> {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const found = await attempt(order, page, read);
    if (found !== undefined) return found;
  }
  throw new NeedsSort();
}

/** The documents of a page in `order`; undefined: MongoDB has to sort them. */
export async function breakTies(
  order: DateOrder,
  page: Page,
  readSlice: ReadSlice,
): Promise<Buffer[] | undefined> {
  try {
    const found = await stablePage(order, page, createReadSortable(order, readSlice));
    return found.map(({ document }) => document);
  } catch (error) {
    if (error instanceof NeedsSort) return undefined;
    throw error;
  }
}
