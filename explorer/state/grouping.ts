/** Groups and sums of rows by a key, in the order of each key's first row. */

export function groupBy<T>(rows: readonly T[], key: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}

export function sumBy<T>(
  rows: readonly T[],
  key: (row: T) => string,
  value: (row: T) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0) + value(row));
  return sums;
}

/** Numbers of jobs by status. */
export const byStatus = (
  rows: readonly { readonly status: string; readonly jobs: number }[],
): ReadonlyMap<string, number> =>
  sumBy(
    rows,
    ({ status }) => status,
    ({ jobs }) => jobs,
  );
