// npm run bench: measures this service, the driver alone and the transport alone in turn on the same mongod
// (docs/performance.md). --quick takes under three minutes; --json FILE names the output; --only TEXT selects workloads;
// --telemetry measures the cost of telemetry instead.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { performance } from 'node:perf_hooks';
import { MongoClient } from 'mongodb';
import { startEmbedded } from '../src/embedded/embedded.js';
import { baselineTarget, serviceTarget, startUp, transportTarget } from './targets.js';
import type { Target } from './targets.js';
import { domainOf, loadManyJobs, textIn } from '../test/harness/measured-jobs.js';
import { median } from './drive.js';
import { cpuOf, peakOf } from './process-usage.js';
import { measureTelemetry } from './telemetry.js';
import { GROWING, WORKLOADS } from './workloads.js';
import type { Sample, Workload } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: 'build/bench.json' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    telemetry: { type: 'boolean', default: false },
  },
});

const MEASUREMENT_MS = options.quick ? 200 : 1000;
const ROUNDS = Number(options.rounds);
/** Measurements before those that count. */
const WARM_UP_MEASUREMENTS = 2;
const LEVELS = options.quick ? [1, 16] : [1, 16, 64];
const SIZES = [50_000, ...Array.from({ length: 8 }, () => 5_556), 5_552];
const GROWTH = options.quick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000];
const STARTS = 7;
const PEAK_MEASUREMENTS = 4;
const CONTAINED = 109;
const DATABASE = 'bench';

interface Measurement {
  /** Milliseconds of CPU time of the process tree per request. */
  readonly cpu: number;
  /** Requests per second. */
  readonly throughput: number;
  readonly p50: number;
  readonly p99: number;
  /** The busy share of this process, the source of the requests. */
  readonly generator: number;
}

async function measure(target: Target, workload: Workload, inFlight: number): Promise<Measurement> {
  const cpu = cpuOf(target.pid);
  const busy = performance.eventLoopUtilization();
  const { requests, elapsed, p50, p99 } = await target.run(workload, inFlight, MEASUREMENT_MS);
  return {
    cpu: (cpuOf(target.pid) - cpu) / requests,
    throughput: (requests / elapsed) * 1000,
    p50,
    p99,
    generator: performance.eventLoopUtilization(busy).utilization,
  };
}

const mediansOf = (measured: readonly Measurement[]): Measurement => ({
  cpu: median(measured.map(({ cpu }) => cpu)),
  throughput: median(measured.map(({ throughput }) => throughput)),
  p50: median(measured.map(({ p50 }) => p50)),
  p99: median(measured.map(({ p99 }) => p99)),
  generator: median(measured.map(({ generator }) => generator)),
});

const NAMES = ['service', 'objects', 'raw', 'transport'] as const;
type Targets = Readonly<Record<(typeof NAMES)[number], Target>>;

/** Measures the targets in turn, round after round, after the warm-up. */
async function rounds(targets: Targets, workload: Workload, inFlight: number) {
  const measured: Record<(typeof NAMES)[number], Measurement[]> = {
    service: [],
    objects: [],
    raw: [],
    transport: [],
  };
  for (const name of NAMES)
    for (let i = 0; i < WARM_UP_MEASUREMENTS; i++) await measure(targets[name], workload, inFlight);
  for (let round = 0; round < ROUNDS; round++)
    for (const name of NAMES) measured[name].push(await measure(targets[name], workload, inFlight));
  const ratio = (to: (typeof NAMES)[number]): number =>
    median(measured.service.map(({ cpu }, round) => cpu / (measured[to][round]?.cpu ?? NaN)));
  return {
    workload: workload.name,
    inFlight,
    service: mediansOf(measured.service),
    objects: mediansOf(measured.objects),
    raw: mediansOf(measured.raw),
    transport: mediansOf(measured.transport),
    ratios: { objects: ratio('objects'), raw: ratio('raw'), transport: ratio('transport') },
    goal: workload.goal,
  };
}

type Row = Awaited<ReturnType<typeof rounds>> & { readonly peak: number };

const fixed = (digits: number, width: number) => (value: number) => value.toFixed(digits).padStart(width);
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function printRow(row: Row): void {
  const ms = fixed(3, 8);
  const { objects, raw, transport } = row.ratios;
  const met = objects <= row.goal.objects && raw <= (row.goal.raw ?? Infinity);
  const goal = `${row.goal.objects} D${row.goal.raw === undefined ? '' : ` ${row.goal.raw} Draw`}`;
  print(
    [
      row.workload.padEnd(29),
      ...[row.service, row.objects, row.raw, row.transport].map(({ cpu }) => ms(cpu)),
      ...[objects, raw, transport].map(fixed(2, 6)),
      `${goal.padEnd(16)} ${met ? 'met ' : 'over'}`,
      ...[row.service, row.objects].map(({ throughput }) => fixed(0, 6)(throughput)),
      ...[row.service.p50, row.service.p99].map(fixed(1, 7)),
      fixed(0, 5)(row.peak),
      fixed(2, 5)(row.service.generator),
      fixed(2, 5)(row.transport.throughput / row.service.throughput),
    ].join(' '),
  );
}

