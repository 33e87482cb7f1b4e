// npm run trust: what attacks, faults and neighbours do to the service (docs/operations.md «Trials»). Names pick trials;
// --short is the form for each change; --seed N replays; --lasting 2h is for the trial that has no end of its own.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Figure, Terms, Trial } from './trial.js';
import { TRIALS } from './trials.js';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    lasting: { type: 'string' },
  },
});

const MINUTE = 60_000;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', MINUTE],
  ['h', 60 * MINUTE],
]);

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  const each = UNITS.get(unit ?? '');
  if (each === undefined) throw new Error('--lasting takes a time such as 90s, 10m or 2h');
  return Number(count) * each;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const terms: Terms = {
  seed: Number(options.seed),
  short: options.short,
  lasting: options.lasting === undefined ? undefined : milliseconds(options.lasting),
  say: (line) => say(`  ${line}`),
};

const unknown = names.filter((name) => !(name in TRIALS));
if (unknown.length > 0) throw new Error(`no such trial: ${unknown.join(', ')}`);
const chosen = Object.entries(TRIALS).filter(([name]) => names.length === 0 || names.includes(name));

async function tried(name: string, trial: Trial): Promise<readonly Figure[]> {
  const begun = performance.now();
  say(
    `${name} (seed ${terms.seed}: npm run trust -- ${name}${terms.short ? ' --short' : ''} --seed ${terms.seed})`,
  );
  const figures = await trial(terms).catch((error: unknown): readonly Figure[] => [
    { what: 'the trial itself', seen: String(error), due: 'ends', holds: false },
  ]);
  for (const { what, seen, due, holds } of figures)
    say(`  ${holds ? 'holds ' : 'FAILED'} ${what}: ${seen} (${due})`);
  say(`  ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return figures;
}

const all: Figure[] = [];
for (const [name, trial] of chosen) all.push(...(await tried(name, trial)));
const failed = all.filter(({ holds }) => !holds).length;
say(`${all.length - failed} figures hold, ${failed} do not`);
process.exitCode = failed === 0 ? 0 : 1;
