/** Wall-clock times of a time zone, in milliseconds as if they were UTC. */

const DAY_MS = 24 * 3_600_000;

/** ICU's name for a zone that it does not know; no clock has it. */
const UNKNOWN = 'Etc/Unknown';

/** The zone of the reader's machine, by its IANA name; UTC if the machine does not tell. */
export function localZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === UNKNOWN ? 'UTC' : timeZone;
}

/** A day in milliseconds, as if it were UTC; unlike Date.UTC it takes the years 0 to 99 as they are. */
export const dayOf = (year: number, month: number, day: number): number =>
  new Date(0).setUTCFullYear(year, month - 1, day);

const PARTS = {
  // ICU's iso8601 is Julian before 1582.
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  era: 'short',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;

/** To make a formatter takes ten times as long as to use it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const found = formatters.get(zone) ?? new Intl.DateTimeFormat('en', { ...PARTS, timeZone: zone });
  formatters.set(zone, found);
  return found;
}

/** The wall-clock time of a zone at a time. */
export function wallTime(time: number, zone: string): number {
  if (zone === 'UTC') return time;
  const parts = formatterOf(zone).formatToParts(time);
  const textOf = (name: string): string | undefined => parts.find(({ type }) => type === name)?.value;
  const read = (name: string): number => Number(textOf(name));
  const year = textOf('era') === 'BC' ? 1 - read('year') : read('year');
  const day = new Date(dayOf(year, read('month'), read('day')));
  const second = day.setUTCHours(read('hour'), read('minute'), read('second'));
  return second + (((time % 1000) + 1000) % 1000);
}

/** The wall-clock time of a zone minus UTC. */
export const offsetAt = (time: number, zone: string): number => wallTime(time, zone) - time;

/** The times at which a zone's clocks show `wall`: two where they go back, none where they skip it. */
function timesAt(wall: number, zone: string): ReadonlySet<number> {
  const candidates = [wall - DAY_MS, wall + DAY_MS].map((near) => wall - offsetAt(near, zone));
  return new Set(candidates.filter((time) => wallTime(time, zone) === wall));
}

/** The first time at which a zone's clocks show `wall`; a time that they skip is as far behind the gap as it is in it. */
export function timeAt(wall: number, zone: string): number {
  const shown = timesAt(wall, zone);
  return shown.size > 0 ? Math.min(...shown) : wall - offsetAt(wall - DAY_MS, zone);
}

/** True for a time whose wall-clock time is that of another, too. */
export const isTwofold = (time: number, zone: string): boolean =>
  timesAt(wallTime(time, zone), zone).size > 1;

/** The time after `from` and up to `to` at which a zone's clocks change; `from` if they do not. */
export function changeWithin(from: number, to: number, zone: string): number {
  const offset = offsetAt(to, zone);
  if (offsetAt(from, zone) === offset) return from;
  let [before, after] = [from, Math.floor(to)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle, zone) === offset) after = middle;
    else before = middle;
  }
  return after;
}

/** True for a time that a zone's clocks show. */
export const isShown = (wall: number, zone: string): boolean => wallTime(timeAt(wall, zone), zone) === wall;
