// A reader of the log that stalls holds up no call and no end of the program, nor does a full disk; lost lines are counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { jsonClient } from '../harness/client.js';
import { startProgram } from '../harness/program.js';
import type { Program } from '../harness/program.js';
import { mongodbUri } from '../harness/service.js';
import { insertSlowJob, runningSoon, slowStat } from '../harness/slow.js';
import { until } from '../harness/until.js';

const DATABASE = 'unread-log';
/** Longer than the time after which a second signal ends the program. */
const GRACE_MS = 5000;
const MARGIN_MS = 2000;

/** A module loaded before the program: a message fills standard output, and SIGUSR2 causes an uncaught error. */
const PRELOAD = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  process.on('SIGUSR2', () => void Promise.reject(new Error('planted')));
  process.on('message', () => {
    let written = 0;
    try {
      for (;;) written += writeSync(1, '-'.repeat(4096));
    } catch {
      process.send(written);
    }
  });
`)}`;

let mongo: MongoClient;
let program: Program;
let grpc: string;

beforeAll(async () => {
  mongo = new MongoClient(mongodbUri());
  await insertSlowJob(mongo.db(DATABASE));
});
beforeEach(async () => {
  const settings = { MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE };
  program = startProgram({ ...settings, SHUTDOWN_GRACE: `${GRACE_MS}ms` }, { preload: PRELOAD });
  ({ grpc } = await program.addresses());
  program.stopReading();
  await until('nothing more fits', async () => (await program.ask('fill')) === 0, 5000);
});
afterEach(() => program.kill());
afterAll(async () => {
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
});

test.each([
  ['SIGTERM', 0],
  ['SIGHUP', 0],
  ['SIGUSR2', 1],
] as const)('a program whose log is not read ends on %s with %d', async (signal, code) => {
  const startedAt = performance.now();
  program.signal(signal);
  expect(await program.ended).toEqual({ code, signal: null });
  expect(performance.now() - startedAt).toBeLessThan(GRACE_MS + MARGIN_MS);
});

test('a second signal ends a program whose log is not read', async () => {
  const client = jsonClient(grpc);
  const call = client.call('stat', slowStat(4));
  await runningSoon(mongo, DATABASE, 1);
  const signalled = (): boolean => {
    program.signal('SIGTERM');
    return !program.isRunning();
  };
  await until('the program has ended', signalled, 5000);
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(await call).toHaveProperty('error.status', 'UNAVAILABLE');
  client.close();
});

const LINES = 40_000;

/** Logs far more than may wait for a reader. */
const LOGGING = `
  const { createLog } = await import(${JSON.stringify(new URL('../../src/telemetry/log.js', import.meta.url))});
  const log = await createLog('info', process.stdout.isTTY);
  for (let line = 0; line < ${LINES}; line++) log.info({ line, filler: 'x'.repeat(200) });
  process.stderr.write('logged');
  process.stdin.resume();
`;

test('lines that nobody reads in time are lost, and counted once the others are read', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOGGING]);
  await once(child.stderr, 'data');
  let read = '';
  child.stdout.on('data', (chunk: Buffer) => {
    read += chunk.toString();
  });
  await until('the loss is told', () => read.includes('log lines are lost'), 10_000);
  child.stdin.end();
  await once(child, 'close');
  const lines = read
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.at(-1)).toMatchObject({ level: 40, lines: LINES - (lines.length - 1) });
});

/** Logs to a disk that is full, and ends as the program does. */
const ENDING = `
  const { createLog, flushLog } = await import(${JSON.stringify(new URL('../../src/telemetry/log.js', import.meta.url))});
  const log = await createLog('info', false);
  log.info('one');
  await flushLog(log);
  log.fatal('two');
  await flushLog(log);
  process.exit(3);
`;

test('a program ends with its exit code although its log is on a full disk', async () => {
  await using full = await open('/dev/full', 'w');
  const child = spawn(process.execPath, ['--input-type=module', '-e', ENDING], {
    stdio: ['ignore', full.fd, 'pipe'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  expect(await once(child, 'close')).toEqual([3, null]);
  expect(complaints).toBe('');
});
