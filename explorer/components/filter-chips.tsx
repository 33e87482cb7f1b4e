/** The conditions of a route in words, each with a button that removes it, and filters to add by name. */
import { useRef, useState } from 'preact/hooks';
import { FIELDS } from '../api/fields.js';
import { statCollectorNames } from '../api/statistics.js';
import { useAnswer } from '../state/answer.js';
import { NAMED_FILTERS, namedCondition, namedFilterOf, valuesOf, wordsOf } from '../state/filter-words.js';
import type { NamedFilter } from '../state/filter-words.js';
import { FIRST_PAGE } from '../state/route.js';
import type { ViewContext } from '../state/view-context.js';
import { Choices } from './filter-choices.js';
import { RemoveButton } from './remove-button.js';

/** The names of the collectors of conditions; one call where there are any. */
function useNames({ route: { domain, filter, filterOr } }: ViewContext): (id: string) => string {
  const ids = [...filter, ...filterOr].filter(({ key }) => key === FIELDS.collector).flatMap(valuesOf);
  const answer = useAnswer(ids.length === 0 ? undefined : statCollectorNames({ domain }, ids));
  const names = new Map(answer.value?.results.map(({ value, name }) => [value, name]));
  return (id) => names.get(id) || id;
}

function Chip({ words, onRemove }: { readonly words: string; onRemove(): void }) {
  return (
    <li class="chip">
      <span class="one-line" title={words}>
        {words}
      </span>
      <RemoveButton label={`Remove: ${words}`} onRemove={onRemove} />
    </li>
  );
}

interface Named {
  readonly context: ViewContext;
  /** The name of a collector. */
  nameOf(id: string): string;
}

/** A menu of named filters; the chosen one shows its values, and has the focus again once they are applied. */
function AddFilter({ context, nameOf }: Named) {
  const [open, setOpen] = useState<NamedFilter | undefined>(undefined);
  const opener = useRef<HTMLButtonElement>(undefined);
  const { route, go } = context;
  const current = (filter: NamedFilter): readonly string[] =>
    route.filter.filter((each) => namedFilterOf(each) === filter).flatMap(valuesOf);
  const apply = (filter: NamedFilter, values: readonly string[]): void => {
    setOpen(undefined);
    opener.current?.focus();
    const others = route.filter.filter((each) => namedFilterOf(each) !== filter);
    const added = values.length === 0 ? [] : [namedCondition(filter, values)];
    go({ ...FIRST_PAGE, filter: [...others, ...added] });
  };
  return (
    <div class="add">
      <fieldset class="choices">
        <legend>Filter</legend>
        {NAMED_FILTERS.map((filter) => (
          <button
            key={filter.words}
            type="button"
            aria-expanded={open === filter}
            onClick={({ currentTarget }) => {
              opener.current = currentTarget;
              setOpen(open === filter ? undefined : filter);
            }}
          >
            {filter.words} …
          </button>
        ))}
      </fieldset>
      {open !== undefined && (
        <Choices
          key={open.words}
          filter={open}
          chosen={current(open)}
          context={context}
          nameOf={nameOf}
          onApply={(values) => apply(open, values)}
        />
      )}
    </div>
  );
}

export function FilterChips({ context }: { readonly context: ViewContext }) {
  const { route, go } = context;
  const nameOf = useNames(context);
  const chipsOf = (list: 'filter' | 'filterOr', prefix: string) =>
    route[list].map((condition, index) => ({
      words: `${prefix}${wordsOf(condition, nameOf)}`,
      onRemove: () => go({ ...FIRST_PAGE, [list]: route[list].toSpliced(index, 1) }),
    }));
  const chips = [...chipsOf('filter', ''), ...chipsOf('filterOr', 'or: ')];
  return (
    <>
      {chips.length > 0 && (
        <ul class="chips" aria-label="Filters">
          {chips.map((chip, index) => (
            <Chip key={index} {...chip} />
          ))}
        </ul>
      )}
      <AddFilter context={context} nameOf={nameOf} />
    </>
  );
}
