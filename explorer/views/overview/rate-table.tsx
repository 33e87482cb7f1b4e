/** Collectors or providers with their numbers of jobs, success rates and median durations. */
import { Bar } from '../../components/bar.js';
import { count, duration, share } from '../../components/format.js';
import type { Rate } from './breakdown.js';

/** Rows shown before the reader asks for all. */
const MAX_ROWS = 8;

interface RateTableProps {
  readonly title: string;
  readonly rates: readonly Rate[];
  onPick(key: string): void;
}

function RateRow({
  rate: { key, name, jobs, succeeded, median },
  longest,
  onPick,
}: Pick<RateTableProps, 'onPick'> & {
  readonly rate: Rate;
  readonly longest: number;
}) {
  return (
    <tr>
      <th scope="row">
        <button type="button" class="link" onClick={() => onPick(key)} disabled={key === ''}>
          {name || 'none'}
        </button>
      </th>
      <td class="number">{count(jobs)}</td>
      <td class="measure">
        {succeeded !== undefined && <Bar share={succeeded} color="is-success" />}
        <span>{succeeded === undefined ? '–' : share(succeeded)}</span>
      </td>
      <td class="measure">
        {median !== undefined && <Bar share={median / longest} />}
        <span>{median === undefined ? '–' : duration(median)}</span>
      </td>
    </tr>
  );
}

const Table = ({ title, rates, longest, onPick }: RateTableProps & { readonly longest: number }) => (
  <table class="rates">
    <thead>
      <tr>
        <th scope="col">{title}</th>
        <th scope="col" class="number">
          Jobs
        </th>
        <th scope="col">Success</th>
        <th scope="col">Median duration</th>
      </tr>
    </thead>
    <tbody>
      {rates.map((rate) => (
        <RateRow key={rate.key} rate={rate} longest={longest} onPick={onPick} />
      ))}
    </tbody>
  </table>
);

export function RateTable(props: RateTableProps) {
  const { rates } = props;
  if (rates.length === 0) return <p class="none">No jobs.</p>;
  const longest = Math.max(1, ...rates.map(({ median }) => median ?? 0));
  return (
    <>
      <Table {...props} rates={rates.slice(0, MAX_ROWS)} longest={longest} />
      {rates.length > MAX_ROWS && (
        <details>
          <summary>{count(rates.length - MAX_ROWS)} more</summary>
          <Table {...props} rates={rates.slice(MAX_ROWS)} longest={longest} />
        </details>
      )}
    </>
  );
}
