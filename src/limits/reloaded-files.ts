/** Keeps the value of files that are reloaded: while changed ones cannot be used, the last valid value stays. */
import { readFile } from 'node:fs/promises';

export interface ReloadedFiles<Value> {
  /** The last valid value. */
  latest(): Value;
  /** True while changed files cannot be used. */
  hasFailed(): boolean;
  /** Reads the files again. It never fails. */
  reload(): Promise<void>;
}

export interface ReloadOptions<Value> {
  /** Makes a value of the contents, in the order of the files. Errors: they cannot be used. */
  readonly parse: (contents: readonly Buffer[]) => Value | Promise<Value>;
  /** Called once for each fault of changed files. */
  readonly report: (error: unknown) => void;
  /** Called with each later value. */
  readonly changed?: (value: Value) => void;
}

const readAll = (paths: readonly string[]): Promise<readonly Buffer[]> =>
  Promise.all(paths.map((path) => readFile(path)));

const areEqual = (contents: readonly Buffer[], others: readonly Buffer[]): boolean =>
  contents.every((content, nth) => others[nth]?.equals(content));

/** Loads the files at `paths`. Errors: this first load fails. */
export async function createReloadedFiles<Value>(
  paths: readonly string[],
  { parse, report, changed }: ReloadOptions<Value>,
): Promise<ReloadedFiles<Value>> {
  let contents = await readAll(paths);
  let value = await parse(contents);
  let lastComplaint = '';
  let begun = 0;
  let loaded = 0;

  async function load(): Promise<void> {
    const nth = ++begun;
    const found = await readAll(paths);
    const isChanged = !areEqual(found, contents);
    const parsed = isChanged ? await parse(found) : value;
    // A slow read must not replace what a later one has found.
    if (nth < loaded) return;
    [loaded, contents, value, lastComplaint] = [nth, found, parsed, ''];
    if (isChanged) changed?.(parsed);
  }

  return {
    latest: () => value,
    hasFailed: () => lastComplaint !== '',
    reload: () =>
      load().catch((error: unknown) => {
        if (String(error) === lastComplaint) return;
        lastComplaint = String(error);
        report(error);
      }),
  };
}
