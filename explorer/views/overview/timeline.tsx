/** Jobs by time and status as stacked bars; a range of them becomes the window. */
import { ENDED, FAILED, isOneOf } from '../../api/statuses.js';
import type { JobStatus } from '../../api/statuses.js';
import { Chart } from '../../components/chart/chart.js';
import { bucketName, plural, tick } from '../../components/format.js';
import { allStatuses, statusClass, statusName } from '../../components/status.js';
import { byStatus } from '../../state/grouping.js';
import { after, between, endOf } from '../../state/time-range.js';
import type { Go } from '../../state/view-context.js';
import type { Times } from './answers.js';
import { buckets, MAX_BUCKETS, series } from './breakdown.js';
import type { Cell } from './breakdown.js';

/** Failures stand on the base line, where their heights can be compared. */
const failuresFirst = (statuses: readonly string[]): readonly string[] => [
  ...FAILED,
  ...statuses.filter((status) => !isOneOf(FAILED, status)),
];

/** The share of failed jobs among ended ones in each bucket; NaN without any. */
function failureRates(
  drawn: readonly { readonly status: string; readonly values: readonly number[] }[],
): readonly number[] {
  const sum = (statuses: readonly JobStatus[], column: number): number =>
    drawn
      .filter(({ status }) => isOneOf(statuses, status))
      .reduce((total, { values }) => total + (values[column] ?? 0), 0);
  return (drawn[0]?.values ?? []).map((_, column) => sum(FAILED, column) / sum(ENDED, column));
}

/** The jobs that have no bucket: without a date, or with one outside. */
const outside = (rows: readonly Cell[], starts: readonly number[]): number => {
  const shown = new Set(starts);
  return rows.filter(({ start }) => !shown.has(start)).reduce((total, { jobs }) => total + jobs, 0);
};

export function Timeline({ times, go }: { readonly times: Times; readonly go: Go }) {
  const { timeRange, now, zone, rows } = times;
  const { unit, from: begun = -Infinity } = timeRange;
  const starts = buckets(timeRange, rows, times);
  const ends = starts.map((start) => after(start, unit, zone));
  const names = starts.map((start, index) => {
    const isPartial = start < begun || (ends[index] ?? 0) > endOf(timeRange, now);
    return `${bucketName(start, unit, zone)}${isPartial ? ' (not whole)' : ''}`;
  });
  const drawn = failuresFirst(allStatuses(byStatus(rows))).map((status) => ({
    status,
    name: statusName(status),
    color: statusClass(status),
    values: series(rows, starts, status),
  }));
  const hidden = outside(rows, starts);
  return (
    <>
      <Chart
        label={`jobs by ${unit}, created from ${names[0] ?? 'now'} on; arrow keys read it, with shift they choose a window`}
        columns={names}
        ticks={starts.map((start) => tick(start, unit, zone))}
        series={drawn}
        rate={{ name: 'failure rate', values: failureRates(drawn) }}
        shape="stack"
        onSelect={(first, last) => {
          const [from, end] = [starts[first], ends[last]];
          if (from !== undefined && end !== undefined) go({ window: between(from, end), start: 1 });
        }}
      />
      {hidden > 0 && (
        <p class="none">
          {plural(hidden, 'job')} beside it: without a date, with one in the future, or before the last{' '}
          {MAX_BUCKETS} {unit}s.
        </p>
      )}
    </>
  );
}
