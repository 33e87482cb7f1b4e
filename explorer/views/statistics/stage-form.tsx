/** A stage as a form, with the service's faults. */
import { isList, isObject } from '../../api/json.js';
import type { Json, JsonObject } from '../../api/json.js';
import { RemoveButton } from '../../components/remove-button.js';
import { fieldsOf, kindOf, newStage, STAGES } from './stages.js';
import type { Field } from './stages.js';

export interface Edited<T> {
  readonly value: T;
  onChange(to: T): void;
}

/** Sets a field; an empty text and false are omitted. */
function withField(from: JsonObject, name: string, to: Json): JsonObject {
  const isEmpty = to === '' || to === false;
  return { ...from, [name]: isEmpty ? undefined : to };
}

function FieldInput({ field, value, onChange }: { readonly field: Field } & Edited<JsonObject>) {
  const { name } = field;
  const given = value[name];
  const input = {
    name,
    value: typeof given === 'string' ? given : '',
    onChange: (to: Json) => onChange(withField(value, name, to)),
  };
  if (field.as === 'rows') return <Rows name={name} fields={field.of} value={value} onChange={onChange} />;
  if (field.as === 'flag') return <Flag {...input} value={given === true} />;
  return field.as === 'choice' ? <Choice {...input} of={field.of} /> : <TextInput {...input} />;
}

type Named<T> = Edited<T> & { readonly name: string };

const Flag = ({ name, value, onChange }: Named<boolean>) => (
  <label>
    <input
      type="checkbox"
      checked={value}
      onChange={({ currentTarget }) => onChange(currentTarget.checked)}
    />{' '}
    {name}
  </label>
);

const Choice = ({ name, of, value, onChange }: Named<string> & { readonly of: readonly string[] }) => (
  <label>
    {name}{' '}
    <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {of.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  </label>
);

const TextInput = ({ name, value, onChange }: Named<string>) => (
  <label>
    {name}{' '}
    <input
      value={value}
      list={name === 'key' || name === 'path' ? 'fields' : undefined}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  </label>
);

function Rows({ name, fields, value, onChange }: Named<JsonObject> & { readonly fields: readonly Field[] }) {
  const given = value[name];
  const rows = isList(given) ? given : [];
  const set = (to: readonly Json[]): void => onChange({ ...value, [name]: to });
  return (
    <fieldset>
      <legend>{name}</legend>
      <ul>
        {rows.map((row, index) => (
          <li key={index}>
            <Fields
              fields={fields}
              value={isObject(row) ? row : {}}
              onChange={(to) => set(rows.with(index, to))}
            />
            <RemoveButton label={`Remove from ${name}`} onRemove={() => set(rows.toSpliced(index, 1))} />
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={() => set([...rows, {}])}>
        Add to {name}
      </button>
    </fieldset>
  );
}

const Fields = ({ fields, value, onChange }: { readonly fields: readonly Field[] } & Edited<JsonObject>) => (
  <>
    {fields.map((field) => (
      <FieldInput key={field.name} field={field} value={value} onChange={onChange} />
    ))}
  </>
);

/** The content of a stage: fields, or one number. */
function Body({ kind, value, onChange }: { readonly kind: string } & Edited<Json>) {
  const fields = fieldsOf(kind);
  if (fields !== undefined)
    return <Fields fields={fields} value={isObject(value) ? value : {}} onChange={onChange} />;
  return (
    <input
      type="number"
      aria-label={kind}
      value={typeof value === 'number' ? value : 0}
      onChange={({ currentTarget }) => onChange(currentTarget.valueAsNumber || 0)}
    />
  );
}

export function StageForm({
  value: stage,
  number,
  faults,
  onChange,
  onRemove,
}: Edited<Json> & {
  /** From 1. */
  readonly number: number;
  readonly faults: readonly string[];
  onRemove(): void;
}) {
  const [kind, body] = kindOf(stage);
  return (
    <li class="stage">
      <header>
        <select
          aria-label={`Stage ${number}`}
          value={kind}
          onChange={({ currentTarget }) => onChange(newStage(currentTarget.value))}
        >
          {Object.keys(STAGES).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <RemoveButton label={`Remove stage ${number}`} onRemove={onRemove} />
      </header>
      <Body kind={kind} value={body} onChange={(to) => onChange({ [kind]: to })} />
      {faults.length > 0 && (
        <p class="faults" role="alert">
          {faults.join(' ')}
        </p>
      )}
    </li>
  );
}
