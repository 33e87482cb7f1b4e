/** Chooses the window: one of those on offer, or from one time to another. */
import { FIRST_PAGE } from '../state/route.js';
import { ALL, between, NIGHT, WINDOWS } from '../state/time-range.js';
import type { ViewContext } from '../state/view-context.js';
import { textOf } from './form.js';

/** The local date and time in the format of `datetime-local` fields. */
const localTime = (time: number): string => {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function OwnRange({ timeRange: { from, to }, now, go }: ViewContext) {
  const submit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const [first, last] = ['from', 'to'].map((name) => Date.parse(textOf(given, name)));
    if (first !== undefined && last !== undefined && first < last)
      go({ ...FIRST_PAGE, window: between(first, last) });
  };
  return (
    <form class="chosen" onSubmit={submit} key={`${from}/${to}`}>
      <label>
        From <input type="datetime-local" name="from" required defaultValue={localTime(from ?? now)} />
      </label>
      <label>
        to <input type="datetime-local" name="to" required defaultValue={localTime(to ?? now)} />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

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
    </div>
  );
}
