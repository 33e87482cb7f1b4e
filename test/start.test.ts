// Starts that go wrong, met for real: each gives the one line that docs/troubleshooting.md has for it, and no secret.
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
/** Programs at once, and milliseconds that a line may take: 3 s where nothing else runs. */
const AT_ONCE = 6;
const LINE_MS = 9000;
interface Outcome {
  readonly program: Program;
  /** Every line that a person reads, in order. */
  readonly lines: readonly string[];
  readonly readyz: string;
  readonly metrics: string;
  readonly refusal: unknown;
}

const ADDRESS: unknown = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
/** Lines about the search for a mongod. */
const EMBEDDED_STEPS =
  /^(?:looking for the official|fetching |waiting for another mongod|not serving: the embedded)/;

/** The detail of an error that says why, for programs. */
const refusedFor = (reason: string): unknown =>
  expect.objectContaining({
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    metadata: { not_serving_reason: reason },
  });

const cleanups: (() => unknown)[] = [];
const outcomes = new Map<string, Outcome>();

/** Milliseconds for which a reason is watched: it must not change while nothing does. */
const WATCHED_MS = 900;

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

/** Starts the program, and looks at it from all sides. */
type Meet = (program: Program, due: Case) => Promise<Outcome>;

const NO_OUTCOME = { readyz: '', metrics: '', refusal: undefined };

const meetEnd: Meet = async (program, { within = LINE_MS }) => {
  await until('it ends', () => Promise.race([program.ended.then(() => true), pause(50, false)]), within);
  return { ...NO_OUTCOME, program, lines: linesOf(program) };
};

const meetReason: Meet = async (program, { within = LINE_MS }) => {
  await until('it says why', () => reasonsOf(program).length > 0, within);
  const [first] = program.log;
  const refusal = await callHttp(String(first?.['http']), 'list', { domain_id: 'domain-1' });
  const [readyz, metrics] = await Promise.all(['/readyz', '/metrics'].map((path) => pageOf(program, path)));
  await pause(WATCHED_MS);
  await program.kill();
  return { program, lines: reasonsOf(program), readyz: readyz ?? '', metrics: metrics ?? '', refusal };
};

const WARNING = 40;

const meetWarning: Meet = async (program, { within = LINE_MS }) => {
  await program.ready();
  const warnings = (): readonly string[] =>
    program.log.filter(({ level }) => level === WARNING).map(({ msg }) => String(msg));
  await until('it warns', () => warnings().length > 0, within);
  await pause(WATCHED_MS);
  await program.kill();
  return { ...NO_OUTCOME, program, lines: warnings() };
};

async function meetAll(surroundings: World): Promise<void> {
  const waiting: (readonly [Case, Meet])[] = [
    ...ENDS.map((each) => [each, meetEnd] as const),
    ...NOT_SERVING.map((each) => [each, meetReason] as const),
    ...SERVING.map((each) => [each, meetWarning] as const),
  ];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [due, meet] = next;
      const program = startProgram(due.settings(surroundings), due.start?.(surroundings));
      cleanups.push(() => program.kill());
      outcomes.set(due.symptom, await meet(program, due));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

let world: World;

beforeAll(async () => {
  world = await makeWorld(cleanups);
  await meetAll(world);
}, 120_000);
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function outcomeOf(symptom: string): Outcome {
  const outcome = outcomes.get(symptom);
  if (outcome === undefined) throw new Error(`nothing came of «${symptom}»`);
  return outcome;
}

interface Row {
  readonly symptom: string;
  readonly reason: string;
  /** Matches the line, and nothing more. */
  readonly line: RegExp;
}

const HEADINGS = new Set(['symptom', ':---', '---']);

/** The rows of the page: a symptom, sometimes a reason, the line in backticks, and the remedy. */
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

test('each row of docs/troubleshooting.md is met, and no other', () => {
  const met = [...ENDS, ...NOT_SERVING, ...SERVING].map(({ symptom }) => symptom);
  expect(met).toEqual(ROWS.map(({ symptom }) => symptom));
});

test.each([...ENDS, ...NOT_SERVING, ...SERVING])('$symptom tells no password', ({ symptom }) => {
  const { program, readyz, refusal } = outcomeOf(symptom);
  const said = [JSON.stringify(program.log), program.stderr(), readyz, JSON.stringify(refusal)].join('\n');
  expect(said).not.toContain(PASSWORD);
});

describe('the start ends with one line', () => {
  test.each(ENDS)('$symptom', async ({ symptom, code = 1 }) => {
    const { program, lines } = outcomeOf(symptom);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(lines.filter((line) => !EMBEDDED_STEPS.test(line))).toEqual([
      expect.stringMatching(rowOf(symptom).line),
    ]);
  });
});

describe('the service says why it does not serve', () => {
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
        details: { details: expect.arrayContaining([refusedFor(reason)]) },
      },
    });
    expect(JSON.stringify(refusal)).not.toMatch(/127\.0\.0\.1|nowhere|nocollector/);
  });
});

describe('the service serves, and says once what is missing', () => {
  test.each(SERVING)('$symptom', ({ symptom }) => {
    const { program, lines } = outcomeOf(symptom);
    const { line } = rowOf(symptom);
    expect(lines.filter((each) => line.test(each))).toHaveLength(1);
    expect(JSON.stringify(program.log)).not.toContain('"at":');
    expect(program.log[0]).toMatchObject({ msg: 'serving', database: { answers: true } });
  });
});

test('a right that is taken away is missed, and noticed when it is given back', async () => {
  const { auth = '' } = world.at;
  const program = startProgram({ MONGODB_URI: `mongodb://changing:${PASSWORD}@${auth}/` });
  cleanups.push(() => program.kill());
  await program.ready();
  await letRead(auth, 'changing', 'revoke');
  await until('it says what is missing', () => reasonsOf(program).length > 0, LINE_MS);
  expect(reasonsOf(program)).toEqual([
    'not serving: the user changing may not read inventory.collector; grant it find on inventory.collector (docs/operations.md «Database»)',
  ]);
  expect(await pageOf(program, '/readyz')).toMatch(/^not serving: rights: /);
  await letRead(auth, 'changing', 'grant');
  const serving = (): number => program.log.filter(({ msg }) => msg === 'serving').length;
  await until('it serves again', () => serving() === 2, LINE_MS);
  expect(await pageOf(program, '/readyz')).toBe('ok\n');
});
