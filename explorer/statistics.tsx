/** Statistics of the reader's own: stages built step by step or written as JSON, rows as a table and a chart (docs/explorer.md «Statistics»). */
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from './answer.js';
import { FilterBar } from './filters.js';
import type { ViewContext } from './filters.js';
import { isList, isObject, listAt, parseJson } from './json.js';
import type { Json, JsonObject } from './json.js';
import { Answered, RequestInspector } from './parts.js';
import { statistics } from './requests.js';
import { Results } from './results.js';
import { BEGINNINGS, EXAMPLES, kindOf, STAGES } from './stages.js';
import type { Field } from './stages.js';
import type { Violation } from './service.js';
import { atStage, violationsOf } from './violations.js';

const [[, FIRST] = ['', []]] = EXAMPLES;

const printed = (stages: readonly Json[]): string => JSON.stringify(stages, undefined, 2);

/** The stages that a text is; undefined where it is no list. */
function stagesOf(text: string): readonly Json[] | undefined {
  try {
    const parsed = parseJson(text);
    return isList(parsed) ? parsed : undefined;
  } catch {
    // Half-typed JSON is nothing to complain of: the button that runs it is off.
    return undefined;
  }
}

interface Edited<T> {
  readonly value: T;
  onChange(to: T): void;
}

/** `from` with another value under a name; what is empty is left out. */
function changed(from: JsonObject, name: string, to: Json): JsonObject {
  const isEmpty = to === '' || to === false;
  return { ...from, [name]: isEmpty ? undefined : to };
}

function FieldInput({ field, value, onChange }: { readonly field: Field } & Edited<JsonObject>) {
  const { name } = field;
  const set = (to: Json): void => onChange(changed(value, name, to));
  const text = typeof value[name] === 'string' ? value[name] : '';
  if (field.as === 'rows') return <Rows field={field} value={value} onChange={onChange} />;
  if (field.as === 'flag')
    return (
      <label>
        <input
          type="checkbox"
          checked={value[name] === true}
          onChange={({ currentTarget }) => set(currentTarget.checked)}
        />{' '}
        {name}
      </label>
    );
  if (field.as === 'choice')
    return (
      <label>
        {name}{' '}
        <select value={text} onChange={({ currentTarget }) => set(currentTarget.value)}>
          {field.of.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
    );
  return (
    <label>
      {name}{' '}
      <input
        value={text}
        list={name === 'key' || name === 'path' ? 'fields' : undefined}
        onChange={({ currentTarget }) => set(currentTarget.value)}
      />
    </label>
  );
}

function Rows({
  field: { name, of },
  value,
  onChange,
}: { readonly field: Extract<Field, { as: 'rows' }> } & Edited<JsonObject>) {
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
              fields={of}
              value={isObject(row) ? row : {}}
              onChange={(to) => set(rows.with(index, to))}
            />
            <button
              type="button"
              class="quiet"
              aria-label={`Remove from ${name}`}
              onClick={() => set(rows.toSpliced(index, 1))}
            >
              ×
            </button>
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

/** What a stage of a kind holds: fields, or one number. */
function Body({ kind, value: body, onChange }: { readonly kind: string } & Edited<Json>) {
  const fields = STAGES[kind];
  if (fields !== undefined)
    return <Fields fields={fields} value={isObject(body) ? body : {}} onChange={onChange} />;
  return (
    <input
      type="number"
      aria-label={kind}
      value={typeof body === 'number' ? body : 0}
      onChange={({ currentTarget }) => onChange(currentTarget.valueAsNumber || 0)}
    />
  );
}

function Stage({
  value: stage,
  number,
  faults,
  onChange,
  onRemove,
}: Edited<Json> & {
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
          onChange={({ currentTarget: { value } }) => onChange({ [value]: BEGINNINGS[value] ?? {} })}
        >
          {Object.keys(STAGES).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button type="button" class="quiet" aria-label={`Remove stage ${number}`} onClick={onRemove}>
          ×
        </button>
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

function Written({ text, onChange }: { readonly text: string; onChange(to: string): void }) {
  return (
    <textarea
      aria-label="Stages as JSON"
      spellcheck={false}
      rows={16}
      value={text}
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

function Built({
  value: stages,
  violations,
  onChange,
}: Edited<readonly Json[]> & { readonly violations: readonly Violation[] }) {
  return (
    <>
      <ol class="stages">
        {stages.map((stage, index) => (
          <Stage
            key={index}
            value={stage}
            number={index + 1}
            faults={atStage(violations, index)}
            onChange={(to) => onChange(stages.with(index, to))}
            onRemove={() => onChange(stages.toSpliced(index, 1))}
          />
        ))}
      </ol>
      <button type="button" onClick={() => onChange([...stages, { group: BEGINNINGS['group'] ?? {} }])}>
        Add a stage
      </button>
    </>
  );
}

/** The stages as they are edited, and how to run them. */
function Editor({
  asked,
  violations,
  fields,
  onRun,
}: {
  readonly asked: readonly Json[];
  readonly violations: readonly Violation[];
  readonly fields: readonly string[];
  onRun(stages: readonly Json[]): void;
}) {
  const [text, setText] = useState(printed(asked));
  const [isWritten, setWritten] = useState(false);
  const stages = stagesOf(text);
  const isRun = JSON.stringify(stages) === JSON.stringify(asked);
  useEffect(() => setText(printed(asked)), [JSON.stringify(asked)]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (stages !== undefined) onRun(stages);
      }}
    >
      <datalist id="fields">
        {fields.map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
      {isWritten || stages === undefined ? (
        <Written text={text} onChange={setText} />
      ) : (
        <Built value={stages} violations={isRun ? violations : []} onChange={(to) => setText(printed(to))} />
      )}
      <p class="tools">
        <button
          type="button"
          aria-pressed={isWritten}
          onClick={() => setWritten(!isWritten)}
          disabled={stages === undefined}
        >
          JSON
        </button>
        <button type="submit" class="main" disabled={stages === undefined || isRun}>
          Run
        </button>
      </p>
    </form>
  );
}

export function Statistics({ context }: { readonly context: ViewContext }) {
  const { route, timeRange, now, settings, go } = context;
  const asked = stagesOf(route.aggregate) ?? FIRST;
  const answer = useAnswer(statistics(route, timeRange, asked), now);
  const violations = violationsOf([answer]);
  const run = (stages: readonly Json[]): void => go({ aggregate: JSON.stringify(stages) });
  return (
    <>
      <FilterBar context={context} violations={violations} />
      <div class="columns playground">
        <section aria-labelledby="stages">
          <h2 id="stages">Stages</h2>
          <fieldset class="choices">
            <legend>Start from</legend>
            {[...EXAMPLES].map(([name, example]) => (
              <button key={name} type="button" onClick={() => run(example)}>
                {name}
              </button>
            ))}
          </fieldset>
          <Editor asked={asked} violations={violations} fields={settings.fields} onRun={run} />
        </section>
        <section aria-labelledby="rows">
          <h2 id="rows">Rows</h2>
          <Answered answer={answer}>{(value) => <Results rows={listAt(value, 'results')} />}</Answered>
        </section>
      </div>
      <RequestInspector answers={[answer]} settings={settings} />
    </>
  );
}
