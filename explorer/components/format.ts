/** Formats numbers, dates and durations in the reader's language; dates in the zone of the page. */
import { isolated } from '../state/shown-text.js';
import { DAY_MS, floor, HOUR_MS } from '../state/time-range.js';
import type { TimeRange, Unit } from '../state/time-range.js';
import { isTwofold } from '../state/zone.js';

const numbers = new Intl.NumberFormat();
const shares = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const wholeShares = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
type Style = Intl.DateTimeFormatOptions;

const DATE_TIME: Style = { dateStyle: 'medium', timeStyle: 'short' };
const DAY: Style = { day: 'numeric', month: 'short' };
const BUCKET_NAMES: Readonly<Record<Unit, Style>> = {
  // The offset tells the two hours of a clock that goes back apart.
  hour: { weekday: 'short', ...DAY, hour: 'numeric', minute: '2-digit', timeZoneName: 'shortOffset' },
  day: { dateStyle: 'medium' },
  week: { dateStyle: 'medium' },
};
const TICKS: Readonly<Record<Unit, Style>> = {
  hour: { ...DAY, hour: 'numeric' },
  day: DAY,
  week: { ...DAY, year: '2-digit' },
};

const formatted = (time: number, style: Style, zone: string): string =>
  isolated(new Intl.DateTimeFormat(undefined, { ...style, timeZone: zone }).format(time));

/** The offset of a zone at a time: `GMT+2`. */
const offsetName = (time: number, zone: string): string =>
  new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' })
    .formatToParts(time)
    .filter(({ type }) => type === 'timeZoneName')
    .map(({ value }) => value)
    .join('');

/** A time by the clocks of a zone, with its offset where they show it twice. */
const clocked = (time: number, style: Style, zone: string): string =>
  `${formatted(time, style, zone)}${isTwofold(time, zone) ? ` ${offsetName(time, zone)}` : ''}`;

export const count = (value: number): string => numbers.format(value);

/** A number with its noun: `1 job`, `2 jobs`. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** A share of 1 in percent. A share just above 0 or just below 1 is not rounded to either. */
export function share(value: number): string {
  if (value > 0 && value < 0.0005) return `< ${shares.format(0.001)}`;
  if (value < 1 && value >= 0.9995) return `> ${shares.format(0.999)}`;
  return value < 0.1 || value > 0.9 ? shares.format(value) : wholeShares.format(value);
}

/** A date of the service in a zone; other text stays as it is. */
export function dateTime(text: string, zone: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : clocked(time, DATE_TIME, zone);
}

interface Clock {
  readonly now: number;
  readonly zone: string;
}

const CLOCK: Style = { hour: '2-digit', minute: '2-digit' };
const DATED_CLOCK: Style = { day: 'numeric', month: 'short', year: 'numeric', ...CLOCK };

/** Within a day of now a clock alone tells the time. */
const isNear = (time: number, { now }: Clock): boolean => Math.abs(now - time) < DAY_MS;

/** A time of the day, to the second. */
export const clockTime = (time: number, zone: string): string => clocked(time, { timeStyle: 'medium' }, zone);

/** A time range in a sentence: `since 18:00`. A date at one end is at both, or once for ends of the same day. */
export function sinceText({ from, to }: Pick<TimeRange, 'from' | 'to'>, clock: Clock): string {
  if (from === undefined) return 'in all time';
  const { now, zone } = clock;
  const end = to === undefined || to > now ? undefined : to;
  const style = isNear(from, clock) && isNear(end ?? now, clock) ? CLOCK : DATED_CLOCK;
  const begun = clocked(from, style, zone);
  if (end === undefined) return `since ${begun}`;
  const isSameDay = floor(from, 'day', zone) === floor(end, 'day', zone);
  return `from ${begun} to ${clocked(end, isSameDay ? CLOCK : style, zone)}`;
}

/** A time range in words, with its zone: `20 Nov, 09:00 – now, Asia/Seoul`. */
export function windowText({ from, to }: Pick<TimeRange, 'from' | 'to'>, { now, zone }: Clock): string {
  if (from === undefined) return `all time, ${zone}`;
  const end = to === undefined || to > now ? 'now' : clocked(to, DATE_TIME, zone);
  return `${clocked(from, DATE_TIME, zone)} – ${end}, ${zone}`;
}

/** The name of a bucket. */
export const bucketName = (start: number, unit: Unit, zone: string): string =>
  `${unit === 'week' ? '7 days from ' : ''}${formatted(start, BUCKET_NAMES[unit], zone)}`;

/** The short name of a bucket below the chart. */
export const tick = (start: number, unit: Unit, zone: string): string => formatted(start, TICKS[unit], zone);

const DURATION_UNITS = [
  [DAY_MS, 'd', HOUR_MS, 'h'],
  [HOUR_MS, 'h', 60_000, 'min'],
  [60_000, 'min', 1000, 's'],
] as const;

/** A duration in its two largest units: `1 h 5 min`. */
export function duration(milliseconds: number): string {
  for (const [large, largeName, small, smallName] of DURATION_UNITS) {
    if (milliseconds < large) continue;
    const rest = Math.floor((milliseconds % large) / small);
    return `${count(Math.floor(milliseconds / large))} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
  }
  const seconds = milliseconds / 1000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** Milliseconds from one date of the service to another; undefined if either is missing or they are in the wrong order. */
export function elapsed(from: string, to: string): number | undefined {
  const length = Date.parse(to) - Date.parse(from);
  return Number.isNaN(length) || length < 0 ? undefined : length;
}
