/** Stretches of time: what a place's window means, and the buckets that its timeline has. All buckets begin in UTC, as
 * the service groups dates. */

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

export type Unit = 'hour' | 'day' | 'week';

/** From and to in milliseconds since 1970, `to` left out; undefined: without an end. */
export interface TimeRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** In what it is looked at; it begins with a whole one. */
  readonly unit: Unit;
}

/** A bucket of the timeline. */
interface Bucket {
  /** Milliseconds. */
  readonly length: number;
  /** As $dateToString writes its beginning. */
  readonly format: string;
}

export const BUCKETS: Readonly<Record<Unit, Bucket>> = {
  hour: { length: HOUR, format: '%Y-%m-%dT%H' },
  day: { length: DAY, format: '%Y-%m-%d' },
  week: { length: WEEK, format: '%G-W%V' },
};

/** The windows that are offered, each with its length. */
export const WINDOWS: ReadonlyMap<string, { readonly name: string; readonly length: number }> = new Map([
  ['24h', { name: '24 hours', length: DAY }],
  ['3d', { name: '3 days', length: 3 * DAY }],
  ['7d', { name: '7 days', length: WEEK }],
  ['30d', { name: '30 days', length: 30 * DAY }],
  ['90d', { name: '90 days', length: 90 * DAY }],
  ['1y', { name: '1 year', length: 364 * DAY }],
]);
export const ALL = 'all';

/** Monday, 5 January 1970: weeks begin there. */
const MONDAY = 4 * DAY;

/** The beginning of the bucket that `time` is in. */
export const floor = (time: number, unit: Unit): number => {
  const { length } = BUCKETS[unit];
  const origin = unit === 'week' ? MONDAY : 0;
  return Math.floor((time - origin) / length) * length + origin;
};

/** The unit in which `length` milliseconds are looked at. */
function unitOf(length: number): Unit {
  if (length > 100 * DAY) return 'week';
  return length > 4 * DAY ? 'day' : 'hour';
}

const EVER: TimeRange = { from: undefined, to: undefined, unit: 'week' };

/** The stretch in words that `timeRangeOf` reads. */
export const between = (from: number, to: number): string =>
  `${new Date(from).toISOString()}/${new Date(to).toISOString()}`;

/** The stretch that a window means at `now`. It begins with a whole unit. */
export function timeRangeOf(window: string, now: number): TimeRange {
  const relative = WINDOWS.get(window);
  if (relative !== undefined) {
    const unit = unitOf(relative.length);
    return { from: floor(now - relative.length, unit) + BUCKETS[unit].length, to: undefined, unit };
  }
  const [from, to] = window.split('/').map((text) => Date.parse(text));
  if (from === undefined || to === undefined || !(from < to)) return EVER;
  const unit = unitOf(to - from);
  return { from: floor(from, unit), to, unit };
}

/** Milliseconds of a stretch that ends with `now` where it has no end; undefined where it has no beginning. */
const lengthOf = ({ from, to }: TimeRange, now: number): number | undefined =>
  from === undefined ? undefined : (to ?? now) - from;

/** The beginning of the week that `%G-W%V` writes: that of 4 January is the first. */
function weekStart(text: string): number {
  const [year = 0, week = 0] = text.split('-W').map(Number);
  return floor(Date.UTC(year, 0, 4), 'week') + (week - 1) * WEEK;
}

/** The beginning of a bucket as the service writes it; NaN for what is none. */
export function bucketStart(text: string, unit: Unit): number {
  if (unit === 'week') return weekStart(text);
  return Date.parse(unit === 'hour' ? `${text}:00Z` : text);
}

/** The stretch with the one of the same length before it; where it has no beginning, there is none before. */
export const withBefore = (timeRange: TimeRange, now: number): TimeRange => {
  const length = lengthOf(timeRange, now);
  const { from } = timeRange;
  return from === undefined || length === undefined ? timeRange : { ...timeRange, from: from - length };
};
