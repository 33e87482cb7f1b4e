// npm run resilience: what attacks, faults and neighbours do to the service (docs/operations.md «Trials»). Names pick trials;
// --short is the form for each change; --seed N replays; --lasting 2h is for the trial that has no end of its own; --again tries one of times once more where it fails.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Figure, Terms, Trial } from './trial.js';
import { NAMES, ROUNDS, TIMED } from './trials.js';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    lasting: { type: 'string' },
    again: { type: 'boolean', default: false },
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

const usual: Omit<Terms, 'say'> = {
  seed: Number(options.seed),
  short: options.short,
  lasting: options.lasting === undefined ? undefined : milliseconds(options.lasting),
};

const unknown = names.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) throw new Error(`no such trial: ${unknown.join(', ')}`);
const isChosen = (name: string): boolean => names.length === 0 || names.includes(name);

/** Runs a trial, and tells of it when it is over: another may run beside it. */
async function tried(name: string, trial: Trial): Promise<readonly Figure[]> {
  const { seed, short } = usual;
  const begun = performance.now();
  const lines = [
    `${name} (seed ${seed}: npm run resilience -- ${name}${short ? ' --short' : ''} --seed ${seed})`,
  ];
  const note = (line: string): void => {
    lines.push(`  ${line}`);
  };
  const figures = await trial({ ...usual, say: note }).catch((error: unknown): readonly Figure[] => [
    { what: 'the trial itself', seen: String(error), due: 'ends', holds: false },
  ]);
  for (const { what, seen, due, holds } of figures)
    note(`${holds ? 'holds ' : 'FAILED'} ${what}: ${seen} (${due})`);
  note(`${((performance.now() - begun) / 1000).toFixed(1)} s`);
  say(lines.join('\n'));
  return figures;
}

const holds = (figures: readonly Figure[]): boolean => figures.every((figure) => figure.holds);

/** Runs a trial, and one of times once more where it is to have a second try. */
async function triedAgain(name: string, trial: Trial): Promise<readonly Figure[]> {
  const figures = await tried(name, trial);
  if (holds(figures) || !options.again || !TIMED.includes(name)) return figures;
  say(`${name} is about times, and has a second try`);
  return tried(name, trial);
}

/** Runs trials one after the other. */
async function inTurn(trials: Readonly<Record<string, Trial>>): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, trial] of Object.entries(trials))
    if (isChosen(name)) figures.push(...(await triedAgain(name, trial)));
  return figures;
}

say(`trials of seed ${usual.seed}: ${NAMES.filter(isChosen).join(', ')}`);
const all: Figure[] = [];
for (const round of ROUNDS) all.push(...(await Promise.all(round.map(inTurn))).flat());
const failed = all.filter(({ holds }) => !holds).length;
say(`${all.length - failed} figures hold, ${failed} do not`);
process.exitCode = failed === 0 ? 0 : 1;
