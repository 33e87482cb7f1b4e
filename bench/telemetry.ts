// npm run bench -- --telemetry: the CPU of a list of 20 with metrics, and with tracing at ratio 0, beside a service without
// both; and by a profile, which is finer, the share of each part (docs/performance.md «Telemetry»).
import { fileURLToPath } from 'node:url';
import { objectOf } from '../test/harness/json.js';
import { startProgram } from '../test/harness/program.js';
import type { Settings, Start } from '../test/harness/program.js';
import { median } from './drive.js';
import { cpuOf } from './process-usage.js';
import { callerTarget } from './targets.js';
import type { Target } from './targets.js';
import { FEW_NEWEST } from './workloads.js';
import type { Sample } from './workloads.js';

const ROUNDS = 100;
const MEASUREMENT_MS = 400;
const IN_FLIGHT = 16;
const WARM_UP_MS = 4000;
const PROFILE_MS = 15_000;

const UNOBSERVED: Start = { main: fileURLToPath(new URL('unobserved.js', import.meta.url)) };
const UNSAMPLED: Settings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0',
};

/** The first is the base of the ratios; the second, alike, shows their error. */
const VARIANTS: readonly (readonly [string, Settings, Start])[] = [
  ['neither', {}, UNOBSERVED],
  ['neither, again', {}, UNOBSERVED],
  ['metrics', {}, {}],
  ['metrics and tracing at ratio 0', UNSAMPLED, {}],
];

/** Milliseconds of CPU time a request, in one measurement. */
async function measureCpu(target: Target): Promise<number> {
  const before = cpuOf(target.pid);
  const { requests } = await target.run(FEW_NEWEST, IN_FLIGHT, MEASUREMENT_MS);
  return (cpuOf(target.pid) - before) / requests;
}

/** Prints the share of each part in the busy time of a service with both. */
async function profile(uri: string, database: string, sample: Sample): Promise<void> {
  const preload = new URL('profiler.js', import.meta.url).href;
  const program = startProgram(
    { MONGODB_URI: uri, MONGODB_DATABASE: database, ...UNSAMPLED },
    { output: 'file', preload },
  );
  const target = await callerTarget(program, sample);
  await target.run(FEW_NEWEST, IN_FLIGHT, WARM_UP_MS);
  await program.ask('start');
  await target.run(FEW_NEWEST, IN_FLIGHT, PROFILE_MS);
  const { ms, ...shares } = objectOf(await program.ask('shares'));
  process.stdout.write(`shares in ${Number(ms).toFixed(0)} ms of a profile\n`);
  for (const [part, share] of Object.entries(shares))
    process.stdout.write(`${part.padEnd(32)} ${(100 * Number(share)).toFixed(2)} %\n`);
  await target.stop();
}

/** Measures the variants in turn, round after round, and prints the CPU of each and its ratio to the first. */
export async function measureTelemetry(uri: string, database: string, sample: Sample): Promise<void> {
  const targets: Target[] = [];
  for (const [, settings, start] of VARIANTS) {
    const program = startProgram(
      { MONGODB_URI: uri, MONGODB_DATABASE: database, ...settings },
      { output: 'file', ...start },
    );
    targets.push(await callerTarget(program, sample));
  }
  for (const target of targets) await target.run(FEW_NEWEST, IN_FLIGHT, WARM_UP_MS);
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const measured: number[] = [];
    for (const target of targets) measured.push(await measureCpu(target));
    rounds.push(measured);
  }
  for (const [nth, [name]] of VARIANTS.entries()) {
    const cpu = median(rounds.map((measured) => measured[nth] ?? NaN));
    const ratio = median(rounds.map((measured) => (measured[nth] ?? NaN) / (measured[0] ?? NaN)));
    process.stdout.write(`${name.padEnd(32)} ${cpu.toFixed(3)} ms ${ratio.toFixed(3)}\n`);
  }
  await Promise.all(targets.map((target) => target.stop()));
  await profile(uri, database, sample);
}
