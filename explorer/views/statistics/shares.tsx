/** Named values as horizontal bars; the greatest value has the longest. */
import { Bar } from '../../components/bar.js';
import { count } from '../../components/format.js';

export interface Share {
  readonly name: string;
  readonly value: number;
}

export function Shares({ shares }: { readonly shares: readonly Share[] }) {
  const peak = Math.max(...shares.map(({ value }) => value), Number.MIN_VALUE);
  return (
    <ul class="shares">
      {shares.map(({ name, value }, index) => (
        <li key={index}>
          <span class="name">{name}</span>
          <Bar share={value / peak} />
          <span class="number">{count(value)}</span>
        </li>
      ))}
    </ul>
  );
}
