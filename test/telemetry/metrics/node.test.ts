// The metrics of the process and of Node's event loop: each is moved by what causes it.
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { collectGarbage } from '../../harness/garbage.js';
import { scrape } from '../../harness/metrics.js';
import { useService } from '../../harness/use-service.js';

const service = useService('metrics-node', { adminPort: 0 });

/** Far more than what an earlier test file of the same process may leave to be collected meanwhile. */
const BUFFER_BYTES = 256 * 1024 ** 2;
const OBJECTS = 4_000_000;
const FILES = 100;
const BUSY_TURNS = 20;
const BUSY_MS = 50;

const files: FileHandle[] = [];
afterAll(() => Promise.all(files.map((file) => file.close())));

function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Holds the event loop again and again, so that each turn is late. */
async function burnTurns(): Promise<void> {
  for (let nth = 0; nth < BUSY_TURNS; nth++) {
    burn(BUSY_MS);
    await turn();
  }
}

async function openFiles(): Promise<void> {
  files.push(...(await Promise.all(Array.from({ length: FILES }, () => open('/dev/null')))));
}

/** What it creates lives until the end of its test. */
type Cause = () => unknown;
const held: unknown[] = [];
afterEach(() => {
  held.length = 0;
});

test.each<readonly [string, Cause, Readonly<Record<string, number>>]>([
  [
    'a buffer',
    () => Buffer.alloc(BUFFER_BYTES, 1),
    { nodejs_external_memory_bytes: 0.5 * BUFFER_BYTES, process_resident_memory_bytes: 0.25 * BUFFER_BYTES },
  ],
  [
    'many objects',
    () => Array.from({ length: OBJECTS }, (_, nth) => ({ nth })),
    { nodejs_heap_size_used_bytes: 16 * OBJECTS, nodejs_heap_size_total_bytes: 1 },
  ],
  ['open files', openFiles, { process_open_fds: 0.5 * FILES }],
  [
    'work',
    burnTurns,
    {
      process_cpu_seconds_total: 0.2,
      process_cpu_user_seconds_total: 0.2,
      process_cpu_system_seconds_total: 0,
    },
  ],
])('%s moves the series of the process', async (_, cause, due) => {
  collectGarbage();
  const before = await scrape(service.admin);
  held.push(await cause());
  const after = await scrape(service.admin);
  const short = Object.entries(due).filter(
    ([series, least]) => !((after.get(series) ?? NaN) - (before.get(series) ?? NaN) >= least),
  );
  expect(short).toEqual([]);
});

test('late turns show in the delay and the use of the event loop since the last scrape', async () => {
  await scrape(service.admin);
  await burnTurns();
  const busy = await scrape(service.admin);
  const seen = (name: string): number => busy.get(`nodejs_eventloop_${name}`) ?? NaN;
  const lags = ['lag_p50_seconds', 'lag_p90_seconds', 'lag_p99_seconds'].map(seen);
  expect(lags).toEqual(lags.toSorted((one, other) => one - other));
  expect(seen('lag_p50_seconds')).toBeGreaterThan((0.2 * BUSY_MS) / 1000);
  expect(seen('utilization_ratio')).toBeGreaterThan(0.5);
  expect(seen('utilization_ratio')).toBeLessThanOrEqual(1);
});

test('the limit on descriptors and the start are those of the system', async () => {
  const now = await scrape(service.admin);
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -n']);
  expect(String(now.get('process_max_fds')).replace('Infinity', 'unlimited')).toBe(stdout.trim());
  expect(now.get('process_start_time_seconds')).toBeCloseTo(Date.now() / 1000 - process.uptime(), 0);
});
