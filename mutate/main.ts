// npm run mutate: makes small changes in src, one at a time, and runs the tests that execute them (CONTRIBUTING.md
// «Small changes»).
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random } from '../test/harness/random.js';
import { changesOf, shown, sourceFiles } from './changes.js';
import type { Change } from './changes.js';
import { inTurn } from './choice.js';
import { createCompiler } from './compiler.js';
import { EXPLAINED, explains } from './explained.js';
import { createBaseline } from './baseline.js';
import { createJudge } from './judge.js';
import type { Judge, Verdict } from './judge.js';
import { createRelated } from './related.js';
import { createSandbox } from './sandbox.js';
import type { Sandbox } from './sandbox.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    /** Part of the path of a file of src. */
    only: { type: 'string', default: '' },
    /** Part of the name of a kind. */
    kind: { type: 'string', default: '' },
    /** Part of the line of a change, to repeat it. */
    match: { type: 'string', default: '' },
    /** Prints the changes without making them. */
    list: { type: 'boolean', default: false },
    /** The maximum seconds of tests for a change, the cheapest first. */
    seconds: { type: 'string', default: '240' },
    /** The part of them for tests that start other processes, once others have executed the change. */
    'process-seconds': { type: 'string', default: '60' },
    /** Part of the path of a test: only such tests judge, and others may notice a survivor. */
    tests: { type: 'string', default: '' },
    /** Concurrent changes. */
    workers: { type: 'string', default: '2' },
  },
});

/** The minimum share of noticed changes. */
const MIN_NOTICED_SHARE = 0.9;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const { compiles, script } = createCompiler(root);
const files = sourceFiles(root).filter((file) => file.includes(options.only));
const all = changesOf(root, sourceFiles(root));
const stale = EXPLAINED.filter((each) => !all.some((change) => explains(each, change)));
for (const { file, within, from } of stale)
  print(`explained, but no longer possible: ${file} ${within}: ${from}`);

const possible = all
  .filter(({ file, kind }) => files.includes(file) && kind.includes(options.kind))
  .filter((change) => shown(change).includes(options.match))
  .filter((change) => !EXPLAINED.some((each) => explains(each, change)));

/** The changes to make. One that fails to compile is left out: the compiler has noticed it. */
function* chosen(): Generator<Change, void> {
  let left = Number(options.count);
  for (const change of inTurn(possible, random(Number(options.seed)))) {
    if (left === 0) return;
    if (!compiles(change)) continue;
    left -= 1;
    yield change;
  }
}

interface Tried {
  readonly change: Change;
  readonly verdict: Verdict;
}

/** The judge, with a baseline of all tests within reach of the chosen files. */
async function prepareJudge(sandboxes: readonly Sandbox[]): Promise<Judge> {
  const related = createRelated(root, options.tests);
  const tests = new Set(files.flatMap((file) => related.testsOf(file).map(({ test }) => test)));
  const baseline = await createBaseline(root, related, [...tests], sandboxes, print);
  const limits = {
    limitMs: Number(options.seconds) * 1000,
    processesMs: Number(options['process-seconds']) * 1000,
  };
  return createJudge(related, baseline, limits);
}

async function tryAll(sandboxes: readonly Sandbox[]): Promise<readonly Tried[]> {
  const { judge } = await prepareJudge(sandboxes);
  const changes = chosen();
  const tried: Tried[] = [];

  async function work(own: Sandbox): Promise<void> {
    for (const change of changes) {
      const begun = performance.now();
      const verdict = await judge(change, script(change), own);
      tried.push({ change, verdict });
      const result =
        'by' in verdict ? `noticed by ${verdict.by}` : `SURVIVED ${verdict.unnoticedBy} test files`;
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      print(`${tried.length} ${shown(change)}\n    ${result} (${seconds} s)`);
    }
  }

  await Promise.all(sandboxes.map(work));
  return tried;
}

async function run(): Promise<number> {
  const names = Array.from({ length: Number(options.workers) }, (_, nth) => String(nth + 1));
  const sandboxes = await Promise.all(names.map((name) => createSandbox(root, name)));
  try {
    const tried = await tryAll(sandboxes);
    const survived = tried.filter(({ verdict }) => !('by' in verdict));
    const share = tried.length === 0 ? 0 : 1 - survived.length / tried.length;
    if (survived.length > 0) print('\nsurvived:');
    for (const { change } of survived) print(`  ${shown(change)}`);
    const noticed = `${tried.length - survived.length} noticed (${(100 * share).toFixed(1)} %)`;
    print(`\nseed ${options.seed}: ${tried.length} changes, ${noticed}, ${survived.length} survived`);
    print(`${EXPLAINED.length} explained and not made`);
    return share >= MIN_NOTICED_SHARE && stale.length === 0 ? 0 : 1;
  } finally {
    await Promise.all(sandboxes.map(({ stop }) => stop()));
  }
}

// Child processes end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (options.list) for (const change of chosen()) print(shown(change));
process.exitCode = options.list ? Math.sign(stale.length) : await run();
