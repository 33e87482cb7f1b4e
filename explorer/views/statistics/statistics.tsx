/** Statistics of the reader's own: stages, their rows as a table, and a chart (docs/explorer.md «Statistics»). */
import type { Json } from '../../api/json.js';
import { statStages } from '../../api/statistics.js';
import { Answered } from '../../components/answered.js';
import { FilterBar } from '../../components/filter-bar.js';
import { RequestInspector } from '../../components/request-inspector.js';
import { TheAnswer } from '../../components/skip-link.js';
import { useAnswer, violationsOf } from '../../state/answer.js';
import { selectionOf } from '../../state/selection.js';
import type { ViewContext } from '../../state/view-context.js';
import { Editor, stagesOf } from './editor.js';
import { examples } from './examples.js';
import { Results } from './results.js';

type Examples = ReturnType<typeof examples>;

const ExamplePicker = ({
  offered,
  onPick,
}: {
  readonly offered: Examples;
  onPick(stages: readonly Json[]): void;
}) => (
  <fieldset class="choices">
    <legend>Start from</legend>
    {Object.entries(offered).map(([name, stages]) => (
      <button key={name} type="button" onClick={() => onPick(stages)}>
        {name}
      </button>
    ))}
  </fieldset>
);

export function Statistics({ context }: { readonly context: ViewContext }) {
  const { route, timeRange, zone, settings, go } = context;
  const offered = examples(zone);
  const [first = []] = Object.values(offered);
  const asked = stagesOf(route.aggregate) ?? first;
  const answer = useAnswer(statStages(selectionOf(route, timeRange), asked), context);
  const violations = violationsOf([answer]);
  const run = (stages: readonly Json[]): void => go({ aggregate: JSON.stringify(stages) });
  return (
    <>
      <FilterBar context={context} violations={violations} />
      <div class="columns playground">
        <section aria-labelledby="stages">
          <h2 id="stages">Stages</h2>
          <ExamplePicker offered={offered} onPick={run} />
          <Editor asked={asked} violations={violations} fields={settings.fields} onRun={run} />
        </section>
        <section aria-labelledby="rows">
          <h2 id="rows">Rows</h2>
          <TheAnswer>
            <Answered answer={answer}>
              {({ results }) => <Results rows={results} context={context} />}
            </Answered>
          </TheAnswer>
        </section>
      </div>
      <RequestInspector answers={[answer]} settings={settings} />
    </>
  );
}
