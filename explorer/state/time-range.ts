/** The time range that a window of the route means, and the buckets of its timeline: hours, days and weeks of the zone. */
import { parseIso } from '../../src/query/dates.js';
import { changeWithin, dayOf, offsetAt, timeAt, wallTime } from './zone.js';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;

export type Unit = 'hour' | 'day' | 'week';

/** Milliseconds since 1970, `to` excluded; undefined for an open end. */
export interface TimeRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** The length of its buckets. */
  readonly unit: Unit;
}

interface Bucket {
  /** Milliseconds; where clocks change it is another one. */
  readonly length: number;
  /** The beginning of a bucket as a date format of the service. */
  readonly format: string;
}

export const BUCKETS: Readonly<Record<Unit, Bucket>> = {
  // The offset tells the two hours of a clock that goes back apart.
  hour: { length: HOUR_MS, format: '%Y-%m-%dT%H%z' },
  day: { length: DAY_MS, format: '%Y-%m-%d' },
  week: { length: WEEK_MS, format: '%G-W%V' },
};

/** The relative windows on offer, with their lengths in milliseconds. */
export const WINDOWS: ReadonlyMap<string, { readonly name: string; readonly length: number }> = new Map([
  ['24h', { name: '24 hours', length: DAY_MS }],
  ['3d', { name: '3 days', length: 3 * DAY_MS }],
  ['7d', { name: '7 days', length: WEEK_MS }],
  ['30d', { name: '30 days', length: 30 * DAY_MS }],
  ['90d', { name: '90 days', length: 90 * DAY_MS }],
  ['1y', { name: '1 year', length: 364 * DAY_MS }],
]);
export const ALL = 'all';
/** From yesterday 18:00 to today 09:00 in the zone of the page. */
export const NIGHT = 'night';
const NIGHT_HOURS = { from: -6, to: 9 } as const;

/** Weeks are counted from Monday, 5 January 1970. */
const FIRST_MONDAY = 4 * DAY_MS;

/** The beginning of the bucket around a time, by the clocks of the zone; that of an hour is not before a change of its clocks. */
export function floor(time: number, unit: Unit, zone: string): number {
  const { length } = BUCKETS[unit];
  const origin = unit === 'week' ? FIRST_MONDAY : 0;
  const wall = wallTime(time, zone);
  const start = Math.floor((wall - origin) / length) * length + origin;
  return unit === 'hour' ? changeWithin(time - (wall - start), time, zone) : timeAt(start, zone);
}

/** The beginning of the bucket after that of `start`: days and weeks may be longer by some hours, hours may be shorter. */
export const after = (start: number, unit: Unit, zone: string): number =>
  floor(start + BUCKETS[unit].length * (unit === 'hour' ? 1 : 1.5), unit, zone);

/** The date format in which the service is asked for buckets of the zone. */
export const dateFormat = (unit: Unit, zone: string): string =>
  `${BUCKETS[unit].format}${zone === 'UTC' ? '' : `%@${zone}`}`;

/** The unit for a time range of `length` milliseconds. */
function unitOf(length: number): Unit {
  if (length > 100 * DAY_MS) return 'week';
  return length > 4 * DAY_MS ? 'day' : 'hour';
}

/** The years of the service are 1 to 9999. */
const EARLIEST = dayOf(1, 1, 1);
const LATEST = dayOf(10_000, 1, 1) - 1;

/** True for a time that the service reads. */
export const isReadable = (time: number): boolean => time >= EARLIEST && time <= LATEST;

/** The time `length` milliseconds before another, or the earliest that the service reads. */
export const earlier = (time: number, length: number): number => Math.max(time - length, EARLIEST);

const EVER: TimeRange = { from: undefined, to: undefined, unit: 'week' };

/** The window from one time to another, as `timeRangeOf` reads it. */
export const between = (from: number, to: number): string =>
  `${new Date(from).toISOString()}/${new Date(to).toISOString()}`;

function lastNight(now: number, zone: string): TimeRange {
  const midnight = floor(wallTime(now, zone), 'day', 'UTC');
  const at = (hour: number): number => timeAt(midnight + hour * HOUR_MS, zone);
  return { from: at(NIGHT_HOURS.from), to: at(NIGHT_HOURS.to), unit: 'hour' };
}

