/** Where the reader is: the view and all that it shows, as the part of the address after #, which is sent to nobody. */
import type { Condition } from './conditions.js';
import { isList, parseJson } from './json.js';
import type { Json } from './json.js';

export const VIEWS = { overview: 'Overview', jobs: 'Jobs', job: 'Job', statistics: 'Statistics' } as const;
export type View = keyof typeof VIEWS;

export interface Route {
  readonly view: View;
  readonly domain: string;
  /** '24h', a stretch `<ISO>/<ISO>`, 'all'; '': what the newest job suggests. */
  readonly window: string;
  /** The status that is looked at; '': all. */
  readonly status: string;
  readonly filter: readonly Condition[];
  readonly filterOr: readonly Condition[];
  /** A key, with '-' before it where it is descending. */
  readonly sort: string;
  /** From 1. */
  readonly start: number;
  readonly limit: number;
  /** The ids of the columns shown; none: the usual ones. */
  readonly columns: readonly string[];
  /** Only the newest job of each collector. */
  readonly newest: boolean;
  readonly job: string;
  /** The stages of the statistics, as typed. */
  readonly aggregate: string;
}

export const DEFAULT_ROUTE: Route = {
  view: 'overview',
  domain: '',
  window: '',
  status: '',
  filter: [],
  filterOr: [],
  sort: '-created_at',
  start: 1,
  limit: 20,
  columns: [],
  newest: false,
  job: '',
  aggregate: '',
};

export const PAGE_SIZES = [20, 50, 100] as const;

const isView = (name: string): name is View => Object.hasOwn(VIEWS, name);

function condition(value: Json): readonly Condition[] {
  if (!isList(value)) return [];
  const [key, operator, typed] = value;
  return typeof key === 'string' && typeof operator === 'string' && typeof typed === 'string'
    ? [{ key, operator, value: typed }]
    : [];
}

/** Conditions out of an address: what is none is left out. */
function conditions(text: string | null): readonly Condition[] {
  try {
    const parsed = parseJson(text ?? '[]');
    return isList(parsed) ? parsed.flatMap(condition) : [];
  } catch {
    return [];
  }
}

const written = (list: readonly Condition[]): string =>
  list.length === 0 ? '' : JSON.stringify(list.map(({ key, operator, value }) => [key, operator, value]));

const positive = (text: string | null, otherwise: number): number => {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : otherwise;
};

/** The place that an address's hash names. */
export function routeOf(hash: string): Route {
  const [, name = '', query = ''] = /^#?\/?([a-z]*)\??(.*)$/s.exec(hash) ?? [];
  const given = new URLSearchParams(query);
  const text = (key: string): string => given.get(key) ?? '';
  return {
    view: isView(name) ? name : 'overview',
    domain: text('domain'),
    window: text('window'),
    status: text('status'),
    filter: conditions(given.get('filter')),
    filterOr: conditions(given.get('filter_or')),
    sort: text('sort') || DEFAULT_ROUTE.sort,
    start: positive(given.get('start'), DEFAULT_ROUTE.start),
    limit: PAGE_SIZES.find((size) => size === Number(given.get('limit'))) ?? DEFAULT_ROUTE.limit,
    columns: text('columns').split(' ').filter(Boolean),
    newest: given.has('newest'),
    job: text('job'),
    aggregate: text('aggregate'),
  };
}

/** The hash that names a place; what is as usual is left out. */
export function hashOf(route: Route): string {
  const { view, start, limit, newest } = route;
  const all: Readonly<Record<string, string>> = {
    domain: route.domain,
    window: route.window,
    status: route.status,
    filter: written(route.filter),
    filter_or: written(route.filterOr),
    sort: route.sort === DEFAULT_ROUTE.sort ? '' : route.sort,
    start: start === DEFAULT_ROUTE.start ? '' : String(start),
    limit: limit === DEFAULT_ROUTE.limit ? '' : String(limit),
    columns: route.columns.join(' '),
    newest: newest ? 'yes' : '',
    job: route.job,
    aggregate: route.aggregate,
  };
  const given = Object.entries(all).filter(([, value]) => value !== '');
  return `#/${view}${given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`}`;
}
