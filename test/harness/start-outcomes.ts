// Meets failing starts: runs the program of each case, and reads what it says of its symptom.
import { setTimeout as pause } from 'node:timers/promises';
import { callHttp } from './http-client.js';
import { startProgram } from './program.js';
import type { Program } from './program.js';
import { ENDS, NOT_SERVING, SERVING } from './start-cases.js';
import type { Case } from './start-cases.js';
import type { World } from './start-world.js';
import { until } from './until.js';

/** The time allowed for a line beside other work. */
export const LINE_MS = 20_000;

export interface Outcome {
  readonly program: Program;
  /** Log messages and lines of stderr, in order. */
  readonly lines: readonly string[];
  readonly readyz: string;
  readonly metrics: string;
  readonly refusal: unknown;
  /** The time from the start of the program to its line, in milliseconds. */
  readonly lineMs: number;
}

/** Time of observation: a reason must not change while its cause is the same. */
const OBSERVATION_MS = 900;

const stderrOf = (program: Program): readonly string[] =>
  program
    .stderr()
    .split('\n')
    .filter((line) => line !== '');

const linesOf = (program: Program): readonly string[] => [
  ...program.log.map(({ msg }) => String(msg)),
  ...stderrOf(program),
];

export const reasonsOf = ({ log }: Program): readonly string[] =>
  log.map(({ msg }) => String(msg)).filter((msg) => msg.startsWith('not serving'));

export async function pageOf(program: Program, path: string): Promise<string> {
  const [first] = program.log;
  return (await fetch(`http://${String(first?.['admin'])}${path}`)).text();
}

/** The sign of the line of a case, and the reading of its program after it. */
interface Way {
  shows(program: Program): boolean | Promise<boolean>;
  read(program: Program): Promise<Omit<Outcome, 'program' | 'lineMs'>>;
}

const NOTHING_READ = { readyz: '', metrics: '', refusal: undefined };

const ENDING: Way = {
  shows: ({ ended }) => Promise.race([ended.then(() => true), pause(20, false)]),
  read: (program) => Promise.resolve({ ...NOTHING_READ, lines: linesOf(program) }),
};

const REFUSING: Way = {
  shows: (program) => reasonsOf(program).length > 0,
  async read(program) {
    const [first] = program.log;
    const refusal = await callHttp(String(first?.['http']), 'list', { domain_id: 'domain-1' });
    const [readyz = '', metrics = ''] = await Promise.all(
      ['/readyz', '/metrics'].map((path) => pageOf(program, path)),
    );
    await pause(OBSERVATION_MS);
    await program.kill();
    return { lines: reasonsOf(program), readyz, metrics, refusal };
  },
};

const WARN_LEVEL = 40;

const warningsOf = ({ log }: Program): readonly string[] =>
  log.filter(({ level }) => level === WARN_LEVEL).map(({ msg }) => String(msg));

const WARNING: Way = {
  shows: (program) => warningsOf(program).length > 0,
  async read(program) {
    await program.ready();
    await pause(OBSERVATION_MS);
    await program.kill();
    return { ...NOTHING_READ, lines: warningsOf(program) };
  },
};

export interface FailingStart extends Case {
  readonly way: Way;
}

const shown =
  (way: Way) =>
  (each: Case): FailingStart => ({ ...each, way });

export const STARTS: readonly FailingStart[] = [
  ...ENDS.map(shown(ENDING)),
  ...NOT_SERVING.map(shown(REFUSING)),
  ...SERVING.map(shown(WARNING)),
];

/** Starts the program of a case, and reads it once its line is there; `cleanups` end it. Errors: no line in time. */
export async function meetStart(
  { settings, start, within = LINE_MS, way }: FailingStart,
  world: World,
  cleanups: (() => unknown)[],
): Promise<Outcome> {
  const begun = performance.now();
  const program = startProgram(settings(world), start?.(world));
  cleanups.push(() => program.kill());
  await until('the line is there', () => way.shows(program), within);
  const lineMs = performance.now() - begun;
  return { program, lineMs, ...(await way.read(program)) };
}
