/** The route: a view with its whole state, kept in the part of the address after `#`, a part never sent by browsers. */
import { FIELDS } from '../api/fields.js';
import { isList, parseJson } from '../api/json.js';
import type { Json } from '../api/json.js';
import type { Condition } from './conditions.js';

export const VIEWS = { overview: 'Overview', jobs: 'Jobs', job: 'Job', statistics: 'Statistics' } as const;
export type View = keyof typeof VIEWS;

export interface Route {
  readonly view: View;
  readonly domain: string;
  /** A relative window such as '24h', a range `<ISO>/<ISO>`, or 'all'; '' leaves the choice to the date of the newest job. */
  readonly window: string;
  /** 'utc', or '' for the zone of the reader's machine. */
  readonly zone: string;
  /** '' for every status. */
  readonly status: string;
  readonly filter: readonly Condition[];
  readonly filterOr: readonly Condition[];
  /** A key; a leading '-' sorts it descending. */
  readonly sort: string;
  /** From 1. */
  readonly start: number;
  readonly limit: number;
  /** The ids of the columns in the table; none: the default columns. */
  readonly columns: readonly string[];
  /** Only the newest job of each collector. */
  readonly newest: boolean;
  readonly job: string;
  /** The column that orders the collectors of the overview; a leading '-' reverses it. '' for the failing first. */
  readonly order: string;
  /** The text by which collectors of the overview are found. */
  readonly find: string;
  /** The stages of the statistics as a JSON list; '' for an example. */
  readonly aggregate: string;
  /** The texts of an address that could not be read: they stay in it until the reader leaves them out. */
  readonly unread: readonly string[];
}

export const DEFAULT_ROUTE: Route = {
  view: 'overview',
  domain: '',
  window: '',
  zone: '',
  status: '',
  filter: [],
  filterOr: [],
  sort: `-${FIELDS.created}`,
  start: 1,
  limit: 25,
  columns: [],
  newest: false,
  job: '',
  order: '',
  find: '',
  aggregate: '',
  unread: [],
};

/** The beginning of a domain, in the zone that the reader has chosen. */
export const startOf = ({ domain, zone }: Pick<Route, 'domain' | 'zone'>): Route => ({
  ...DEFAULT_ROUTE,
  domain,
  zone,
});

export const PAGE_SIZES = [25, 50, 100] as const;

const isView = (name: string): name is View => Object.hasOwn(VIEWS, name);

/** A part of an address, and the texts in it that could not be read. */
interface Part<T> {
  readonly value: T;
  readonly unread: readonly string[];
}

/** Reads a JSON list from an address; undefined for other text. */
function listOf(text: string): readonly Json[] | undefined {
  try {
    const parsed = parseJson(text);
    return isList(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function conditionOf(item: Json): Condition | undefined {
  const [key, operator, value] = isList(item) ? item : [];
  return typeof key === 'string' && typeof operator === 'string' && typeof value === 'string'
    ? { key, operator, value }
    : undefined;
}

function conditionsOf(text: string): Part<readonly Condition[]> {
  const items = listOf(text || '[]');
  if (items === undefined) return { value: [], unread: [text] };
  const read = items.map((item) => conditionOf(item) ?? JSON.stringify(item));
  return {
    value: read.filter((each) => typeof each !== 'string'),
    unread: read.filter((each) => typeof each === 'string'),
  };
}

const aggregateOf = (text: string): Part<string> =>
  text === '' || listOf(text) !== undefined ? { value: text, unread: [] } : { value: '', unread: [text] };

/** Reads the path of a view, in any case and with a slash behind it or none. */
function viewOf(path: string): Part<View> {
  const name = path.toLowerCase().replaceAll(/^\/|\/$/g, '');
  if (isView(name)) return { value: name, unread: [] };
  return { value: DEFAULT_ROUTE.view, unread: name === '' ? [] : [path] };
}

const encoded = (list: readonly Condition[]): string =>
  list.length === 0 ? '' : JSON.stringify(list.map(({ key, operator, value }) => [key, operator, value]));

const positive = (text: string | null, otherwise: number): number => {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : otherwise;
};

/** Reads a route from the hash of an address; malformed parts have their defaults. */
export function routeOf(hash: string): Route {
  const [, path = '', query = ''] = /^#?([^?]*)\??(.*)$/s.exec(hash) ?? [];
  const given = new URLSearchParams(query);
  const text = (key: string): string => given.get(key) ?? '';
  const view = viewOf(path);
  const filter = conditionsOf(text('filter'));
  const filterOr = conditionsOf(text('filter_or'));
  const aggregate = aggregateOf(text('aggregate'));
  const unread = [view, filter, filterOr, aggregate].flatMap((part) => part.unread);
  return {
    view: view.value,
    domain: text('domain'),
    window: text('window'),
    zone: text('zone') === 'utc' ? 'utc' : '',
    status: text('status'),
    filter: filter.value,
    filterOr: filterOr.value,
    sort: text('sort') || DEFAULT_ROUTE.sort,
    start: positive(given.get('start'), DEFAULT_ROUTE.start),
    limit: PAGE_SIZES.find((size) => size === Number(given.get('limit'))) ?? DEFAULT_ROUTE.limit,
    columns: text('columns').split(' ').filter(Boolean),
    newest: given.has('newest'),
    job: text('job'),
    order: text('order'),
    find: text('find'),
    aggregate: aggregate.value,
    unread: [...given.getAll('unread').filter(Boolean), ...unread],
  };
}

/** Writes a route as a hash; parts with their default are omitted. */
export function hashOf(route: Route): string {
  const { view, start, limit, newest } = route;
  const all: Readonly<Record<string, string>> = {
    domain: route.domain,
    window: route.window,
    zone: route.zone,
    status: route.status,
    filter: encoded(route.filter),
    filter_or: encoded(route.filterOr),
    sort: route.sort === DEFAULT_ROUTE.sort ? '' : route.sort,
    start: start === DEFAULT_ROUTE.start ? '' : String(start),
    limit: limit === DEFAULT_ROUTE.limit ? '' : String(limit),
    columns: route.columns.join(' '),
    newest: newest ? 'yes' : '',
    job: route.job,
    order: route.order,
    find: route.find,
    aggregate: route.aggregate,
  };
  const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  for (const text of route.unread) query.append('unread', text);
  return `#/${view}${query.size === 0 ? '' : `?${query.toString()}`}`;
}

/** The same text for routes that ask the same: the order of a table, a search in it and unread texts ask nothing. */
export const questionOf = (route: Route): string => hashOf({ ...route, order: '', find: '', unread: [] });

/** Another view of the same kind starts at its first page. */
export const FIRST_PAGE = { start: 1 } as const;
