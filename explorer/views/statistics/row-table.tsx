/** Rows of any shape as a table: a column for each name, columns of numbers last. */
import { valueAt } from '../../api/json.js';
import type { Json, JsonObject } from '../../api/json.js';
import { count } from '../../components/format.js';
import { columnsOf } from './row-columns.js';
import type { Column } from './row-columns.js';

const cell = (value: Json | undefined): string => {
  if (value === undefined) return '';
  return typeof value === 'number' ? count(value) : typeof value === 'string' ? value : JSON.stringify(value);
};

const classOf = ({ isNumber }: Column): string => (isNumber ? 'number' : '');

export function RowTable({ rows }: { readonly rows: readonly JsonObject[] }) {
  const columns = columnsOf(rows);
  return (
    <div class="scrolls" role="region" aria-label="Rows" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column.name} class={classOf(column)}>
                  {cell(valueAt(row, column.name))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
