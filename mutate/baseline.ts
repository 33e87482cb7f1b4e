// The baseline: each test file without a change, measured once: its time, its result, and the code it executes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from './changes.js';
import type { Intervals } from './coverage-environment.js';
import { createPositions } from './positions.js';
import type { Related } from './related.js';
import type { Run, Sandbox } from './sandbox.js';

interface Measured {
  readonly fingerprint: string;
  readonly durationMs: number;
  /** The failing test case; undefined: the file passes. */
  readonly failure?: string;
  /** The executed intervals of each file of src, once for each evaluation. */
  readonly coverage: Readonly<Record<string, readonly Intervals[]>>;
}

export interface Baseline {
  durationOf(test: string): number;
  /** A test that fails without a change cannot judge one. */
  passes(test: string): boolean;
  /** Checks whether `test` executes the code of `change` in its own process; true if unknown. */
  executes(test: string, change: Change): boolean;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isMeasured = (value: unknown): value is Measured =>
  isObject(value) && typeof value['fingerprint'] === 'string' && isObject(value['coverage']);

function readJson(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Checks whether `offset` lies in one of `intervals`. */
const contains = (intervals: Intervals, offset: number): boolean =>
  intervals.findIndex((bound) => bound > offset) % 2 === 1;

/** The tests left after a run: those that neither passed nor failed. */
const remaining = (tests: readonly string[], { passed, failed, running }: Run): readonly string[] =>
  tests.filter((test) => !(test in passed) && test !== failed?.test && test !== running);

/** Stores measurements of passing test files, one file for each. */
function createStore(root: string, related: Related) {
  const pathOf = (test: string): string => join(root, 'build-mutate/baseline', `${test}.json`);
  return {
    read(test: string): Measured | undefined {
      const found = readJson(pathOf(test));
      return isMeasured(found) && found.fingerprint === related.fingerprint(test) ? found : undefined;
    },
    write(test: string, measured: Measured): void {
      if (measured.failure !== undefined) return;
      mkdirSync(dirname(pathOf(test)), { recursive: true });
      writeFileSync(pathOf(test), JSON.stringify(measured));
    },
  };
}

/** Measures `tests` in `sandbox`; a failure ends a run of jest, and the next run takes the rest. */
async function measure(
  tests: readonly string[],
  sandbox: Sandbox,
  related: Related,
  note: (test: string, measured: Measured) => void,
): Promise<void> {
  let left = tests;
  while (left.length > 0) {
    const run = await sandbox.measure(left);
    const fingerprint = (test: string) => ({ fingerprint: related.fingerprint(test) });
    for (const [test, durationMs] of Object.entries(run.passed))
      note(test, { ...fingerprint(test), durationMs, coverage: sandbox.coverageOf(test) });
    const failed = run.failed?.test ?? run.running;
    if (failed !== undefined && !(failed in run.passed))
      note(failed, {
        ...fingerprint(failed),
        durationMs: 0,
        failure: run.failed?.title ?? 'no end',
        coverage: {},
      });
    const next = remaining(left, run);
    if (next.length === left.length) throw new Error(`no test can be run: ${left.join(', ')}`);
    left = next;
  }
}

/** The test files that failed. */
const failing = (known: ReadonlyMap<string, Measured | undefined>): readonly string[] =>
  [...known].flatMap(([test, measured]) => (measured?.failure === undefined ? [] : [test]));

/** Deals `tests` out to as many lists as there are sandboxes. */
const dealt = (tests: readonly string[], count: number): readonly (readonly string[])[] =>
  Array.from({ length: count }, (_, nth) => tests.filter((__, index) => index % count === nth));

/** Reads or measures the baseline of `tests`; `say` reports tests that fail without a change. */
export async function createBaseline(
  root: string,
  related: Related,
  tests: readonly string[],
  sandboxes: readonly Sandbox[],
  say: (line: string) => void,
): Promise<Baseline> {
  const store = createStore(root, related);
  const known = new Map(tests.map((test) => [test, store.read(test)]));
  const unknown = tests.filter((test) => known.get(test) === undefined);
  if (unknown.length > 0) say(`baseline: ${unknown.length} of ${tests.length} test files to measure`);
  const note = (test: string, measured: Measured): void => {
    known.set(test, measured);
    store.write(test, measured);
  };
  const measureAll = async (all: readonly string[]): Promise<void> => {
    const lists = dealt(all, sandboxes.length);
    await Promise.all(sandboxes.map((sandbox, nth) => measure(lists[nth] ?? [], sandbox, related, note)));
  };
  await measureAll(unknown);
  // A failure on a busy machine has a second attempt.
  await measureAll(failing(known));
  for (const test of failing(known))
    say(`fails without a change, and is skipped: ${test} «${known.get(test)?.failure ?? ''}»`);
  const positions = createPositions(root);
  return {
    durationOf: (test) => known.get(test)?.durationMs ?? 0,
    passes: (test) => known.get(test)?.failure === undefined,
    executes(test, { file, start, nodeStart }) {
      const offsets = [start, nodeStart].map((offset) => positions.offsetOf(file, offset));
      if (offsets.includes(undefined)) return true;
      const evaluations = known.get(test)?.coverage[file] ?? [];
      return evaluations.some((intervals) =>
        offsets.some((offset) => offset !== undefined && contains(intervals, offset)),
      );
    },
  };
}