/** True for a window that `timeRangeOf` can read. */
export const isWindow = (window: string, zone: string): boolean =>
  window === ALL || window === NIGHT || WINDOWS.has(window) || timeRangeOf(window, 0, zone) !== EVER;

/** A time of a window: ISO 8601, by the clocks of the zone where it has no offset; NaN for other text. */
function timeOf(text: string, zone: string): number {
  const time = parseIso(text)?.getTime() ?? NaN;
  return Number.isNaN(time) || /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? time : timeAt(time, zone);
}

/** Reads a window at the time `now`; a malformed one means all time. A relative one begins with a whole unit. */
export function timeRangeOf(window: string, now: number, zone: string): TimeRange {
  if (window === NIGHT) return lastNight(now, zone);
  const relative = WINDOWS.get(window);
  if (relative !== undefined) {
    const unit = unitOf(relative.length);
    const first = floor(now - relative.length, unit, zone);
    return { from: after(first, unit, zone), to: undefined, unit };
  }
  const [from = NaN, to = NaN, ...others] = window.split('/').map((text) => timeOf(text, zone));
  const isRange = others.length === 0 && from < to && isReadable(from) && isReadable(to);
  return isRange ? { from, to, unit: unitOf(to - from) } : EVER;
}

/** The end of a time range, or now in one that goes on. */
export const endOf = ({ to = Infinity }: TimeRange, now: number): number => Math.min(to, now);

/** Milliseconds in a time range up to `now`; undefined if it has no beginning. */
const lengthOf = (timeRange: TimeRange, now: number): number | undefined =>
  timeRange.from === undefined ? undefined : Math.max(0, endOf(timeRange, now) - timeRange.from);

/** The wall-clock time of the beginning of a week in the format `%G-W%V`; 4 January is always in the first week of its year. */
function weekStart(text: string): number {
  const [year = NaN, week = NaN] = text.split('-W').map(Number);
  return floor(dayOf(year, 1, 4), 'week', 'UTC') + (week - 1) * WEEK_MS;
}

/** The beginning of an hour in the format `%Y-%m-%dT%H%z`; behind a change of the clocks within it, the time of the change. */
function hourStart(text: string, zone: string): number {
  const start = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, ':00$1:$2'));
  const wall = Date.parse(text.replace(/[+-]\d{4}$/, ':00Z'));
  if (Number.isNaN(start) || offsetAt(start, zone) === wall - start) return start;
  return changeWithin(start, start + HOUR_MS - 1, zone);
}

/** Reads the beginning of a bucket in the service's format; NaN for other text. */
export function bucketStart(text: string, unit: Unit, zone: string): number {
  if (unit === 'hour') return hourStart(text, zone);
  const wall = unit === 'week' ? weekStart(text) : Date.parse(text);
  return Number.isNaN(wall) ? NaN : timeAt(wall, zone);
}

/** The window of twice the length around a time range, from a whole bucket up to `now`; undefined where nothing is beyond. */
export function wider(
  { from, to = Infinity }: TimeRange,
  { now, zone }: { readonly now: number; readonly zone: string },
): string | undefined {
  if (from === undefined) return undefined;
  const end = Math.min(to, now);
  const length = Math.max(end - from, HOUR_MS);
  const last = Math.min(end + length / 2, Math.max(end, now));
  const first = Math.max(floor(last - 2 * length, unitOf(2 * length), zone), EARLIEST);
  return first < from || last > end ? between(first, last) : undefined;
}

/** Extends a time range by its own length into the past; one without a beginning stays as it is. */
export const withBefore = (timeRange: TimeRange, now: number): TimeRange => {
  const length = lengthOf(timeRange, now);
  const { from } = timeRange;
  return from === undefined || length === undefined
    ? timeRange
    : { ...timeRange, from: earlier(from, length) };
};

/**
 * The window to begin with: the last week; if the newest job was created before it, the seven days of the zone that end
 * with that job's; without a dated job, all time.
 */
export function firstWindow(created: string, now: number, zone: string): string {
  const newest = Date.parse(created);
  if (!isReadable(newest)) return ALL;
  const { from = now } = timeRangeOf('7d', now, zone);
  if (newest >= from) return '7d';
  const end = after(floor(newest, 'day', zone), 'day', zone);
  // Half a day more than six: around noon of the first day, whatever the clocks do in between.
  return between(Math.max(floor(end - 6.5 * DAY_MS, 'day', zone), EARLIEST), end);
}
