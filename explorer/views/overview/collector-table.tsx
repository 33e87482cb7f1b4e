/** The jobs of the window by collector and by provider, the failing first. */
import { useState } from 'preact/hooks';
import { statDurations } from '../../api/durations.js';
import type { DurationRow } from '../../api/durations.js';
import { FIELDS } from '../../api/fields.js';
import type { CollectorRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import type { TrendRow } from '../../api/trends.js';
import { Answered, Failure } from '../../components/answered.js';
import { useAnswer } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { selectionOf } from '../../state/selection.js';
import type { ViewContext } from '../../state/view-context.js';
import { withCondition } from '../../state/with-conditions.js';
import { collectorsNote, durationsNote, stuckNote, trendsNote } from './notes.js';
import { orderOf, orderText, WORST_FIRST } from './rate-order.js';
import { RateTable } from './rate-table.js';
import { rates } from './rates.js';
import type { Beside } from './rates.js';
import { historiesOf } from './runs.js';

type DurationsAnswer = Answer<Results<DurationRow>>;

/** The notes that say something. */
const Notes = ({ notes }: { readonly notes: readonly string[] }) => {
  const said = notes.filter(Boolean);
  return said.length === 0 ? undefined : <p class="none">{said.join(' ')}</p>;
};

interface TableProps {
  readonly results: readonly CollectorRow[];
  readonly beside: Beside;
  readonly context: ViewContext;
}

/** Medians of collectors add up to none of a provider, so its own are asked for. */
function ProviderTable({ results, beside, context }: TableProps) {
  const { route, timeRange, go } = context;
  const selection = selectionOf(route, timeRange);
  const durations = useAnswer(statDurations('Durations by provider', selection, 'provider'), context);
  const [order, setOrder] = useState(WORST_FIRST);
  const [word, setWord] = useState('');
  return (
    <Answered answer={durations}>
      {(within) => (
        <>
          <RateTable
            title="Provider"
            order={order}
            onOrder={setOrder}
            word={word}
            onFind={setWord}
            rates={rates(
              results,
              { ...beside, histories: historiesOf(within), trends: undefined },
              'provider',
              'provider',
            )}
            onPick={(key) => go(withCondition(route, FIELDS.provider, key))}
          />
          <Notes notes={[durationsNote([within], 'of the window')]} />
        </>
      )}
    </Answered>
  );
}

/** Providers are asked about once the reader opens them. */
function Providers(props: TableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>By provider</summary>
      {isOpen && <ProviderTable {...props} />}
    </details>
  );
}

export function CollectorTable({
  collectors,
  beside,
  durations,
  trends,
  context,
}: {
  readonly collectors: Answer<Results<CollectorRow>>;
  readonly beside: Beside;
  /** Those within the window, and those before it. */
  readonly durations: readonly DurationsAnswer[];
  readonly trends: Answer<Results<TrendRow>>;
  readonly context: ViewContext;
}) {
  const { route, timeRange, go, replace } = context;
  return (
    <section aria-labelledby="collectors" class="collectors">
      <h2 id="collectors">Collectors, the failing first</h2>
      <Answered answer={collectors}>
        {({ results }) => (
          <>
            <RateTable
              title="Collector"
              order={orderOf(route.order)}
              onOrder={(order) => go({ order: orderText(order) })}
              word={route.find}
              onFind={(find) => replace({ find })}
              rates={rates(results, beside, 'collector_id', 'name')}
              onPick={(key) => go(withCondition(route, FIELDS.collector, key))}
            />
            <Notes
              notes={[
                collectorsNote(results),
                stuckNote(beside.isStuckCut),
                durationsNote(
                  durations.map(({ value }) => value),
                  'of the window, and of as many before it',
                ),
                trendsNote(trends.value, timeRange.unit),
              ]}
            />
            <Providers results={results} beside={beside} context={context} />
          </>
        )}
      </Answered>
      {collectors.error === undefined && trends.error !== undefined && <Failure error={trends.error} />}
    </section>
  );
}
