/** Wall-clock times of a time zone, in milliseconds as if they were UTC. */

const DAY_MS = 24 * 3_600_000;

/** ICU's name for a zone that it does not know; no clock has it. */
const UNKNOWN = 'Etc/Unknown';

/** The zone of the reader's machine, by its IANA name; UTC if the machine does not tell. */
export function localZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === UNKNOWN ? 'UTC' : timeZone;
}

const PARTS = {
  calendar: 'iso8601',
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
  const read = (name: string): number => Number(parts.find(({ type }) => type === name)?.value);
  const second = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return second + (((time % 1000) + 1000) % 1000);
}

const offsetAt = (time: number, zone: string): number => wallTime(time, zone) - time;

/** The first time at which a zone's clocks show `wall`; a time that they skip is as far behind the gap as it is in it. */
export function timeAt(wall: number, zone: string): number {
  const candidates = [wall - DAY_MS, wall + DAY_MS].map((near) => wall - offsetAt(near, zone));
  const shown = candidates.filter((time) => wallTime(time, zone) === wall);
  return shown.length > 0 ? Math.min(...shown) : wall - offsetAt(wall - DAY_MS, zone);
}

/** True for a time that a zone's clocks show. */
export const isShown = (wall: number, zone: string): boolean => wallTime(timeAt(wall, zone), zone) === wall;
