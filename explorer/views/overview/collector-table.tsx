/** The jobs of the window by collector and by provider, the failing first. */
import { useState } from 'preact/hooks';
import { MAX_RANKED, statDurations } from '../../api/durations.js';
import type { DurationRow } from '../../api/durations.js';
import { FIELDS } from '../../api/fields.js';
import type { CollectorRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { Answered, Failure } from '../../components/answered.js';
import { count } from '../../components/format.js';
import { useAnswer } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { withCondition } from '../../state/route.js';
import { selectionOf } from '../../state/selection.js';
import type { ViewContext } from '../../state/view-context.js';
import { orderOf, orderText, WORST_FIRST } from './rate-columns.js';
import { RateTable } from './rate-table.js';
import { rates } from './rates.js';
import type { Beside } from './rates.js';
import { historiesOf, isCut } from './runs.js';

type DurationsAnswer = Answer<Results<DurationRow>>;

/** A word about durations that are not those of all runs `of` a time. */
const CutNote = ({
  durations,
  of,
}: {
  readonly durations: readonly DurationsAnswer[];
  readonly of: string;
}) =>
  durations.some(({ value }) => value !== undefined && isCut(value)) ? (
    <p class="none">
      Durations are those of the newest {count(MAX_RANKED)} runs {of}.
    </p>
  ) : undefined;

interface TableProps {
  readonly results: readonly CollectorRow[];
  readonly beside: Beside;
  readonly context: ViewContext;
}

/** Medians of collectors add up to none of a provider, so its own are asked for. */
function ProviderTable({ results, beside: { stuck }, context }: TableProps) {
  const { route, timeRange, go } = context;
  const selection = selectionOf({ ...route, status: '' }, timeRange);
  const durations = useAnswer(statDurations('Durations by provider', selection, 'provider'), context);
  const [order, setOrder] = useState(WORST_FIRST);
  const [word, setWord] = useState('');
  return (
    <>
      <RateTable
        title="Provider"
        order={order}
        onOrder={setOrder}
        word={word}
        onFind={setWord}
        rates={rates(
          results,
          { stuck, histories: historiesOf(durations.value), trends: undefined },
          'provider',
          'provider',
        )}
        onPick={(key) => go(withCondition(route, FIELDS.provider, key))}
      />
      <CutNote durations={[durations]} of="of the window" />
      {durations.error !== undefined && <Failure error={durations.error} />}
    </>
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
  others,
  context,
}: {
  readonly collectors: Answer<Results<CollectorRow>>;
  readonly beside: Beside;
  /** Those within the window, and those before it. */
  readonly durations: readonly DurationsAnswer[];
  /** The other answers behind `beside`. */
  readonly others: readonly Answer<unknown>[];
  readonly context: ViewContext;
}) {
  const { route, go, replace } = context;
  const failure = [...durations, ...others].find(({ error }) => error !== undefined)?.error;
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
            <CutNote durations={durations} of="of the window, and of as many before it" />
            <Providers results={results} beside={beside} context={context} />
          </>
        )}
      </Answered>
      {collectors.error === undefined && failure !== undefined && <Failure error={failure} />}
    </section>
  );
}
