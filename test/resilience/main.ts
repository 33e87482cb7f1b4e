// npm run resilience: runs attacks, faults and noisy neighbours against the service (docs/resilience.md «Scenarios»).
// Arguments name scenarios; --short is the form for each change; --seed N repeats a run; --lasting 2h sets the duration of
// scenarios without an end of their own; --again gives a scenario with assertions on times a second attempt.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Assertion, Scenario, ScenarioOptions } from './scenario.js';
import { NAMES, ROUNDS, TIMED } from './scenarios.js';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    lasting: { type: 'string' },
    again: { type: 'boolean', default: false },
  },
});

const MINUTE_MS = 60_000;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', MINUTE_MS],
  ['h', 60 * MINUTE_MS],
]);

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  const each = UNITS_MS.get(unit ?? '');
  if (each === undefined) throw new Error('--lasting takes a duration such as 90s, 10m or 2h');
  return Number(count) * each;
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const common: Omit<ScenarioOptions, 'note'> = {
  seed: Number(options.seed),
  short: options.short,
  lasting: options.lasting === undefined ? undefined : milliseconds(options.lasting),
};

const unknown = names.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) throw new Error(`unknown scenario: ${unknown.join(', ')}`);
const isChosen = (name: string): boolean => names.length === 0 || names.includes(name);

const crashed = (error: unknown): readonly Assertion[] => [
  { name: 'the scenario itself', actual: String(error), expected: 'completes', holds: false },
];

/** Runs a scenario and prints its report at the end, since another may run beside it. */
async function run(name: string, scenario: Scenario): Promise<readonly Assertion[]> {
  const { seed, short } = common;
  const begun = performance.now();
  const lines = [
    `${name} (seed ${seed}: npm run resilience -- ${name}${short ? ' --short' : ''} --seed ${seed})`,
  ];
  const note = (line: string): void => {
    lines.push(`  ${line}`);
  };
  const assertions = await scenario({ ...common, note }).catch(crashed);
  for (const { name, actual, expected, holds } of assertions)
    note(`${holds ? 'holds ' : 'FAILED'} ${name}: ${actual} (expected ${expected})`);
  note(`${((performance.now() - begun) / 1000).toFixed(1)} s`);
  print(lines.join('\n'));
  return assertions;
}

const allHold = (assertions: readonly Assertion[]): boolean => assertions.every(({ holds }) => holds);

/** Runs a scenario, and one with assertions on times a second time if it fails and --again is given. */
async function runWithRetry(name: string, scenario: Scenario): Promise<readonly Assertion[]> {
  const assertions = await run(name, scenario);
  if (allHold(assertions) || !options.again || !TIMED.includes(name)) return assertions;
  print(`${name} asserts times, and has a second attempt`);
  return run(name, scenario);
}

async function runInSequence(scenarios: Readonly<Record<string, Scenario>>): Promise<readonly Assertion[]> {
  const assertions: Assertion[] = [];
  for (const [name, scenario] of Object.entries(scenarios))
    if (isChosen(name)) assertions.push(...(await runWithRetry(name, scenario)));
  return assertions;
}

print(`scenarios, seed ${common.seed}: ${NAMES.filter(isChosen).join(', ')}`);
const all: Assertion[] = [];
for (const round of ROUNDS) all.push(...(await Promise.all(round.map(runInSequence))).flat());
const failed = all.filter(({ holds }) => !holds).length;
print(`${all.length - failed} assertions hold, ${failed} fail`);
// At a natural end, Node 20 may spin for ever on handles that the scenarios left half closed (Environment::CleanupHandles).
process.exit(failed === 0 ? 0 : 1);
