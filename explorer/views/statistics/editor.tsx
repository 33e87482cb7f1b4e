/** Edits stages, step by step or as JSON text, and runs them. */
import { useEffect, useState } from 'preact/hooks';
import { stageFaults } from '../../api/call-error.js';
import type { Violation } from '../../api/call-error.js';
import { isList, parseJson } from '../../api/json.js';
import type { Json } from '../../api/json.js';
import { SteadyButton } from '../../components/steady-button.js';
import { StageForm } from './stage-form.js';
import type { Edited } from './stage-form.js';
import { newStage } from './stages.js';

const printed = (stages: readonly Json[]): string => JSON.stringify(stages, undefined, 2);

/** Reads stages from text; undefined if it is not a JSON list. */
export function stagesOf(text: string): readonly Json[] | undefined {
  try {
    const parsed = parseJson(text);
    return isList(parsed) ? parsed : undefined;
  } catch {
    // Half-typed JSON needs no message: the button to run it is disabled.
    return undefined;
  }
}

const JsonEditor = ({ value, onChange }: Edited<string>) => (
  <textarea
    aria-label="Stages as JSON"
    spellcheck={false}
    rows={16}
    value={value}
    onInput={({ currentTarget }) => onChange(currentTarget.value)}
  />
);

const StageList = ({
  value: stages,
  violations,
  onChange,
}: Edited<readonly Json[]> & { readonly violations: readonly Violation[] }) => (
  <>
    <ol class="stages">
      {stages.map((stage, index) => (
        <StageForm
          key={index}
          value={stage}
          number={index + 1}
          faults={stageFaults(violations, index)}
          onChange={(to) => onChange(stages.with(index, to))}
          onRemove={() => onChange(stages.toSpliced(index, 1))}
        />
      ))}
    </ol>
    <button type="button" onClick={() => onChange([...stages, newStage('group')])}>
      Add a stage
    </button>
  </>
);

const FieldList = ({ fields }: { readonly fields: readonly string[] }) => (
  <datalist id="fields">
    {fields.map((field) => (
      <option key={field} value={field} />
    ))}
  </datalist>
);

export function Editor({
  asked,
  violations,
  fields,
  onRun,
}: {
  /** The stages of the current results. */
  readonly asked: readonly Json[];
  readonly violations: readonly Violation[];
  readonly fields: readonly string[];
  onRun(stages: readonly Json[]): void;
}) {
  const [text, setText] = useState(printed(asked));
  const [isJson, setJson] = useState(false);
  const stages = stagesOf(text);
  const isRun = JSON.stringify(stages) === JSON.stringify(asked);
  useEffect(() => setText(printed(asked)), [JSON.stringify(asked)]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (stages !== undefined) onRun(stages);
  };
  return (
    <form onSubmit={submit}>
      <FieldList fields={fields} />
      {isJson || stages === undefined ? (
        <JsonEditor value={text} onChange={setText} />
      ) : (
        <StageList
          value={stages}
          violations={isRun ? violations : []}
          onChange={(to) => setText(printed(to))}
        />
      )}
      <p class="tools">
        <button
          type="button"
          aria-pressed={isJson}
          onClick={() => setJson(!isJson)}
          disabled={stages === undefined}
        >
          JSON
        </button>
        <SteadyButton class="main" isOff={stages === undefined || isRun}>
          Run
        </SteadyButton>
      </p>
    </form>
  );
}
