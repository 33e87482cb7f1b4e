// The targets of the measurements: this service, the driver with objects and with raw documents, and the transport alone,
// each in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { askChild, endChild } from '../test/harness/child.js';
import { createGrpcClient } from '../test/harness/client.js';
import { requestBytes } from '../test/harness/messages.js';
import { startProgram } from '../test/harness/program.js';
import type { Program } from '../test/harness/program.js';
import type { Setup } from './baseline.js';
import type { Driven } from './drive.js';
import { drive } from './drive.js';
import { GET, WORKLOADS } from './workloads.js';
import type { Sample, Workload } from './workloads.js';

export interface Target {
  readonly pid: number;
  run(workload: Workload, inFlight: number, ms: number): Promise<Driven>;
  stop(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const MAX_DIFFERENT_REQUESTS = 500;

/** Encodes the requests of a workload. */
const requestsOf = (workload: Workload, sample: Sample): readonly Buffer[] =>
  Array.from({ length: MAX_DIFFERENT_REQUESTS }, (_, nth) =>
    Buffer.from(requestBytes(workload.rpc, workload.request(sample, nth))),
  );

export interface Caller {
  call(workload: Workload): Promise<Buffer>;
  run(workload: Workload, inFlight: number, ms: number): Promise<Driven>;
  close(): void;
}

/** Calls a gRPC server with requests encoded beforehand, and leaves the answers as bytes. */
function createCaller(address: string, sample: Sample): Caller {
  const client = createGrpcClient(address);
  const requests = new Map(WORKLOADS.map((workload) => [workload.name, requestsOf(workload, sample)]));
  let nth = 0;
  const call = async ({ name, rpc }: Workload): Promise<Buffer> => {
    const all = requests.get(name) ?? [];
    const { status, text, bytes } = await client.send(rpc, all[nth++ % all.length] ?? Buffer.alloc(0));
    if (status !== 'OK') throw new Error(`${status}: ${text}`);
    return bytes;
  };
  return {
    call,
    run: (workload, inFlight, ms) => drive(() => call(workload), inFlight, ms),
    close: client.close,
  };
}

/** Fine enough to measure the start of the service. */
const START_POLL_MS = 5;

/** Starts the service as users run it, with its log in a file. */
const startService = (uri: string, database: string): Program =>
  startProgram(
    { MONGODB_URI: uri, MONGODB_DATABASE: database },
    { output: 'file', startPollMs: START_POLL_MS },
  );

async function stopService(program: Program): Promise<void> {
  program.signal('SIGTERM');
  await program.ended;
}

/** A running program as a target. */
export async function callerTarget(program: Program, sample: Sample): Promise<Target & Caller> {
  const caller = createCaller((await program.addresses()).grpc, sample);
  return {
    ...caller,
    pid: program.pid,
    async stop() {
      caller.close();
      await stopService(program);
    },
  };
}

export const serviceTarget = (uri: string, database: string, sample: Sample): Promise<Target & Caller> =>
  callerTarget(startService(uri, database), sample);

/** Measures the milliseconds from the start of the process to its first answer. */
export async function startUp(uri: string, database: string, sample: Sample): Promise<number> {
  const begun = performance.now();
  const program = startService(uri, database);
  const caller = createCaller((await program.addresses()).grpc, sample);
  await caller.call(GET);
  const took = performance.now() - begun;
  caller.close();
  await stopService(program);
  return took;
}

const isDriven = (answer: unknown): answer is Driven =>
  typeof answer === 'object' && answer !== null && 'p50' in answer;

/** The driver alone on the same collections. */
export async function baselineTarget(setup: Setup): Promise<Target> {
  const child = fork(here('baseline.js'));
  await askChild(child, setup);
  return {
    pid: child.pid ?? 0,
    async run({ name }, inFlight, ms) {
      const driven = await askChild(child, { workload: name, inFlight, ms });
      if (!isDriven(driven)) throw new Error(`the driver's process answers ${String(driven)}`);
      return driven;
    },
    stop: () => endChild(child, 'SIGTERM'),
  };
}

/** The transport alone: a server that echoes the answers of `from`. */
export async function transportTarget(from: Caller, sample: Sample): Promise<Target> {
  const child = fork(here('echo.js'));
  const listening: Promise<readonly unknown[]> = once(child, 'message');
  const [port] = await listening;
  const caller = createCaller(`127.0.0.1:${String(port)}`, sample);
  let echoed = '';
  return {
    pid: child.pid ?? 0,
    async run(workload, inFlight, ms) {
      if (echoed !== workload.name) await askChild(child, (await from.call(workload)).toString('base64'));
      echoed = workload.name;
      return caller.run(workload, inFlight, ms);
    },
    async stop() {
      caller.close();
      await endChild(child, 'SIGTERM');
    },
  };
}
