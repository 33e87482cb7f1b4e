/** The statuses with their counts: one of them chosen, or each a link to its jobs. */
import { FIRST_PAGE, hashOf } from '../state/route.js';
import type { ViewContext } from '../state/view-context.js';
import { count } from './format.js';
import { allStatuses, Status, statusClass } from './status.js';

/** undefined until they arrive. */
type Counts = ReadonlyMap<string, number> | undefined;

/** The numbers of all jobs and of those with each status, as text. */
function numbersOf(counts: Counts) {
  const total = [...(counts?.values() ?? [])].reduce((sum, each) => sum + each, 0);
  const number = (value: number) => (counts === undefined ? '…' : count(value));
  const statuses = allStatuses(counts ?? new Map()).filter(Boolean);
  return {
    all: number(total),
    each: statuses.map((status) => ({ status, number: number(counts?.get(status) ?? 0) })),
  };
}

/** Links to the jobs of each status. */
export function StatusLinks({ route, counts }: Pick<ViewContext, 'route'> & { readonly counts: Counts }) {
  const { all, each } = numbersOf(counts);
  const hrefOf = (status: string): string => hashOf({ ...route, ...FIRST_PAGE, view: 'jobs', status });
  return (
    <fieldset class="tabs">
      <legend class="hidden">Status</legend>
      <a href={hrefOf('')}>
        All <span class="count">{all}</span>
      </a>
      {each.map(({ status, number }) => (
        <a key={status} href={hrefOf(status)}>
          <Status status={status} /> <span class="count">{number}</span>
        </a>
      ))}
    </fieldset>
  );
}

export function StatusTabs({
  route,
  go,
  counts,
}: Pick<ViewContext, 'route' | 'go'> & { readonly counts: Counts }) {
  const { all, each } = numbersOf(counts);
  return (
    <fieldset class="tabs">
      <legend class="hidden">Status</legend>
      <button
        type="button"
        aria-pressed={route.status === ''}
        onClick={() => go({ ...FIRST_PAGE, status: '' })}
      >
        All <span class="count">{all}</span>
      </button>
      {each.map(({ status, number }) => (
        <button
          key={status}
          type="button"
          class={statusClass(status)}
          aria-pressed={route.status === status}
          onClick={() => go({ ...FIRST_PAGE, status: route.status === status ? '' : status })}
        >
          <Status status={status} /> <span class="count">{number}</span>
        </button>
      ))}
    </fieldset>
  );
}
