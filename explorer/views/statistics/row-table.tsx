/** Rows of any shape as a table: a column for each name, columns of numbers last. */
import type { Json, JsonObject } from '../../api/json.js';
import { count } from '../../components/format.js';

interface Column {
  readonly name: string;
  readonly isNumber: boolean;
}

const cell = (value: Json | undefined): string => {
  if (value === undefined) return '';
  return typeof value === 'number' ? count(value) : typeof value === 'string' ? value : JSON.stringify(value);
};

/** The names in rows, each once. */
export const namesIn = (rows: readonly JsonObject[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

function columnsOf(rows: readonly JsonObject[]): readonly Column[] {
  const isNumber = (name: string): boolean =>
    rows.every((row) => row[name] === undefined || typeof row[name] === 'number');
  return namesIn(rows)
    .map((name) => ({ name, isNumber: isNumber(name) }))
    .toSorted((a, b) => Number(a.isNumber) - Number(b.isNumber));
}

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
                  {cell(row[column.name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
