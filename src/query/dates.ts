/** ISO 8601 text and times relative to now, as the query language takes them (docs/query.md «Dates»). */

const ISO =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d+))?)?(?:Z|(?<sign>[+-])(?<offsetHour>\d{2}):(?<offsetMinute>\d{2}))?)?$/;
const TIMEDIFF = /^\s*now(?:\/(?<start>[dwm]))?(?:\s*(?<sign>[+-])\s*(?<count>\d+)(?<unit>[smhdw]))?\s*$/;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
  ['d', DAY],
  ['w', 7 * DAY],
]);

/** Midnight, UTC; unlike Date.UTC it takes the years 1 to 99 as they are. */
function midnight(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

const inCalendar = (date: Date): boolean => date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999;

/** The moment that `text` names (in UTC where it has no offset, cut to milliseconds); undefined when it names none. */
export function parseIso(text: string): Date | undefined {
  const parts = ISO.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const part = (name: string): number => Number(parts[name] ?? 0);
  const day = midnight(part('year'), part('month'), part('day'));
  const sameDay =
    day.getUTCMonth() + 1 === part('month') && day.getUTCDate() === part('day') && inCalendar(day);
  const clockRight = part('hour') < 24 && part('minute') < 60 && part('second') < 60;
  const offsetRight = part('offsetHour') < 24 && part('offsetMinute') < 60;
  if (!sameDay || !clockRight || !offsetRight) return undefined;
  const millisecond = Number((parts['fraction'] ?? '').padEnd(3, '0').slice(0, 3));
  const offset =
    (part('offsetHour') * HOUR + part('offsetMinute') * MINUTE) * (parts['sign'] === '-' ? -1 : 1);
  const clock = part('hour') * HOUR + part('minute') * MINUTE + part('second') * SECOND + millisecond;
  return new Date(day.getTime() + clock - offset);
}

/** The start of the day, of the week (Monday) or of the month that `now` is in, UTC. */
function startOf(unit: string | undefined, now: Date): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()];
  switch (unit) {
    case 'd':
      return midnight(year, month, day);
    case 'w':
      return midnight(year, month, day - ((now.getUTCDay() + 6) % 7));
    case 'm':
      return midnight(year, month, 1);
    default:
      return now;
  }
}

/** The moment that `now/d - 7d` and the like name; undefined for another text, or outside the years 1 to 9999. */
export function parseTimediff(text: string, now: Date): Date | undefined {
  const parts = TIMEDIFF.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const distance = Number(parts['count'] ?? 0) * (UNITS.get(parts['unit'] ?? '') ?? 0);
  const moment = new Date(
    startOf(parts['start'], now).getTime() + (parts['sign'] === '-' ? -distance : distance),
  );
  return inCalendar(moment) ? moment : undefined;
}
