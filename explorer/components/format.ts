/** Formats numbers, dates and durations in the reader's language and time zone. */
import { DAY_MS, HOUR_MS } from '../state/time-range.js';
import type { TimeRange, Unit } from '../state/time-range.js';

const numbers = new Intl.NumberFormat();
const shares = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const wholeShares = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
const dateTimes = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const hours = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
});
const ticks: Readonly<Record<Unit, Intl.DateTimeFormat>> = {
  hour: new Intl.DateTimeFormat(undefined, { hour: 'numeric', day: 'numeric', month: 'short' }),
  day: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  week: new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'short',
    year: '2-digit',
    timeZone: 'UTC',
  }),
};

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

/** A date of the service in local time; other text stays as it is. */
export function dateTime(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : dateTimes.format(time);
}

interface Clock {
  readonly now: number;
  readonly zone: string;
}

/** A time by its clock alone within a day of now, with its date before. */
function moment(time: number, { now, zone }: Clock): string {
  const isNear = Math.abs(now - time) < DAY_MS;
  const date = isNear ? {} : ({ day: 'numeric', month: 'short', year: 'numeric' } as const);
  return new Intl.DateTimeFormat(undefined, {
    ...date,
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  }).format(time);
}

/** A time range in a sentence: `since 18:00`. */
export function sinceText({ from, to }: Pick<TimeRange, 'from' | 'to'>, clock: Clock): string {
  if (from === undefined) return 'in all time';
  const begun = moment(from, clock);
  return to === undefined || to > clock.now ? `since ${begun}` : `from ${begun} to ${moment(to, clock)}`;
}

/** The name of a bucket; days and weeks are in UTC. */
export const bucketName = (start: number, unit: Unit): string =>
  unit === 'hour' ? hours.format(start) : `${unit === 'week' ? '7 days from ' : ''}${dates.format(start)}`;

export const tick = (start: number, unit: Unit): string => ticks[unit].format(start);

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
