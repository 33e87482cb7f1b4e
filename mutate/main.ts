// npm run mutate: small changes of src, one at a time, each against the tests that should see it (CONTRIBUTING.md
// «Small changes»).
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random } from '../test/harness/random.js';
import { changesOf, shown, sourceFiles } from './changes.js';
import type { Change } from './changes.js';
import { inTurn } from './choice.js';
import { compiler } from './compiler.js';
import { EXPLAINED, explains } from './explained.js';
import { judge } from './judge.js';
import type { Verdict } from './judge.js';
import { sandbox } from './sandbox.js';
import type { Sandbox } from './sandbox.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    /** A path, or the beginning or a part of one, of a file of src. */
    only: { type: 'string', default: '' },
    /** A part of the name of a kind. */
    kind: { type: 'string', default: '' },
    /** A part of the line of a change, to try it again. */
    match: { type: 'string', default: '' },
    /** Prints the changes, and makes none. */
    list: { type: 'boolean', default: false },
    /** Seconds of tests that a change is put to, the likeliest first. */
    seconds: { type: 'string', default: '240' },
    /** Changes that are tried at once. */
    workers: { type: 'string', default: '2' },
  },
});

/** The share of changes that tests have to notice. */
const NOTICED_DUE = 0.9;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const { compiles, script } = compiler(root);
const files = sourceFiles(root).filter((file) => file.includes(options.only));
const all = changesOf(root, sourceFiles(root));
const stale = EXPLAINED.filter((each) => !all.some((change) => explains(each, change)));
for (const { file, within, from } of stale)
  say(`explained, but not possible any more: ${file} ${within}: ${from}`);

const possible = all
  .filter(({ file, kind }) => files.includes(file) && kind.includes(options.kind))
  .filter((change) => shown(change).includes(options.match))
  .filter((change) => !EXPLAINED.some((each) => explains(each, change)));

/** The changes to make. One that does not compile is none: the compiler has noticed it. */
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

async function tryAll(sandboxes: readonly Sandbox[]): Promise<readonly Tried[]> {
  const { judge: put } = judge(root, Number(options.seconds) * 1000, say);
  const changes = chosen();
  const tried: Tried[] = [];

  async function work(own: Sandbox): Promise<void> {
    for (const change of changes) {
      const begun = performance.now();
      const verdict = await put(change, script(change), own);
      tried.push({ change, verdict });
      const result =
        'by' in verdict ? `noticed by ${verdict.by}` : `SURVIVED ${verdict.unnoticedBy} test files`;
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      say(`${tried.length} ${shown(change)}\n    ${result} (${seconds} s)`);
    }
  }

  await Promise.all(sandboxes.map(work));
  return tried;
}

async function run(): Promise<number> {
  const names = Array.from({ length: Number(options.workers) }, (_, nth) => String(nth + 1));
  const sandboxes = await Promise.all(names.map((name) => sandbox(root, name)));
  try {
    const tried = await tryAll(sandboxes);
    const survived = tried.filter(({ verdict }) => !('by' in verdict));
    const share = tried.length === 0 ? 0 : 1 - survived.length / tried.length;
    if (survived.length > 0) say('\nsurvived:');
    for (const { change } of survived) say(`  ${shown(change)}`);
    const noticed = `${tried.length - survived.length} noticed (${(100 * share).toFixed(1)} %)`;
    say(`\nseed ${options.seed}: ${tried.length} changes, ${noticed}, ${survived.length} survived`);
    say(`${EXPLAINED.length} explained and not made`);
    return share >= NOTICED_DUE && stale.length === 0 ? 0 : 1;
  } finally {
    await Promise.all(sandboxes.map(({ stop }) => stop()));
  }
}

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (options.list) for (const change of chosen()) say(shown(change));
process.exitCode = options.list ? Math.sign(stale.length) : await run();
