/** Chooses the window: one of those on offer, or from one time to another. */
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { FIRST_PAGE } from '../state/route.js';
import { isolated } from '../state/shown-text.js';
import { ALL, between, isReadable, isWindow, NIGHT, wider, WINDOWS } from '../state/time-range.js';
import type { ViewContext } from '../state/view-context.js';
import { isShown, localZone, timeAt, wallTime } from '../state/zone.js';
import { textOf, useReset } from './form.js';
import { windowText } from './format.js';

/** A time in the format of `datetime-local` fields. */
const fieldText = (time: number, zone: string): string =>
  new Date(wallTime(time, zone)).toISOString().slice(0, 16);

/** The time of a field, or its fault in words. An unchanged field keeps its time, of which it shows the minute alone. */
function readField(
  text: string,
  kept: number,
  zone: string,
): { readonly time: number; readonly fault: string } {
  if (text === fieldText(kept, zone)) return { time: kept, fault: '' };
  const wall = Date.parse(`${text}Z`);
  const time = Number.isNaN(wall) ? NaN : timeAt(wall, zone);
  if (!isReadable(time) || !/^\d{4}-/.test(text))
    return { time: NaN, fault: 'A time has a year of four digits, from 0001 to 9999.' };
  return { time, fault: isShown(wall, zone) ? '' : `The clocks of ${zone} skip this time.` };
}

const NAMES = { from: 'From', to: 'to' } as const;

function OwnRange({ timeRange, now, zone, go }: ViewContext) {
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const ends = { from: timeRange.from ?? now, to: timeRange.to ?? now };
  const form = useReset(`${timeRange.from}/${timeRange.to} ${zone}`);
  const submit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const from = readField(textOf(given, 'from'), ends.from, zone);
    const to = readField(textOf(given, 'to'), ends.to, zone);
    const order = from.time >= to.time ? 'From is not before to.' : '';
    setFaults({ from: from.fault, to: to.fault || order });
    if (from.fault + to.fault + order === '') go({ ...FIRST_PAGE, window: between(from.time, to.time) });
  };
  return (
    <form class="chosen" ref={form} onSubmit={submit} onReset={() => setFaults({})} noValidate>
      {(['from', 'to'] as const).map((name) => (
        <Fragment key={name}>
          <label>
            {NAMES[name]}{' '}
            <input
              type="datetime-local"
              name={name}
              aria-invalid={(faults[name] ?? '') !== ''}
              aria-describedby={`${name}-fault`}
              defaultValue={fieldText(ends[name], zone)}
            />
          </label>
          <span id={`${name}-fault`} class="faults" role="alert">
            {faults[name]}
          </span>
        </Fragment>
      ))}
      <button type="submit">Apply</button>
    </form>
  );
}

/** The window in words, with the zone of all times of the page, and the switch to another. */
const InWords = (context: ViewContext) => {
  const { route, timeRange, zone, unknownZone, go } = context;
  const local = localZone();
  const outer = wider(timeRange, context);
  return (
    <p class="words">
      {isWindow(route.window, zone)
        ? windowText(timeRange, context)
        : `No window is «${isolated(route.window)}»: all time, ${zone}`}{' '}
      {outer !== undefined && (
        <button type="button" class="quiet" onClick={() => go({ ...FIRST_PAGE, window: outer })}>
          Zoom out
        </button>
      )}
      {local !== 'UTC' && unknownZone === '' && (
        <button type="button" class="quiet" onClick={() => go({ zone: route.zone === '' ? 'utc' : '' })}>
          in {route.zone === '' ? 'UTC' : local}
        </button>
      )}
    </p>
  );
};

/** The parts of a link that could not be read: it may hold more jobs than its sender saw. */
const Unread = ({ route: { unread }, go }: ViewContext) => (
  <p class="words" role="status">
    This link holds text that cannot be read, and does not count:{' '}
    {unread.map((text) => `«${text}»`).join(', ')}{' '}
    <button type="button" class="quiet" onClick={() => go({ unread: [] })}>
      Leave it out
    </button>
  </p>
);

const CHOICES = [[NIGHT, { name: 'Last night' }], ...WINDOWS, [ALL, { name: 'All' }]] as const;

export function TimeRangePicker(context: ViewContext) {
  const { route, go } = context;
  const isOwn = !CHOICES.some(([window]) => window === route.window);
  return (
    <div class="window">
      <fieldset class="choices">
        <legend class="hidden">Window</legend>
        {CHOICES.map(([window, { name }]) => (
          <button
            key={window}
            type="button"
            aria-pressed={route.window === window}
            onClick={() => go({ ...FIRST_PAGE, window })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <details class="own" open={isOwn}>
        <summary>From … to …</summary>
        <OwnRange {...context} />
      </details>
      <InWords {...context} />
      {route.unread.length > 0 && <Unread {...context} />}
    </div>
  );
}
