/** Restricts the jobs of a view: the window, and the reader's conditions, which are applied together. */
import { useEffect, useState } from 'preact/hooks';
import { conditionFaults } from '../api/call-error.js';
import type { Violation } from '../api/call-error.js';
import { EMPTY_CONDITION, hasValueFault, valueFault } from '../state/conditions.js';
import type { Condition } from '../state/conditions.js';
import { namedFilterOf } from '../state/filter-words.js';
import { FIRST_PAGE } from '../state/route.js';
import type { Route } from '../state/route.js';
import type { ViewContext } from '../state/view-context.js';
import { ConditionRow } from './condition-row.js';
import { FilterChips } from './filter-chips.js';
import { SteadyButton } from './steady-button.js';
import { TimeRangePicker } from './time-range-picker.js';

/** The groups of conditions by their names in a request and in a route. */
const GROUPS = [
  { sent: 'filter', of: 'filter', name: 'All of these', add: 'Add a condition' },
  { sent: 'filter_or', of: 'filterOr', name: 'And any of these', add: 'Add an alternative' },
] as const;

type Group = (typeof GROUPS)[number];
type Filters = Pick<Route, Group['of']>;

const areEqual = (one: Filters, other: Filters): boolean =>
  GROUPS.every(({ of }) => JSON.stringify(one[of]) === JSON.stringify(other[of]));

interface Filtered {
  readonly context: ViewContext;
  readonly violations: readonly Violation[];
}

function ConditionGroup({
  group: { sent, name, add },
  conditions,
  context,
  violations,
  onChange,
}: Filtered & {
  readonly group: Group;
  readonly conditions: readonly Condition[];
  onChange(to: readonly Condition[]): void;
}) {
  return (
    <fieldset class={conditions.length === 0 ? 'is-empty' : ''}>
      <legend>{name}</legend>
      <ul>
        {conditions.map((condition, index) => (
          <ConditionRow
            key={index}
            condition={condition}
            context={context}
            faults={[valueFault(condition), ...conditionFaults(violations, sent, index)].filter(Boolean)}
            onChange={(to) => onChange(conditions.with(index, to))}
            onRemove={() => onChange(conditions.toSpliced(index, 1))}
          />
        ))}
      </ul>
      <button type="button" class="quiet" onClick={() => onChange([...conditions, EMPTY_CONDITION])}>
        {add}
      </button>
    </fieldset>
  );
}

function FilterBuilder({ context, violations }: Filtered) {
  const { route, go } = context;
  const [draft, setDraft] = useState<Filters>(route);
  // Another route brings its own conditions.
  useEffect(() => setDraft(route), [JSON.stringify([route.filter, route.filterOr])]);
  const isEmpty = draft.filter.length + draft.filterOr.length === 0;
  const isApplied = areEqual(draft, route);
  const apply = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    // The button to apply goes with the last condition.
    if (isEmpty) event.currentTarget.querySelector('button')?.focus();
    go({ ...FIRST_PAGE, filter: draft.filter, filterOr: draft.filterOr });
  };
  return (
    <form class="builder" aria-label="Filter" onSubmit={apply}>
      {GROUPS.map((group) => (
        <ConditionGroup
          key={group.of}
          group={group}
          conditions={draft[group.of]}
          context={context}
          violations={isApplied ? violations : []}
          onChange={(to) => setDraft({ ...draft, [group.of]: to })}
        />
      ))}
      {(!isEmpty || !isApplied) && (
        <SteadyButton isOff={isApplied || hasValueFault(draft)}>Apply</SteadyButton>
      )}
    </form>
  );
}

/** Conditions without words of their own, and refused ones, are shown as requests have them. */
const isPlain = ({ filter, filterOr }: Filters, violations: readonly Violation[]): boolean =>
  filterOr.length === 0 &&
  !hasValueFault({ filter, filterOr }) &&
  filter.every(
    (each, index) =>
      namedFilterOf(each) !== undefined && conditionFaults(violations, 'filter', index).length === 0,
  );

export const FilterBar = (filtered: Filtered) => (
  <>
    <TimeRangePicker {...filtered.context} />
    <div class="filters">
      <FilterChips context={filtered.context} />
      <details class="advanced" open={!isPlain(filtered.context.route, filtered.violations)}>
        <summary>Conditions as requests have them</summary>
        <FilterBuilder {...filtered} />
      </details>
    </div>
  </>
);
