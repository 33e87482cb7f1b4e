/** The jobs of the window by collector and by provider. */
import type { DurationRow } from '../../api/durations.js';
import { FIELDS } from '../../api/fields.js';
import type { CollectorRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { Answered, Failure } from '../../components/answered.js';
import type { Answer } from '../../state/answer.js';
import { withCondition } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';
import { lengths, rates } from './breakdown.js';
import { RateTable } from './rate-table.js';

export function CollectorTable({
  collectors,
  durations,
  context: { route, go },
}: {
  readonly collectors: Answer<Results<CollectorRow>>;
  readonly durations: Answer<Results<DurationRow>>;
  readonly context: ViewContext;
}) {
  const byCollector = lengths(durations.value);
  return (
    <section aria-labelledby="collectors">
      <h2 id="collectors">Collectors and providers</h2>
      <Answered answer={collectors}>
        {(answer) => (
          <>
            <RateTable
              title="Collector"
              rates={rates(answer, byCollector, 'collector_id', 'name')}
              onPick={(key) => go(withCondition(route, FIELDS.collector, key))}
            />
            <RateTable
              title="Provider"
              rates={rates(answer, byCollector, 'provider', 'provider')}
              onPick={(key) => go(withCondition(route, FIELDS.provider, key))}
            />
          </>
        )}
      </Answered>
      {collectors.error === undefined && durations.error !== undefined && <Failure error={durations.error} />}
    </section>
  );
}
