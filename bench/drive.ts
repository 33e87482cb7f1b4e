// Keeps a number of calls in flight for a while, and measures their times.
export interface Driven {
  readonly requests: number;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly p50: number;
  readonly p99: number;
}

const MIN_CALLS = 5;

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** Runs `call` for `ms` milliseconds, at least five times, `inFlight` at once. Errors: those of `call`. */
export async function drive(call: () => Promise<unknown>, inFlight: number, ms: number): Promise<Driven> {
  const took: number[] = [];
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    for (;;) {
      const from = performance.now();
      if (from - begun >= ms && took.length >= MIN_CALLS) return;
      await call();
      took.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const elapsed = performance.now() - begun;
  const sorted = took.toSorted((a, b) => a - b);
  return { requests: took.length, elapsed, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}
