// Failing starts, reproduced for real: each logs the one line documented in docs/troubleshooting.md, and no secret.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callHttp } from './harness/http-client.js';
import { startProgram } from './harness/program.js';
import type { Program } from './harness/program.js';
import { ENDS, NOT_SERVING, SERVING } from './harness/start-cases.js';
import type { Case } from './harness/start-cases.js';
import { letRead, makeWorld, PASSWORD } from './harness/start-world.js';
import type { World } from './harness/start-world.js';
import { until } from './harness/until.js';

const ROOT = process.cwd();
/** Programs run at once, and the time allowed for a line: it takes 3 s for one program on an idle machine. */
const CONCURRENCY = 6;
const LINE_MS = 20_000;

interface Outcome {
  readonly program: Program;
  /** Log messages and lines of stderr, in order. */
  readonly lines: readonly string[];
  readonly readyz: string;
  readonly metrics: string;
  readonly refusal: unknown;
}

const ADDRESS: unknown = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
/** Matches progress lines of the embedded mongod. */
const EMBEDDED_STEPS =
  /^(?:looking for the official|fetching |waiting for another mongod|not serving: the embedded)/;

/** Matches the ErrorInfo detail with a machine-readable reason. */
const errorInfoFor = (reason: string): unknown =>
  expect.objectContaining({
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    metadata: { not_serving_reason: reason },
  });

const cleanups: (() => unknown)[] = [];
/** An outcome, or the error of its observation, by symptom. */
const outcomes = new Map<string, Outcome | Error>();

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

const reasonsOf = ({ log }: Program): readonly string[] =>
  log.map(({ msg }) => String(msg)).filter((msg) => msg.startsWith('not serving'));

async function pageOf(program: Program, path: string): Promise<string> {
  const [first] = program.log;
  return (await fetch(`http://${String(first?.['admin'])}${path}`)).text();
}

/** Observes a started program until its symptom shows. */
type Observe = (program: Program, expected: Case) => Promise<Outcome>;

const NO_OUTCOME = { readyz: '', metrics: '', refusal: undefined };

const observeExit: Observe = async (program, { within = LINE_MS }) => {
  await until(
    'the program ends',
    () => Promise.race([program.ended.then(() => true), pause(50, false)]),
    within,
  );
  return { ...NO_OUTCOME, program, lines: linesOf(program) };
};

const observeReason: Observe = async (program, { within = LINE_MS }) => {
  await until('the reason is logged', () => reasonsOf(program).length > 0, within);
  const [first] = program.log;
  const refusal = await callHttp(String(first?.['http']), 'list', { domain_id: 'domain-1' });
  const [readyz, metrics] = await Promise.all(['/readyz', '/metrics'].map((path) => pageOf(program, path)));
  await pause(OBSERVATION_MS);
  await program.kill();
  return { program, lines: reasonsOf(program), readyz: readyz ?? '', metrics: metrics ?? '', refusal };
};

const WARN_LEVEL = 40;

const observeWarning: Observe = async (program, { within = LINE_MS }) => {
  await program.ready();
  const warnings = (): readonly string[] =>
    program.log.filter(({ level }) => level === WARN_LEVEL).map(({ msg }) => String(msg));
  await until('a warning is logged', () => warnings().length > 0, within);
  await pause(OBSERVATION_MS);
  await program.kill();
  return { ...NO_OUTCOME, program, lines: warnings() };
};

const errorOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function observeAll(surroundings: World): Promise<void> {
  const queue: (readonly [Case, Observe])[] = [
    ...ENDS.map((each) => [each, observeExit] as const),
    ...NOT_SERVING.map((each) => [each, observeReason] as const),
    ...SERVING.map((each) => [each, observeWarning] as const),
  ];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [expected, meet] = next;
      const program = startProgram(expected.settings(surroundings), expected.start?.(surroundings));
      cleanups.push(() => program.kill());
      outcomes.set(expected.symptom, await meet(program, expected).catch(errorOf));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

let world: World;

beforeAll(async () => {
  world = await makeWorld(cleanups);
  await observeAll(world);
}, 240_000);
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function outcomeOf(symptom: string): Outcome {
  const outcome = outcomes.get(symptom);
  if (outcome === undefined) throw new Error(`no outcome of «${symptom}»`);
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

interface Row {
  readonly symptom: string;
  readonly reason: string;
  /** Matches the whole line. */
  readonly line: RegExp;
}

const HEADINGS = new Set(['symptom', ':---', '---']);

/** Parses the rows of the page: a symptom, sometimes a reason, the line in backticks, and the remedy. */
function rows(): readonly Row[] {
  const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
  return [...page.matchAll(/^\| (.+) \|$/gm)].flatMap(([, row = '']) => {
    const [symptom = '', ...cells] = row.split(' | ').map((cell) => cell.trim());
    const quoted = cells.flatMap((cell) => /^`(.*)`$/.exec(cell)?.[1] ?? []);
    const [first = '', second = first] = quoted;
    if (HEADINGS.has(symptom) || first === '' || /^-+$/.test(symptom)) return [];
    const reason = /^[a-z_]+$/.test(first) ? first : '';
    const line = reason === '' ? first : second;
    const parts = line.split(/<[\w ]+>/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return [{ symptom, reason, line: new RegExp(`^${parts.join('.+?')}$`) }];
  });
}

const ROWS = rows();
const rowOf = (symptom: string): Row => {
  const row = ROWS.find((each) => each.symptom === symptom);
  if (row === undefined) throw new Error(`docs/troubleshooting.md has no row «${symptom}»`);
  return row;
};

test('docs/troubleshooting.md has exactly the reproduced symptoms', () => {
  const reproduced = [...ENDS, ...NOT_SERVING, ...SERVING].map(({ symptom }) => symptom);
  expect(reproduced).toEqual(ROWS.map(({ symptom }) => symptom));
});

test.each([...ENDS, ...NOT_SERVING, ...SERVING])('«$symptom» reveals no password', ({ symptom }) => {
  const { program, readyz, refusal } = outcomeOf(symptom);
  const output = [JSON.stringify(program.log), program.stderr(), readyz, JSON.stringify(refusal)].join('\n');
  expect(output).not.toContain(PASSWORD);
});

describe('a start that fails logs its documented line', () => {
  test.each(ENDS)('$symptom', async ({ symptom, code = 1 }) => {
    const { program, lines } = outcomeOf(symptom);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(lines.filter((line) => !EMBEDDED_STEPS.test(line))).toEqual([
      expect.stringMatching(rowOf(symptom).line),
    ]);
  });
});

describe('a service that does not serve reports the documented reason', () => {
  test.each(NOT_SERVING)('$symptom', ({ symptom }) => {
    const { program, lines, readyz, metrics, refusal } = outcomeOf(symptom);
    const { line, reason } = rowOf(symptom);
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(program.log[0]).toMatchObject({
      ...{ grpc: ADDRESS, http: ADDRESS, admin: ADDRESS, reason },
      database: { name: 'inventory', answers: false },
    });
    expect(readyz).toMatch(new RegExp(`^not serving: ${reason}: [a-zA-Z ]+\n$`));
    expect(metrics.split('\n')).toEqual(
      expect.arrayContaining([
        'inventory_job_serving 0',
        `inventory_job_not_serving_reason{reason="${reason}"} 1`,
      ]),
    );
    expect(refusal).toMatchObject({
      error: {
        status: 'UNAVAILABLE',
        details: { details: expect.arrayContaining([errorInfoFor(reason)]) },
      },
    });
    expect(JSON.stringify(refusal)).not.toMatch(/127\.0\.0\.1|nowhere|nocollector/);
  });
});

describe('a service that serves warns once', () => {
  test.each(SERVING)('$symptom', ({ symptom }) => {
    const { program, lines } = outcomeOf(symptom);
    const { line } = rowOf(symptom);
    expect(lines.filter((each) => line.test(each))).toHaveLength(1);
    expect(JSON.stringify(program.log)).not.toContain('"at":');
    expect(program.log[0]).toMatchObject({ msg: 'serving', database: { answers: true } });
  });
});

test('a revoked right stops serving with a reason, and granting it again resumes serving', async () => {
  const { auth = '' } = world.at;
  const program = startProgram({ MONGODB_URI: `mongodb://changing:${PASSWORD}@${auth}/` });
  cleanups.push(() => program.kill());
  await program.ready();
  await letRead(auth, 'changing', 'revoke');
  await until('the missing right is logged', () => reasonsOf(program).length > 0, LINE_MS);
  expect(reasonsOf(program)).toEqual([
    'not serving: the user changing may not read inventory.collector; grant it find on inventory.collector (docs/deploy.md «Database»)',
  ]);
  expect(await pageOf(program, '/readyz')).toMatch(/^not serving: rights: /);
  await letRead(auth, 'changing', 'grant');
  const serving = (): number => program.log.filter(({ msg }) => msg === 'serving').length;
  await until('the service serves again', () => serving() === 2, LINE_MS);
  expect(await pageOf(program, '/readyz')).toBe('ok\n');
});
