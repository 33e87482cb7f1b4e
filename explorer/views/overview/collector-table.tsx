/** The jobs of the window by collector and by provider, the failing first. */
import { FIELDS } from '../../api/fields.js';
import type { CollectorRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { Answered, Failure } from '../../components/answered.js';
import type { Answer } from '../../state/answer.js';
import { withCondition } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';
import { RateTable } from './rate-table.js';
import { rates } from './rates.js';
import type { Beside } from './rates.js';

export function CollectorTable({
  collectors,
  beside,
  others,
  context: { route, go },
}: {
  readonly collectors: Answer<Results<CollectorRow>>;
  readonly beside: Beside;
  /** The answers behind `beside`. */
  readonly others: readonly Answer<unknown>[];
  readonly context: ViewContext;
}) {
  const failure = others.find(({ error }) => error !== undefined)?.error;
  return (
    <section aria-labelledby="collectors" class="collectors">
      <h2 id="collectors">Collectors, the failing first</h2>
      <Answered answer={collectors}>
        {({ results }) => (
          <>
            <RateTable
              title="Collector"
              rates={rates(results, beside, 'collector_id', 'name')}
              onPick={(key) => go(withCondition(route, FIELDS.collector, key))}
            />
            <details>
              <summary>By provider</summary>
              <RateTable
                title="Provider"
                rates={rates(results, beside, 'provider', 'provider')}
                onPick={(key) => go(withCondition(route, FIELDS.provider, key))}
              />
            </details>
          </>
        )}
      </Answered>
      {collectors.error === undefined && failure !== undefined && <Failure error={failure} />}
    </section>
  );
}
