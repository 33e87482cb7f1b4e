/** The statuses with their counts, one of them chosen. */
import { FIRST_PAGE } from '../state/route.js';
import type { ViewContext } from '../state/view-context.js';
import { count } from './format.js';
import { allStatuses, Status, statusClass } from './status.js';

/** `counts` is undefined until they arrive. */
export function StatusTabs({
  route,
  go,
  counts,
}: Pick<ViewContext, 'route' | 'go'> & { readonly counts: ReadonlyMap<string, number> | undefined }) {
  const all = [...(counts?.values() ?? [])].reduce((total, each) => total + each, 0);
  const number = (value: number) => (counts === undefined ? '…' : count(value));
  return (
    <fieldset class="tabs">
      <legend class="hidden">Status</legend>
      <button
        type="button"
        aria-pressed={route.status === ''}
        onClick={() => go({ ...FIRST_PAGE, status: '' })}
      >
        All <span class="count">{number(all)}</span>
      </button>
      {allStatuses(counts ?? new Map())
        .filter(Boolean)
        .map((status) => (
          <button
            key={status}
            type="button"
            class={statusClass(status)}
            aria-pressed={route.status === status}
            onClick={() => go({ ...FIRST_PAGE, status: route.status === status ? '' : status })}
          >
            <Status status={status} /> <span class="count">{number(counts?.get(status) ?? 0)}</span>
          </button>
        ))}
    </fieldset>
  );
}
