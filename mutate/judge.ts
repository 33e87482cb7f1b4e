/** Puts changes to the tests that should see them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from './changes.js';
import { related } from './related.js';
import type { Ending, Replaced, Run, Sandbox } from './sandbox.js';

/** What a change comes to: unnoticed by so many test files, or noticed. */
export type Verdict = { readonly by: string } | { readonly unnoticedBy: number };

export interface Judge {
  judge(change: Change, script: string, sandbox: Sandbox): Promise<Verdict>;
}

/** What is noticed although no test has failed. */
const BY_ENDING: ReadonlyMap<Ending, string> = new Map([
  ['stuck', 'tests that do not end'],
  ['broken', 'tests that end with a crash'],
]);

/** Milliseconds that a test file takes for all that is known. */
const USUAL_MS = 5_000;

/** The milliseconds of test files, kept between runs. */
function durations(path: string): Map<string, number> {
  const kept: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const entries = typeof kept === 'object' && kept !== null ? Object.entries(kept) : [];
  return new Map(entries.map(([test, ms]) => [test, Number(ms)]));
}

/** A judge who puts a change to tests for `limitMs` milliseconds; `say` is told what fails without a change. */
export function judge(root: string, limitMs: number, say: (line: string) => void): Judge {
  const tests = related(root);
  const path = join(root, 'build-mutate/durations.json');
  const taken = durations(path);
  /** Whether a test passes while nothing is changed. */
  const sound = new Map<string, boolean>();

  async function run(asked: readonly string[], sandbox: Sandbox, replaced?: Replaced): Promise<Run> {
    const run = await sandbox.run(asked, limitMs, replaced);
    for (const [test, ms] of Object.entries(run.passed)) taken.set(test, ms);
    writeFileSync(path, JSON.stringify(Object.fromEntries(taken)));
    return run;
  }

  /** Whether the failure of a test means anything. */
  async function isSound(test: string, sandbox: Sandbox): Promise<boolean> {
    const known = sound.get(test);
    if (known !== undefined) return known;
    const { failed, ending } = await run([test], sandbox);
    const passes = failed === undefined && !BY_ENDING.has(ending);
    sound.set(test, passes);
    if (!passes)
      say(`fails without a change, and is not asked: ${test} «${failed?.title ?? 'it does not end'}»`);
    return passes;
  }

  async function put(replaced: Replaced, sandbox: Sandbox): Promise<Verdict> {
    const likeliest = tests.of(replaced.file, (test) => taken.get(test) ?? USUAL_MS);
    const asked = likeliest.filter((test) => sound.get(test) !== false);
    const { failed, ending, passed } = await run(asked, sandbox, replaced);
    if (failed === undefined) {
      const by = BY_ENDING.get(ending);
      return by === undefined ? { unnoticedBy: Object.keys(passed).length } : { by };
    }
    return (await isSound(failed.test, sandbox))
      ? { by: `${failed.test} «${failed.title}»` }
      : put(replaced, sandbox);
  }

  return {
    judge: ({ file }, script, sandbox) => put({ file, script }, sandbox),
  };
}
