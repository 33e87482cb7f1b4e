// Failing starts, reproduced for real: each logs the one line documented in docs/troubleshooting.md, and no secret.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startProgram } from './harness/program.js';
import { ENDS, NOT_SERVING, SERVING } from './harness/start-cases.js';
import { LINE_MS, meetStart, pageOf, reasonsOf, STARTS } from './harness/start-outcomes.js';
import type { Outcome } from './harness/start-outcomes.js';
import { mongodbUri } from './harness/service.js';
import { letRead, makeWorld, PASSWORD } from './harness/start-world.js';
import type { World } from './harness/start-world.js';
import { until } from './harness/until.js';

const ROOT = process.cwd();
/** Programs run at once; `npm run resilience -- starts` runs one, and asserts its time. */
const CONCURRENCY = 6;

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

const errorOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function meetAll(surroundings: World): Promise<void> {
  const queue = [...STARTS];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      outcomes.set(next.symptom, await meetStart(next, surroundings, cleanups).catch(errorOf));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

let world: World;

beforeAll(async () => {
  world = await makeWorld(cleanups, new URL(mongodbUri()).host);
  await meetAll(world);
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
  const reproduced = STARTS.map(({ symptom }) => symptom);
  expect(reproduced).toEqual(ROWS.map(({ symptom }) => symptom));
});

test.each(STARTS)('«$symptom» reveals no password', ({ symptom }) => {
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
