/** Collectors or providers with the outcome of their jobs: the worst first, sorted by any head, searched by name. */
import { useState } from 'preact/hooks';
import { Datum } from '../../components/datum.js';
import { count } from '../../components/format.js';
import { RATE_COLUMNS } from './rate-columns.js';
import { isFound, NAME, sorted, WORST_FIRST } from './rate-order.js';
import type { Order } from './rate-order.js';
import type { Rate } from './rates.js';

/** Rows shown before the reader asks for all. */
const MAX_ROWS = 12;

interface Ordered {
  readonly order: Order;
  onOrder(to: Order): void;
}

interface RateTableProps extends Ordered {
  readonly title: string;
  readonly rates: readonly Rate[];
  /** The text by which rows are found. */
  readonly word: string;
  onFind(word: string): void;
  onPick(key: string): void;
}

function Head({ id, title, order, onOrder }: Ordered & { readonly id: string; readonly title: string }) {
  const isCurrent = order.by === id;
  // A name ascends first, a number descends.
  const isAscending = (id === NAME) !== order.isReversed;
  const next = isCurrent && order.isReversed ? WORST_FIRST : { by: id, isReversed: isCurrent };
  return (
    <th
      scope="col"
      class={id === NAME ? '' : 'number'}
      aria-sort={isCurrent ? (isAscending ? 'ascending' : 'descending') : 'none'}
    >
      <button type="button" class="head" onClick={() => onOrder(next)}>
        {title}
      </button>
    </th>
  );
}

const Row = ({
  rate,
  longest,
  onPick,
}: Pick<RateTableProps, 'onPick'> & { readonly rate: Rate; readonly longest: number }) => (
  <tr>
    <th scope="row" title={rate.name}>
      <button type="button" class="link" onClick={() => onPick(rate.key)} disabled={rate.key === ''}>
        <Datum text={rate.name || 'none'} />
      </button>
    </th>
    {Object.entries(RATE_COLUMNS).map(([id, { title, cell }]) => (
      <td key={id} class={`number of-${id}`} data-title={title}>
        {cell(rate, longest)}
      </td>
    ))}
  </tr>
);

function Rows({ title, rates, onPick, order, onOrder }: Omit<RateTableProps, 'word' | 'onFind'>) {
  const longest = Math.max(1, ...rates.map(({ median }) => median ?? 0));
  return (
    <table class="rates">
      <thead>
        <tr>
          <Head id={NAME} title={title} order={order} onOrder={onOrder} />
          {Object.entries(RATE_COLUMNS).map(([id, column]) => (
            <Head key={id} id={id} title={column.title} order={order} onOrder={onOrder} />
          ))}
        </tr>
      </thead>
      <tbody>
        {rates.map((rate) => (
          <Row key={rate.key} rate={rate} longest={longest} onPick={onPick} />
        ))}
      </tbody>
    </table>
  );
}

/** A cut hides the last rows of the order; all of them are one click away, in a box of their own height. */
export function RateTable(props: RateTableProps) {
  const { title, rates, order, word, onFind } = props;
  const [isWhole, setWhole] = useState(false);
  if (rates.length === 0) return <p class="none">No jobs.</p>;
  const isLong = rates.length > MAX_ROWS || word !== '';
  const found = sorted(rates, order).filter((rate) => isFound(rate, word));
  const shown = isWhole ? found : found.slice(0, MAX_ROWS);
  const name = title.toLowerCase();
  return (
    <>
      {isLong && (
        <input
          type="search"
          aria-label={`Find a ${name}`}
          placeholder={`Find a ${name}`}
          value={word}
          onInput={({ currentTarget }) => onFind(currentTarget.value)}
        />
      )}
      <div class="scrolls rows" role="region" aria-label={`Table of ${name}s`} tabIndex={0}>
        <Rows {...props} rates={shown} />
      </div>
      {isLong && (
        <p class="tools">
          <small>
            {count(shown.length)} of {count(rates.length)} {name}s
          </small>
          <button type="button" class="quiet" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Fewer' : 'All rows'}
          </button>
        </p>
      )}
    </>
  );
}
