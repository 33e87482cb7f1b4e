/** Wall-clock times of a time zone, in milliseconds as if they were UTC. */

const DAY_MS = 24 * 3_600_000;

/** The zone of the reader's machine, by its IANA name. */
export const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

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

/** The wall-clock time of a zone at a time. */
export function wallTime(time: number, zone: string): number {
  if (zone === 'UTC') return time;
  const parts = new Intl.DateTimeFormat('en', { ...PARTS, timeZone: zone }).formatToParts(time);
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
