/** Keeps the value of files that are reloaded: while changed ones cannot be used, the last valid value stays. */
import { readFile } from 'node:fs/promises';
import { raceTimeout, settleWithin } from './abort.js';

export interface ReloadedFiles<Value> {
  /** The last valid value. */
  latest(): Value;
  /** True while changed files cannot be used. */
  hasFailed(): boolean;
  /** Reads the files again, and waits for that briefly: a read may hang with its disk. It never fails. */
  reload(): Promise<void>;
}

export interface ReloadOptions<Value> {
  /** Makes a value of the contents, in the order of the files. Errors: they cannot be used. */
  readonly parse: (contents: readonly Buffer[]) => Value | Promise<Value>;
  /** Called once for each fault of changed files, a read without an end among them. */
  readonly report: (error: unknown) => void;
  /** Called with each later value. */
  readonly changed?: (value: Value) => void;
}

/** The longest wait for a read, which goes on by itself. */
const MAX_WAIT_MS = 500;

/** A read that takes longer is a fault. */
const READ_TIMEOUT_MS = 2000;

const readTimeout = (): Error => new Error(`no end of reading within ${READ_TIMEOUT_MS / 1000} s`);

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
  let running: Promise<void> | undefined;

  async function load(): Promise<void> {
    const found = await readAll(paths);
    const isChanged = !areEqual(found, contents);
    const parsed = isChanged ? await parse(found) : value;
    [contents, value, lastComplaint] = [found, parsed, ''];
    if (isChanged) changed?.(parsed);
  }

  function complain(error: unknown): void {
    if (String(error) === lastComplaint) return;
    lastComplaint = String(error);
    report(error);
  }

  /** Begins to load, unless that goes on: each read that hangs takes one of few threads from all of the process. */
  function loadOnce(): Promise<void> {
    if (running !== undefined) return running;
    running = load().finally(() => {
      running = undefined;
    });
    raceTimeout(running, READ_TIMEOUT_MS, readTimeout).catch(complain);
    return running;
  }

  return {
    latest: () => value,
    hasFailed: () => lastComplaint !== '',
    reload: () => settleWithin(MAX_WAIT_MS, loadOnce()).catch(() => undefined),
  };
}
