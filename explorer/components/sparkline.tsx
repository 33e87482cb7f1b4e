/** Shares of 1 over time as bars of a few pixels, beside a number. */

const [WIDTH, HEIGHT] = [56, 14];

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const step = WIDTH / Math.max(1, values.length);
  const bar = (value: number, column: number): string =>
    value > 0 ? `M${column * step} ${HEIGHT}v${-value * HEIGHT}h${step * 0.8}V${HEIGHT}z` : '';
  return (
    <svg class="sparkline" width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <path d={`M0 ${HEIGHT - 0.5}h${WIDTH}`} class="base" />
      <path d={values.map(bar).join('')} />
    </svg>
  );
}
