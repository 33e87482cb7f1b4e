// Keeps a number of calls in flight for a while, and tells how long each took.
export interface Driven {
  readonly requests: number;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly p50: number;
  readonly p99: number;
}

const ROUGHLY_ENOUGH = 5;

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

/** Calls `call` for `ms` milliseconds, and a few times at least, `inFlight` at once. Errors: those of `call`. */
export async function drive(call: () => Promise<unknown>, inFlight: number, ms: number): Promise<Driven> {
  const took: number[] = [];
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    for (;;) {
      const from = performance.now();
      if (from - begun >= ms && took.length >= ROUGHLY_ENOUGH) return;
      await call();
      took.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const elapsed = performance.now() - begun;
  const sorted = took.toSorted((a, b) => a - b);
  return { requests: took.length, elapsed, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}
