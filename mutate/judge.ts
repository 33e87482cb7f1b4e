// Judges changes by the tests that execute them.
import type { Baseline } from './baseline.js';
import type { Change } from './changes.js';
import type { Candidate, Related } from './related.js';
import type { Ending, Sandbox } from './sandbox.js';

/** Noticed by a test, or unnoticed by so many test files. */
export type Verdict = { readonly by: string } | { readonly unnoticedBy: number };

export interface Judge {
  judge(change: Change, script: string, sandbox: Sandbox): Promise<Verdict>;
}

/** The time for the tests of a change. */
export interface Limits {
  readonly limitMs: number;
  /** The part of it for tests that start other processes, once others have executed the change. */
  readonly processesMs: number;
}

/** Endings that notice a change without a failing test. */
const BY_ENDING: ReadonlyMap<Ending, string> = new Map([
  ['stuck', 'tests that do not end'],
  ['broken', 'tests that end with a crash'],
]);

/** The first of `tests` that take up to `limitMs` together, and at least one. */
function within(tests: readonly string[], limitMs: number, { durationOf }: Baseline): readonly string[] {
  let left = limitMs;
  return tests.filter((test, index) => {
    left -= durationOf(test);
    return index === 0 || left >= 0;
  });
}

/**
 * Plans the tests for a change, those of its own file first, then the others by their time and their distance: a fast
 * test that stands far off comes before a slow one nearby. A test that does not execute the change in its own process
 * cannot notice it; one that starts other processes may.
 */
function planFor(change: Change, related: Related, baseline: Baseline, limits: Limits): readonly string[] {
  const costOf = ({ test, rank }: Candidate): number => rank * baseline.durationOf(test);
  const candidates = related
    .testsOf(change.file)
    .filter(({ test }) => baseline.passes(test))
    .toSorted((one, other) => costOf(one) - costOf(other));
  const executing = candidates.filter(({ test, rank }) => rank === 0 || baseline.executes(test, change));
  const others = candidates.filter((each) => !executing.includes(each) && related.startsProcess(each.test));
  const testsOf = (all: typeof candidates): readonly string[] => all.map(({ test }) => test);
  return [
    ...testsOf(executing),
    ...within(testsOf(others), executing.length > 0 ? limits.processesMs : limits.limitMs, baseline),
  ];
}

/** A judge with the `related` tests and their `baseline`. */
export function createJudge(related: Related, baseline: Baseline, limits: Limits): Judge {
  return {
    async judge(change, script, sandbox) {
      const tests = planFor(change, related, baseline, limits);
      if (tests.length === 0) return { unnoticedBy: 0 };
      const { failed, ending, passed } = await sandbox.run(tests, {
        limitMs: limits.limitMs,
        durationOf: baseline.durationOf,
        replaced: { file: change.file, script },
      });
      if (failed !== undefined) return { by: `${failed.test} «${failed.title}»` };
      const by = BY_ENDING.get(ending);
      return by === undefined ? { unnoticedBy: Object.keys(passed).length } : { by };
    },
  };
}
