/** The values of a named filter to choose from: its own, or those of the window that contain a text. */
import { useState } from 'preact/hooks';
import { FIELDS } from '../api/fields.js';
import { findCollectorNames, statValues } from '../api/statistics.js';
import { useAnswer } from '../state/answer.js';
import { typed } from '../state/conditions.js';
import type { NamedFilter } from '../state/filter-words.js';
import type { ViewContext } from '../state/view-context.js';
import { Failure } from './answered.js';
import { Datum } from './datum.js';
import { useSettledText } from './use-settled-text.js';

interface ChoicesProps {
  readonly filter: NamedFilter;
  readonly chosen: readonly string[];
  readonly context: ViewContext;
  /** The name of a collector. */
  nameOf(id: string): string;
  onApply(values: readonly string[]): void;
}

interface Choice {
  readonly value: string;
  readonly name: string;
}

/** The values that contain a text, of the jobs in the window. */
function useValues({ filter, context }: ChoicesProps, text: string) {
  const { route, timeRange } = context;
  const selection = { domain: route.domain, from: timeRange.from, to: timeRange.to };
  const isLookedUp = filter.choices === undefined;
  const isCollector = filter.key === FIELDS.collector;
  const names = useAnswer(isLookedUp && isCollector ? findCollectorNames(selection, text) : undefined);
  const values = useAnswer(isLookedUp && !isCollector ? statValues(selection, filter.key, text) : undefined);
  const found: readonly Choice[] = isCollector
    ? (names.value?.results ?? [])
    : (values.value?.results ?? []).flatMap((value) =>
        typeof value === 'string' && value !== '' ? [{ value, name: value }] : [],
      );
  const own = Object.entries(filter.choices ?? {}).map(([value, name]) => ({ value, name }));
  const answer = isCollector ? names : values;
  return { found: isLookedUp ? found : own, isWaiting: isLookedUp && answer.isWaiting, error: answer.error };
}

/** The chosen values; those chosen here with their names, since the next values found may be others. */
type Chosen = ReadonlyMap<string, string | undefined>;

const without = (chosen: Chosen, value: string): Chosen =>
  new Map([...chosen].filter(([each]) => each !== value));

export function Choices(props: ChoicesProps) {
  const { filter, nameOf, onApply } = props;
  const [chosen, setChosen] = useState<Chosen>(new Map(props.chosen.map((value) => [value, undefined])));
  const [text, setText] = useState('');
  const { found, isWaiting, error } = useValues(props, useSettledText(text));
  const isSingle = filter.operator !== 'in';
  const toggled = ({ value, name }: Choice): Chosen => {
    if (isSingle) return new Map([[value, name]]);
    return chosen.has(value) ? without(chosen, value) : new Map([...chosen, [value, name]]);
  };
  const offered = new Set(found.map(({ value }) => value));
  const kept = [...chosen]
    .filter(([value]) => !offered.has(value))
    .map(([value, name = filter.key === FIELDS.collector ? nameOf(value) : value]) => ({ value, name }));
  return (
    <form
      class="values"
      aria-label={filter.words}
      onSubmit={(event) => {
        event.preventDefault();
        onApply([...chosen.keys()]);
      }}
    >
      {filter.choices === undefined && (
        <input
          type="search"
          aria-label={`${filter.words}: values that contain`}
          placeholder="contains …"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      )}
      {error !== undefined && <Failure error={error} />}
      {isWaiting && error === undefined && <p class="loading">Loading …</p>}
      {[...kept, ...found].map((choice) => (
        <label key={typed(choice.value)}>
          <input
            type={isSingle ? 'radio' : 'checkbox'}
            name="value"
            checked={chosen.has(choice.value)}
            onChange={() => setChosen(toggled(choice))}
          />{' '}
          <Datum text={choice.name} />
        </label>
      ))}
      <button type="submit" class="main">
        Apply
      </button>
    </form>
  );
}
