/** Rows of statistics: as a table, and drawn where they fit a chart (docs/explorer.md «Statistics»). */
import { Chart, Shares } from './chart.js';
import { count } from './format.js';
import { isObject } from './json.js';
import type { Json, JsonObject } from './json.js';
import { statusClass, STATUSES, statusName } from './parts.js';
import { drawn } from './stages.js';
import type { Drawn } from './stages.js';

const isStatus = (series: Drawn['series']): boolean => series.every(({ name }) => STATUSES.has(name));

function Drawing({ of: { columns, series, as } }: { readonly of: Drawn }) {
  const [only] = series;
  if (as === 'bars' && series.length === 1 && only !== undefined)
    return (
      <Shares
        rows={columns.map((name, index) => {
          const value = only.values[index] ?? 0;
          return { name, value, written: count(value) };
        })}
      />
    );
  const colors = isStatus(series);
  const colored = series.map(({ name, values }, index) => ({
    name: colors ? statusName(name) : name,
    color: colors ? statusClass(name) : `is-${index % 6}`,
    values,
  }));
  return (
    <figure>
      <Chart
        label={`${series.map(({ name }) => name).join(', ')}; arrow keys read it`}
        columns={columns}
        ticks={columns}
        series={colored}
        lines={as !== 'stack'}
      />
      <figcaption class="legend">
        {colored.map(({ name, color }) => (
          <span key={name} class={`status ${color}`}>
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const cell = (value: Json | undefined): string => {
  if (value === undefined) return '';
  return typeof value === 'number' ? count(value) : typeof value === 'string' ? value : JSON.stringify(value);
};

/** Rows that a table shows; the rest is in the answer. */
const MOST_ROWS = 200;

/** The names in rows, with whether they are numbers; those that are none come first. */
function columnsOf(rows: readonly JsonObject[]): readonly (readonly [string, boolean])[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const isNumber = (name: string): boolean =>
    rows.every((row) => row[name] === undefined || typeof row[name] === 'number');
  return names
    .map((name) => [name, isNumber(name)] as const)
    .toSorted(([, a], [, b]) => Number(a) - Number(b));
}

function RowTable({ rows }: { readonly rows: readonly JsonObject[] }) {
  const columns = columnsOf(rows);
  const classOf = (isNumber: boolean): string => (isNumber ? 'number' : '');
  return (
    <div class="scrolls" role="region" aria-label="Rows" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(([name, isNumber]) => (
              <th key={name} scope="col" class={classOf(isNumber)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map(([name, isNumber]) => (
                <td key={name} class={classOf(isNumber)}>
                  {cell(row[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Rows as a table, and as a chart where they fit one. */
export function Results({ rows }: { readonly rows: readonly Json[] }) {
  if (rows.length === 0) return <p class="none">No rows.</p>;
  const shown = rows.slice(0, MOST_ROWS).map((row) => (isObject(row) ? row : { value: row }));
  const picture = drawn(rows);
  return (
    <>
      {picture !== undefined && <Drawing of={picture} />}
      <RowTable rows={shown} />
      <p>
        {count(rows.length)} rows{rows.length > MOST_ROWS && `, of which ${count(MOST_ROWS)} are shown`}.
      </p>
    </>
  );
}
