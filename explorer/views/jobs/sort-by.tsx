/** Sorts the jobs of a narrow page, which has no heads of columns. */
import { useId } from 'preact/hooks';
import { COLUMNS } from '../../components/job-columns.js';
import { FIRST_PAGE } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';

/** The orders by their text in a route. */
const ORDERS: ReadonlyMap<string, string> = new Map(
  Object.values(COLUMNS).flatMap(({ title, sort }): readonly (readonly [string, string])[] =>
    sort === undefined
      ? []
      : [
          [`-${sort}`, `${title}, descending`],
          [sort, `${title}, ascending`],
        ],
  ),
);

/** The order of an address may be none of those on offer. */
export function SortBy({ route: { sort }, go }: Pick<ViewContext, 'route' | 'go'>) {
  const id = useId();
  return (
    <span class="sort-by">
      <label for={id}>Sort by</label>{' '}
      <select
        id={id}
        value={sort}
        onChange={({ currentTarget }) => go({ ...FIRST_PAGE, sort: currentTarget.value })}
      >
        {[...new Map([...ORDERS, [sort, ORDERS.get(sort) ?? sort]])].map(([order, name]) => (
          <option key={order} value={order}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}
