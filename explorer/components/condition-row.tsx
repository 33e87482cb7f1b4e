/** A condition as a row of the filter: its key, operator and value, with suggestions and the service's faults. */
import { useId, useState } from 'preact/hooks';
import { statValues } from '../api/statistics.js';
import { useAnswer } from '../state/answer.js';
import { OPERATORS, typed, valueFormOf } from '../state/conditions.js';
import type { Condition, ValueForm } from '../state/conditions.js';
import { operatorName } from '../state/filter-words.js';
import type { ViewContext } from '../state/view-context.js';
import { RemoveButton } from './remove-button.js';
import { useSettledText } from './use-settled-text.js';

/** Shown in an empty field as an example. */
const PLACEHOLDERS: Readonly<Record<ValueForm, string>> = {
  value: 'ERROR, 5, true or null',
  list: 'ERROR, TIMEOUT',
  text: 'text',
  texts: 'one, another',
  flag: 'true or false',
  object: '{"error_code": "ERROR_TIMEOUT"}',
  date: '2023-05-01T00:00Z',
  timediff: 'now/d - 7d',
};

interface Edited {
  readonly condition: Condition;
  readonly context: ViewContext;
  /** The service's descriptions of faults in the condition. */
  readonly faults: readonly string[];
  onChange(to: Condition): void;
}

/** The forms of values with suggestions; in a list, the last item is completed. */
const SUGGESTED: ReadonlySet<string> = new Set<ValueForm>(['value', 'list', 'text', 'texts']);
const isList = (operator: string): boolean => ['list', 'texts'].includes(valueFormOf(operator));
const beforeLastItem = (value: string): string => /^.*,\s*/s.exec(value)?.[0] ?? '';

function Suggestions({
  id,
  context: { route, timeRange },
  condition: { key, operator, value },
}: {
  readonly id: string;
  readonly context: ViewContext;
  readonly condition: Condition;
}) {
  const before = isList(operator) ? beforeLastItem(value) : '';
  const word = useSettledText(value.slice(before.length));
  const { from, to } = timeRange;
  const answer = useAnswer(
    key === '' ? undefined : statValues({ domain: route.domain, from, to }, key, word),
  );
  return (
    <datalist id={id}>
      {answer.value?.results.map((each) => (
        <option key={JSON.stringify(each)} value={`${before}${typed(each)}`} />
      ))}
    </datalist>
  );
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

/** Suggestions are requested from the first visit of the field on. */
function ValueInput({ condition, context, faults, onChange }: Edited) {
  const id = useId();
  const [isVisited, setVisited] = useState(false);
  const form = valueFormOf(condition.operator);
  return (
    <>
      <input
        aria-label="Value"
        aria-invalid={faults.length > 0}
        aria-describedby={`${id}-faults`}
        placeholder={PLACEHOLDERS[form]}
        list={id}
        value={condition.value}
        onFocus={() => setVisited(true)}
        onInput={({ currentTarget }) => onChange({ ...condition, value: currentTarget.value })}
      />
      {isVisited && SUGGESTED.has(form) && <Suggestions id={id} context={context} condition={condition} />}
      <span id={`${id}-faults`} class="faults" role={faults.length > 0 ? 'alert' : undefined}>
        {faults.join(' ')}
      </span>
    </>
  );
}

export function ConditionRow({ onRemove, ...edited }: Edited & { onRemove(): void }) {
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
          <option key={name} value={name}>
            {operatorName(name)}
          </option>
        ))}
      </select>
      <ValueInput {...edited} />
      <RemoveButton label={`Remove the condition on ${condition.key}`} onRemove={onRemove} />
    </li>
  );
}
