/** Chooses the columns of the table, of which one stays: an address without any has the default ones. */
import { COLUMNS, isShown } from '../../components/job-columns.js';
import type { ViewContext } from '../../state/view-context.js';

export function ColumnPicker({ route, go }: Pick<ViewContext, 'route' | 'go'>) {
  const shown = Object.keys(COLUMNS).filter((id) => isShown(route, id));
  const toggled = (id: string): readonly string[] =>
    Object.keys(COLUMNS).filter((each) => (each === id ? !shown.includes(id) : shown.includes(each)));
  return (
    <details class="picker">
      <summary>Columns</summary>
      <fieldset>
        <legend class="hidden">Columns</legend>
        {Object.entries(COLUMNS).map(([id, { title }]) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={shown.includes(id)}
              disabled={shown.length === 1 && shown.includes(id)}
              onChange={() => go({ columns: toggled(id) })}
            />{' '}
            {title}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