const HEADS = [
  'workload                     ',
  'cpu/request: S       D     Draw        T ',
  '   S/D S/Draw   S/T goal                  ',
  '   S/s    D/s     p50     p99  peak  busy T/S',
];

async function main(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    const chosen = WORKLOADS.filter(({ name }) => name.includes(options.only));
    print(`loading ${SIZES.reduce((a, b) => a + b).toLocaleString('en')} jobs`);
    const { domain, jobIds } = await loadManyJobs(client.db(DATABASE), SIZES);
    const sample: Sample = { domain, jobIds: jobIds.slice(0, 5000), text: textIn(jobIds, CONTAINED) };
    if (options.telemetry) {
      await measureTelemetry(uri, DATABASE, sample);
      return;
    }
    const measured = await measureWorkloads(uri, sample, chosen);
    const starts = await startUps(uri, sample);
    const growth = options.only === '' ? await grow(client, uri) : [];
    const about = {
      node: process.version,
      cpus: cpus().map(({ model }) => model),
      measurementMs: MEASUREMENT_MS,
      rounds: ROUNDS,
    };
    await writeFile(options.json, `${JSON.stringify({ about, ...measured, starts, growth }, null, 2)}\n`);
    print(`written to ${options.json}`);
  } finally {
    await client.close();
  }
}

async function measureWorkloads(uri: string, sample: Sample, chosen: readonly Workload[]) {
  const own = await serviceTarget(uri, DATABASE, sample);
  const targets: Targets = {
    service: own,
    objects: await baselineTarget({ uri, database: DATABASE, raw: false, sample }),
    raw: await baselineTarget({ uri, database: DATABASE, raw: true, sample }),
    transport: await transportTarget(own, sample),
  };
  print(HEADS.join(''));
  const table: Row[] = [];
  for (const workload of chosen) {
    const measured = await rounds(targets, workload, workload.inFlight);
    const row = { ...measured, peak: await peakAlone(uri, sample, workload) };
    printRow(row);
    table.push(row);
  }
  const levels = await latencies(own, chosen);
  await Promise.all(Object.values(targets).map((each) => each.stop()));
  return { table, levels };
}

/** The peak memory, in MiB, of a fresh service after this workload alone. */
async function peakAlone(uri: string, sample: Sample, workload: Workload): Promise<number> {
  const fresh = await serviceTarget(uri, DATABASE, sample);
  for (let i = 0; i < PEAK_MEASUREMENTS; i++) await measure(fresh, workload, workload.inFlight);
  const peak = peakOf(fresh.pid);
  await fresh.stop();
  return peak;
}

interface Level extends Measurement {
  readonly workload: string;
  readonly inFlight: number;
}

/** Measures throughput and latency of the service at several levels of concurrency. */
async function latencies(own: Target, chosen: readonly Workload[]): Promise<readonly Level[]> {
  print('\nworkload                      in flight    a second     p50     p99');
  const levels: Level[] = [];
  for (const workload of chosen)
    for (const inFlight of LEVELS) {
      const level = { workload: workload.name, inFlight, ...(await measure(own, workload, inFlight)) };
      const { throughput, p50, p99 } = level;
      const columns = [fixed(0, 11)(throughput), fixed(1, 7)(p50), fixed(1, 7)(p99)];
      print(`${workload.name.padEnd(29)} ${String(inFlight).padStart(9)} ${columns.join(' ')}`);
      levels.push(level);
    }
  return levels;
}

/** Measures the time from process start to first answer several times. */
async function startUps(uri: string, sample: Sample): Promise<readonly number[]> {
  const took: number[] = [];
  for (let i = 0; i < STARTS; i++) took.push(await startUp(uri, DATABASE, sample));
  print(`\nfrom process start to first answer: ${fixed(0, 0)(median(took))} ms (median of ${STARTS})`);
  return took;
}

/** Measures the latency of single calls as their domain grows. */
async function grow(client: MongoClient, uri: string) {
  print(
    `\nmilliseconds (p50), one at a time ${GROWTH.map((size) => size.toLocaleString('en').padStart(11)).join('')}`,
  );
  const found = new Map<string, number[]>(GROWING.map(({ name }) => [name, []]));
  for (const size of GROWTH) {
    const database = `${DATABASE}_${size}`;
    const { jobIds } = await loadManyJobs(client.db(database), [size]);
    const own = await serviceTarget(uri, database, { domain: domainOf(0), jobIds, text: '' });
    for (const workload of GROWING) {
      await measure(own, workload, 1);
      found.get(workload.name)?.push((await measure(own, workload, 1)).p50);
    }
    await own.stop();
    await client.db(database).dropDatabase();
  }
  for (const [name, took] of found) print(`${name.padEnd(34)}${took.map(fixed(2, 11)).join('')}`);
  return [...found].map(([workload, p50]) => ({ workload, sizes: GROWTH, p50 }));
}

const folder = await mkdtemp(join(tmpdir(), 'inventory-job-bench-'));
const mongod = await startEmbedded({
  dataDir: join(folder, 'data'),
  binary: process.env['MONGOD_BINARY'],
  log: print,
});
try {
  await main(mongod.uri);
} finally {
  await mongod.stop();
  await rm(folder, { recursive: true, force: true });
}
