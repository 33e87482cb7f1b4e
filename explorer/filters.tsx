/** What all views of many jobs are confined by: the window, the status, and the reader's own conditions. */
import { useEffect, useId, useState } from 'preact/hooks';
import { useAnswer } from './answer.js';
import { EXAMPLES, OPERATORS, typed, typedAs } from './conditions.js';
import type { Condition } from './conditions.js';
import { count } from './format.js';
import { listAt } from './json.js';
import { Status, statusClass, statusName, withOthers } from './parts.js';
import type { Place } from './place.js';
import { values } from './requests.js';
import type { Settings, Violation } from './service.js';
import { faultsOf } from './violations.js';
import { ALL, between, WINDOWS } from './window.js';
import type { Stretch } from './window.js';

export type Go = (to: Partial<Place>) => void;

/** Milliseconds without a key until suggestions are asked for. */
const PAUSE = 250;

/** What can be chosen from: a place within its stretch, and how to go elsewhere. */
export interface Viewed {
  readonly place: Place;
  readonly stretch: Stretch;
  readonly now: number;
  readonly settings: Settings;
  readonly go: Go;
}

/** The same conditions under another view begin at their first page. */
const FROM_FIRST = { start: 1 } as const;

/** What was typed into a field of a form. */
export function textOf(form: FormData, name: string): string {
  const given = form.get(name);
  return typeof given === 'string' ? given : '';
}

