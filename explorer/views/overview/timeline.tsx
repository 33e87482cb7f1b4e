/** Jobs by time and status as stacked bars; a range of them becomes the window. */
import { Chart } from '../../components/chart/chart.js';
import { bucketName, tick } from '../../components/format.js';
import { allStatuses, statusClass, statusName } from '../../components/status.js';
import { byStatus } from '../../state/grouping.js';
import { between, BUCKETS } from '../../state/time-range.js';
import type { Go } from '../../state/view-context.js';
import type { Times } from './answers.js';
import { buckets, series } from './breakdown.js';

export function Timeline({
  times: { timeRange, now, rows },
  go,
}: {
  readonly times: Times;
  readonly go: Go;
}) {
  const { unit } = timeRange;
  const starts = buckets(timeRange, rows, now);
  const statuses = allStatuses(byStatus(rows));
  const { length } = BUCKETS[unit];
  return (
    <Chart
      label={`jobs by ${unit}, created from ${bucketName(starts[0] ?? now, unit)} on; arrow keys read it, with shift they choose a window`}
      columns={starts.map((start) => bucketName(start, unit))}
      ticks={starts.map((start) => tick(start, unit))}
      series={statuses.map((status) => ({
        name: statusName(status),
        color: statusClass(status),
        values: series(rows, starts, status),
      }))}
      shape="stack"
      onSelect={(first, last) => {
        const [from, to] = [starts[first], starts[last]];
        if (from !== undefined && to !== undefined) go({ window: between(from, to + length), start: 1 });
      }}
    />
  );
}
