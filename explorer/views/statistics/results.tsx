/** Rows of statistics as a table, and as a chart if one fits them (docs/explorer.md «Statistics»). */
import { FORMATS } from '../../api/client.js';
import { isObject } from '../../api/json.js';
import type { Json, JsonObject } from '../../api/json.js';
import { Chart } from '../../components/chart/chart.js';
import { count } from '../../components/format.js';
import { fileName, FORMAT_NAMES, save } from '../../components/save.js';
import { isStatus, statusClass, statusName } from '../../components/status.js';
import type { ViewContext } from '../../state/view-context.js';
import { plotOf } from './plot.js';
import type { Plot } from './plot.js';
import { ROW_FILES } from './row-files.js';
import { RowTable } from './row-table.js';
import { Shares } from './shares.js';

/** Further rows are in the answer only. */
const MAX_ROWS = 200;

/** Statuses have their own names and colours. */
function styled(series: Plot['series']) {
  const isByStatus = series.every(({ name }) => isStatus(name));
  return series.map(({ name, values }, index) => ({
    name: isByStatus ? statusName(name) : name,
    color: isByStatus ? statusClass(name) : `is-${index % 6}`,
    values,
  }));
}

function Figure({ plot: { columns, series, as } }: { readonly plot: Plot }) {
  const drawn = styled(series);
  return (
    <figure>
      <Chart
        label={`${series.map(({ name }) => name).join(', ')}; arrow keys read it`}
        columns={columns}
        ticks={columns}
        series={drawn}
        shape={as === 'stack' ? 'stack' : 'lines'}
      />
    </figure>
  );
}

/** Categories are bars with their names beside them, a list for each measure. */
function Drawing({ plot }: { readonly plot: Plot }) {
  const { columns, series, as } = plot;
  if (as !== 'bars') return <Figure plot={plot} />;
  return (
    <>
      {series.map(({ name: measure, values }) => (
        <figure key={measure}>
          <figcaption>{measure}</figcaption>
          <Shares shares={columns.map((name, index) => ({ name, value: values[index] ?? 0 }))} />
        </figure>
      ))}
    </>
  );
}

/** All rows as a file, made of the answer that is shown. */
const Export = ({
  rows,
  context,
}: {
  readonly rows: readonly JsonObject[];
  readonly context: ViewContext;
}) => (
  <span class="export">
    {FORMAT_NAMES.map((format) => (
      <button
        key={format}
        type="button"
        onClick={() =>
          save(
            new Blob([ROW_FILES[format](rows)], { type: FORMATS[format] }),
            fileName('statistics', context, format),
          )
        }
      >
        Export {format}
      </button>
    ))}
  </span>
);

export function Results({
  rows,
  context,
}: {
  readonly rows: readonly Json[];
  readonly context: ViewContext;
}) {
  if (rows.length === 0) return <p class="none">No rows.</p>;
  const all = rows.map((row) => (isObject(row) ? row : { value: row }));
  const plot = plotOf(rows);
  return (
    <>
      <p class="tools">
        <span>
          {count(rows.length)} rows{rows.length > MAX_ROWS && `, of which ${count(MAX_ROWS)} are shown`}.
        </span>
        <Export rows={all} context={context} />
      </p>
      {plot !== undefined && <Drawing plot={plot} />}
      <RowTable rows={all.slice(0, MAX_ROWS)} />
    </>
  );
}
