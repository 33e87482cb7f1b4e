/** Moves through the pages of a list. */
import { count } from '../../components/format.js';
import { SteadyButton } from '../../components/steady-button.js';
import { PAGE_SIZES } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';

function extentText(start: number, last: number, total: number): string {
  if (total === 0) return 'none';
  return start > total
    ? `past the end: there are ${count(total)}`
    : `${count(start)} to ${count(last)} of ${count(total)}`;
}

export function Paging({
  total,
  context: { route, go },
}: {
  readonly total: number;
  readonly context: ViewContext;
}) {
  const { start, limit } = route;
  const last = Math.min(start + limit - 1, total);
  return (
    <nav class="paging" aria-label="Pages">
      <SteadyButton
        isOff={start === 1}
        onClick={() => go({ start: Math.max(1, Math.min(start - limit, total - limit + 1)) })}
      >
        Previous
      </SteadyButton>
      <span>{extentText(start, last, total)}</span>
      <SteadyButton isOff={last >= total} onClick={() => go({ start: start + limit })}>
        Next
      </SteadyButton>
      <label>
        A page has{' '}
        <select
          value={limit}
          onChange={({ currentTarget }) => go({ start: 1, limit: Number(currentTarget.value) })}
        >
          {PAGE_SIZES.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
    </nav>
  );
}