/** As fields for a local date and time have it. */
const local = (time: number): string => {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function Chosen({ stretch: { from, to }, now, go }: Viewed) {
  const submit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const [first, last] = ['from', 'to'].map((name) => Date.parse(textOf(given, name)));
    if (first !== undefined && last !== undefined && first < last)
      go({ ...FROM_FIRST, window: between(first, last) });
  };
  return (
    <form class="chosen" onSubmit={submit} key={`${from}/${to}`}>
      <label>
        From <input type="datetime-local" name="from" required defaultValue={local(from ?? now)} />
      </label>
      <label>
        to <input type="datetime-local" name="to" required defaultValue={local(to ?? now)} />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

function WindowPicker(viewed: Viewed) {
  const { place, go } = viewed;
  const isOwn = !WINDOWS.has(place.window) && place.window !== ALL;
  return (
    <div class="window">
      <fieldset class="choices">
        <legend class="hidden">Window</legend>
        {[...WINDOWS, [ALL, { name: 'All' }] as const].map(([window, { name }]) => (
          <button
            key={window}
            type="button"
            aria-pressed={place.window === window}
            onClick={() => go({ ...FROM_FIRST, window })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <details class="own" open={isOwn}>
        <summary>From … to …</summary>
        <Chosen {...viewed} />
      </details>
    </div>
  );
}

/** The statuses with their counts; the one that is looked at is pressed. */
export function StatusTabs({
  place,
  go,
  counts,
}: Pick<Viewed, 'place' | 'go'> & { readonly counts: ReadonlyMap<string, number> | undefined }) {
  const all = [...(counts?.values() ?? [])].reduce((total, each) => total + each, 0);
  const number = (value: number) => (counts === undefined ? '…' : count(value));
  return (
    <fieldset class="tabs">
      <legend class="hidden">Status</legend>
      <button
        type="button"
        aria-pressed={place.status === ''}
        onClick={() => go({ ...FROM_FIRST, status: '' })}
      >
        All <span class="count">{number(all)}</span>
      </button>
      {withOthers(counts ?? new Map())
        .filter(Boolean)
        .map((status) => (
          <button
            key={status}
            type="button"
            class={statusClass(status)}
            aria-pressed={place.status === status}
            onClick={() => go({ ...FROM_FIRST, status: place.status === status ? '' : status })}
          >
            <Status status={status} /> <span class="count">{number(counts?.get(status) ?? 0)}</span>
          </button>
        ))}
    </fieldset>
  );
}

/** What was typed, once typing rests. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

/** The kinds of values that are suggested; of a list, the one that is typed. */
const SUGGESTED: ReadonlySet<string> = new Set(['value', 'list', 'text', 'texts']);
const isList = (operator: string): boolean => ['list', 'texts'].includes(typedAs(operator));
const beforeLast = (value: string): string => /^.*,\s*/s.exec(value)?.[0] ?? '';

function Suggestions({
  id,
  viewed: { place, stretch },
  condition: { key, operator, value },
}: {
  readonly id: string;
  readonly viewed: Viewed;
  readonly condition: Condition;
}) {
  const before = isList(operator) ? beforeLast(value) : '';
  const word = useRested(value.slice(before.length));
  const answer = useAnswer(key === '' ? undefined : values(place, stretch, key, word));
  return (
    <datalist id={id}>
      {listAt(answer.value, 'results').map((each) => (
        <option key={JSON.stringify(each)} value={`${before}${typed(each)}`} />
      ))}
    </datalist>
  );
}

/** A condition, and how it is changed. */
interface Edited {
  readonly condition: Condition;
  readonly viewed: Viewed;
  /** What the service says of it. */
  readonly faults: readonly string[];
  onChange(to: Condition): void;
}

function KeyInput({ condition, viewed, onChange }: Omit<Edited, 'faults'>) {
  const id = useId();
  return (
    <>
      <input
        aria-label="Key"
        placeholder="key"
        list={id}
        value={condition.key}
        onInput={({ currentTarget }) => onChange({ ...condition, key: currentTarget.value })}
      />
      <datalist id={id}>
        {viewed.settings.fields.map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
    </>
  );
}

/** Values are suggested once the reader comes to the field. */
function ValueInput({ condition, viewed, faults, onChange }: Edited) {
  const id = useId();
  const [isVisited, setVisited] = useState(false);
  const type = typedAs(condition.operator);
  return (
    <>
      <input
        aria-label="Value"
        aria-invalid={faults.length > 0}
        aria-describedby={`${id}-faults`}
        placeholder={EXAMPLES[type]}
        list={id}
        value={condition.value}
        onFocus={() => setVisited(true)}
        onInput={({ currentTarget }) => onChange({ ...condition, value: currentTarget.value })}
      />
      {isVisited && SUGGESTED.has(type) && <Suggestions id={id} viewed={viewed} condition={condition} />}
      <span id={`${id}-faults`} class="faults" role={faults.length > 0 ? 'alert' : undefined}>
        {faults.join(' ')}
      </span>
    </>
  );
}

function Row({ onRemove, ...edited }: Edited & { onRemove(): void }) {
  const { condition, onChange } = edited;
  return (
    <li class="condition">
      <KeyInput {...edited} />
      <select
        aria-label="Operator"
        value={condition.operator}
        onChange={({ currentTarget }) => onChange({ ...condition, operator: currentTarget.value })}
      >
        {Object.keys(OPERATORS).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <ValueInput {...edited} />
      <button
        type="button"
        class="quiet"
        aria-label={`Remove the condition on ${condition.key}`}
        onClick={onRemove}
      >
        ×
      </button>
    </li>
  );
}

const EMPTY: Condition = { key: '', operator: 'eq', value: '' };
/** The lists of conditions by their names in a request and in a place. */
const GROUPS = [
  { sent: 'filter', of: 'filter', name: 'All of these', add: 'Add a condition' },
  { sent: 'filter_or', of: 'filterOr', name: 'And any of these', add: 'Add an alternative' },
] as const;

/** The reader's conditions: they are asked for when they are applied. */
function FilterBuilder({
  viewed,
  violations,
}: {
  readonly viewed: Viewed;
  readonly violations: readonly Violation[];
}) {
  const { place, go } = viewed;
  const [draft, setDraft] = useState<Pick<Place, 'filter' | 'filterOr'>>(place);
  // Another place has other conditions.
  useEffect(() => setDraft(place), [JSON.stringify([place.filter, place.filterOr])]);
  const used = draft.filter.length + draft.filterOr.length;
  const isApplied = GROUPS.every(({ of }) => JSON.stringify(draft[of]) === JSON.stringify(place[of]));
  const apply = (event: Event): void => {
    event.preventDefault();
    go({ ...FROM_FIRST, filter: draft.filter, filterOr: draft.filterOr });
  };
  return (
    <form class="builder" aria-label="Filter" onSubmit={apply}>
      {GROUPS.map(({ sent, of, name, add }) => (
        <fieldset key={of} class={draft[of].length === 0 ? 'is-empty' : ''}>
          <legend>{name}</legend>
          <ul>
            {draft[of].map((condition, row) => (
              <Row
                key={row}
                condition={condition}
                viewed={viewed}
                faults={isApplied ? faultsOf(violations, sent, row) : []}
                onChange={(to) => setDraft({ ...draft, [of]: draft[of].with(row, to) })}
                onRemove={() => setDraft({ ...draft, [of]: draft[of].toSpliced(row, 1) })}
              />
            ))}
          </ul>
          <button
            type="button"
            class="quiet"
            onClick={() => setDraft({ ...draft, [of]: [...draft[of], EMPTY] })}
          >
            {add}
          </button>
        </fieldset>
      ))}
      {(used > 0 || !isApplied) && (
        <button type="submit" disabled={isApplied}>
          Apply
        </button>
      )}
    </form>
  );
}

/** What all views of many jobs begin with. */
export const Confined = (of: Parameters<typeof FilterBuilder>[0]) => (
  <>
    <WindowPicker {...of.viewed} />
    <FilterBuilder {...of} />
  </>
);

/** A filter with one more condition, once. */
export function withCondition(place: Place, key: string, value: string): Partial<Place> {
  const condition = { key, operator: 'eq', value: typed(value) };
  const others = place.filter.filter((each) => each.key !== key);
  return { ...FROM_FIRST, filter: [...others, condition] };
}

export const statusTitle = ({ status }: Place): string =>
  status === '' ? 'jobs' : `jobs with status ${statusName(status)}`;
