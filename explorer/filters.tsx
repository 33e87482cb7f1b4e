/** What all views of many jobs are confined by: the window, the status, and the reader's own conditions. */
import { useEffect, useId, useState } from 'preact/hooks';
import { useAnswer } from './answer.js';
import { EXAMPLES, OPERATORS, typed, typedAs } from './conditions.js';
import type { Condition } from './conditions.js';
import { count } from './format.js';
import { listAt } from './json.js';
import { Status, statusClass, statusName, withOthers } from './parts.js';
import type { Route } from './route.js';
import { values } from './requests.js';
import type { Settings, Violation } from './service.js';
import { faultsOf } from './violations.js';
import { ALL, between, WINDOWS } from './time-range.js';
import type { TimeRange } from './time-range.js';

export type Go = (to: Partial<Route>) => void;

/** Milliseconds without a key until suggestions are asked for. */
const PAUSE = 250;

/** What can be chosen from: a place within its stretch, and how to go elsewhere. */
export interface ViewContext {
  readonly route: Route;
  readonly timeRange: TimeRange;
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

function Chosen({ timeRange: { from, to }, now, go }: ViewContext) {
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

function WindowPicker(context: ViewContext) {
  const { route, go } = context;
  const isOwn = !WINDOWS.has(route.window) && route.window !== ALL;
  return (
    <div class="window">
      <fieldset class="choices">
        <legend class="hidden">Window</legend>
        {[...WINDOWS, [ALL, { name: 'All' }] as const].map(([window, { name }]) => (
          <button
            key={window}
            type="button"
            aria-pressed={route.window === window}
            onClick={() => go({ ...FROM_FIRST, window })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <details class="own" open={isOwn}>
        <summary>From … to …</summary>
        <Chosen {...context} />
      </details>
    </div>
  );
}

/** The statuses with their counts; the one that is looked at is pressed. */
export function StatusTabs({
  route,
  go,
  counts,
}: Pick<ViewContext, 'route' | 'go'> & { readonly counts: ReadonlyMap<string, number> | undefined }) {
  const all = [...(counts?.values() ?? [])].reduce((total, each) => total + each, 0);
  const number = (value: number) => (counts === undefined ? '…' : count(value));
  return (
    <fieldset class="tabs">
      <legend class="hidden">Status</legend>
      <button
        type="button"
        aria-pressed={route.status === ''}
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
            aria-pressed={route.status === status}
            onClick={() => go({ ...FROM_FIRST, status: route.status === status ? '' : status })}
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
  context: { route, timeRange },
  condition: { key, operator, value },
}: {
  readonly id: string;
  readonly context: ViewContext;
  readonly condition: Condition;
}) {
  const before = isList(operator) ? beforeLast(value) : '';
  const word = useRested(value.slice(before.length));
  const answer = useAnswer(key === '' ? undefined : values(route, timeRange, key, word));
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
  readonly context: ViewContext;
  /** What the service says of it. */
  readonly faults: readonly string[];
  onChange(to: Condition): void;
}

function KeyInput({ condition, context, onChange }: Omit<Edited, 'faults'>) {
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
        {context.settings.fields.map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
    </>
  );
}

/** Values are suggested once the reader comes to the field. */
function ValueInput({ condition, context, faults, onChange }: Edited) {
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
      {isVisited && SUGGESTED.has(type) && <Suggestions id={id} context={context} condition={condition} />}
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
  context,
  violations,
}: {
  readonly context: ViewContext;
  readonly violations: readonly Violation[];
}) {
  const { route, go } = context;
  const [draft, setDraft] = useState<Pick<Route, 'filter' | 'filterOr'>>(route);
  // Another place has other conditions.
  useEffect(() => setDraft(route), [JSON.stringify([route.filter, route.filterOr])]);
  const used = draft.filter.length + draft.filterOr.length;
  const isApplied = GROUPS.every(({ of }) => JSON.stringify(draft[of]) === JSON.stringify(route[of]));
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
                context={context}
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
export const FilterBar = (of: Parameters<typeof FilterBuilder>[0]) => (
  <>
    <WindowPicker {...of.context} />
    <FilterBuilder {...of} />
  </>
);

/** A filter with one more condition, once. */
export function withCondition(route: Route, key: string, value: string): Partial<Route> {
  const condition = { key, operator: 'eq', value: typed(value) };
  const others = route.filter.filter((each) => each.key !== key);
  return { ...FROM_FIRST, filter: [...others, condition] };
}

export const statusTitle = ({ status }: Route): string =>
  status === '' ? 'jobs' : `jobs with status ${statusName(status)}`;
