// The lines about serving: the first one, changes, and reasons that last.
import { beforeEach, expect, test } from '@jest/globals';
import { REPEAT_MS, createServingLog } from '../../src/telemetry/serving-log.js';
import type { ServingLog } from '../../src/telemetry/serving-log.js';
import type { Diagnosis } from '../../src/reasons.js';

const AUTH: Diagnosis = { reason: 'auth', text: 'a; b' };
const DNS: Diagnosis = { reason: 'dns', text: 'c; d' };
const STARTING: Diagnosis = { reason: 'starting', text: 'e; f' };

let now: number;
let said: unknown[][];
let serving: ServingLog;

beforeEach(() => {
  now = 0;
  said = [];
  const write =
    (level: string) =>
    (...line: unknown[]): void => {
      said.push([level, ...line]);
    };
  serving = createServingLog({
    log: { info: write('info'), warn: write('warn') },
    monotonicNow: () => now,
    about: { grpc: 'here' },
    database: { name: 'inventory' },
    notices: [() => write('warn')('a notice')],
  });
});

test('the first line has the addresses and the database, and the notices follow it', () => {
  serving.serving();
  expect(said).toEqual([
    ['info', { grpc: 'here', database: { name: 'inventory', answers: true } }, 'serving'],
    ['warn', 'a notice'],
  ]);
});

test('a reason that is the first line has them too, and no later one', () => {
  serving.notServing(AUTH);
  serving.notServing(DNS);
  expect(said).toEqual([
    [
      'warn',
      { grpc: 'here', database: { name: 'inventory', answers: false }, reason: 'auth' },
      'not serving: a; b',
    ],
    ['warn', 'a notice'],
    ['warn', { reason: 'dns' }, 'not serving: c; d'],
  ]);
});

test('a reason that lasts is said again every 30 s', () => {
  expect(REPEAT_MS).toBe(30_000);
  for (now = 0; now < 95_000; now += 300) serving.notServing(AUTH);
  expect(said.filter(([, , text]) => text === 'not serving: a; b')).toHaveLength(4);
});

test('a reason that comes again after another, or after serving, is said again', () => {
  for (const each of [AUTH, DNS, AUTH]) serving.notServing(each);
  serving.serving();
  serving.notServing(AUTH);
  expect(said.filter(([, , text]) => text === 'not serving: a; b')).toHaveLength(3);
  expect(said.filter(([, , text]) => text === 'serving')).toHaveLength(1);
});

test('a start that takes its time is no warning', () => {
  serving.notServing(STARTING);
  expect(said[0]?.[0]).toBe('info');
});
