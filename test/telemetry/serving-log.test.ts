// Log lines about serving: the first one, changes, and repeated reasons.
import { beforeEach, expect, test } from '@jest/globals';
import { REPEAT_MS, createServingLog } from '../../src/telemetry/serving-log.js';
import type { ServingLog } from '../../src/telemetry/serving-log.js';
import type { Diagnosis } from '../../src/reasons.js';

const AUTH: Diagnosis = { reason: 'auth', text: 'a; b' };
const DNS: Diagnosis = { reason: 'dns', text: 'c; d' };
const STARTING: Diagnosis = { reason: 'starting', text: 'e; f' };

let now: number;
let logged: unknown[][];
let serving: ServingLog;

beforeEach(() => {
  now = 0;
  logged = [];
  const write =
    (level: string) =>
    (...line: unknown[]): void => {
      logged.push([level, ...line]);
    };
  serving = createServingLog({
    log: { info: write('info'), warn: write('warn') },
    monotonicNow: () => now,
    about: { grpc: 'here' },
    database: { name: 'inventory' },
    notices: [() => write('warn')('a notice')],
  });
});

test('the first line names the addresses and the database, and notices follow', () => {
  serving.serving();
  expect(logged).toEqual([
    ['info', { grpc: 'here', database: { name: 'inventory', answers: true } }, 'serving'],
    ['warn', 'a notice'],
  ]);
});

test('a reason in the first line comes with the addresses, later ones without', () => {
  serving.notServing(AUTH);
  serving.notServing(DNS);
  expect(logged).toEqual([
    [
      'warn',
      { grpc: 'here', database: { name: 'inventory', answers: false }, reason: 'auth' },
      'not serving: a; b',
    ],
    ['warn', 'a notice'],
    ['warn', { reason: 'dns' }, 'not serving: c; d'],
  ]);
});

test('a lasting reason is logged again every 30 s', () => {
  expect(REPEAT_MS).toBe(30_000);
  for (now = 0; now < 95_000; now += 300) serving.notServing(AUTH);
  expect(logged.filter(([, , text]) => text === 'not serving: a; b')).toHaveLength(4);
});

test('a reason is logged again after another reason or after serving', () => {
  for (const each of [AUTH, DNS, AUTH]) serving.notServing(each);
  serving.serving();
  serving.notServing(AUTH);
  expect(logged.filter(([, , text]) => text === 'not serving: a; b')).toHaveLength(3);
  expect(logged.filter(([, , text]) => text === 'serving')).toHaveLength(1);
});

test('a slow start is not a warning', () => {
  serving.notServing(STARTING);
  expect(logged[0]?.[0]).toBe('info');
});
