// Who is measured: this service, the driver with objects and raw, and the transport alone, each a process of its own.
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { JobService } from '../src/gen/spaceone/api/inventory/v1/job.js';
import { JOB_SERVICE } from '../src/wire/descriptors.js';
import type { Driven } from './drive.js';
import { drive } from './drive.js';
import type { Setup } from './floor.js';
import { GET, WORKLOADS } from './workloads.js';
import type { Subject, Workload } from './workloads.js';

export interface Contestant {
  readonly pid: number;
  run(workload: Workload, inFlight: number, ms: number): Promise<Driven>;
  stop(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function stopped(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** The protobuf bytes of a workload's requests: as many different ones as there are, up to a few hundred. */
function requestsOf(workload: Workload, subject: Subject): readonly Buffer[] {
  const input = JOB_SERVICE.methods.find(({ name }) => name === workload.rpc)?.input;
  if (input === undefined) throw new Error(`the contract has no ${workload.rpc}`);
  return Array.from({ length: 500 }, (_, nth) =>
    Buffer.from(toBinary(input, fromJson(input, workload.request(subject, nth)))),
  );
}

const asTheyAre = (bytes: Buffer): Buffer => bytes;

export interface Caller {
  ask(workload: Workload): Promise<Buffer>;
  run(workload: Workload, inFlight: number, ms: number): Promise<Driven>;
  close(): void;
}

/** Calls a gRPC server with requests that were encoded before, and leaves the answers as bytes. */
export function caller(address: string, subject: Subject): Caller {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });
  const requests = new Map(WORKLOADS.map((workload) => [workload.name, requestsOf(workload, subject)]));
  let nth = 0;
  const ask = (workload: Workload): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const known = requests.get(workload.name) ?? [];
      const request = known[nth++ % known.length] ?? Buffer.alloc(0);
      const { path } = JobService[workload.rpc];
      client.makeUnaryRequest(path, asTheyAre, asTheyAre, request, (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error ?? new Error('no answer'));
      });
    });
  return {
    ask,
    run: (workload, inFlight, ms) => drive(() => ask(workload), inFlight, ms),
    close: () => {
      client.close();
    },
  };
}

const PATIENCE = 20_000;

/** What the service's log, a file, says of where it serves. */
async function addressIn(log: string): Promise<string> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    const found = /"grpc":"([^"]+)"/.exec(readFileSync(log, 'utf8'))?.[1];
    if (found !== undefined) return found;
    await pause(5);
  }
  throw new Error(`the service does not serve: ${readFileSync(log, 'utf8')}`);
}

function program(uri: string, database: string, log: string): ChildProcess {
  const output = openSync(log, 'w');
  const child = spawn(process.execPath, [here('../src/main.js')], {
    env: {
      PATH: process.env['PATH'],
      MONGODB_URI: uri,
      MONGODB_DATABASE: database,
      GRPC_PORT: '0',
      HTTP_PORT: '0',
      ADMIN_PORT: '0',
    },
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  return child;
}

/** The service as users run it, its log going to a file. */
export async function service(
  uri: string,
  database: string,
  subject: Subject,
  folder: string,
): Promise<Contestant & Caller> {
  const log = join(folder, `${database}.log`);
  const child = program(uri, database, log);
  const calls = caller(await addressIn(log), subject);
  return {
    ...calls,
    pid: child.pid ?? 0,
    async stop() {
      calls.close();
      await stopped(child);
    },
  };
}

/** Milliseconds from the start of the service's process to its first answer. */
export async function startUp(
  uri: string,
  database: string,
  subject: Subject,
  folder: string,
): Promise<number> {
  const log = join(folder, 'start-up.log');
  const begun = performance.now();
  const child = program(uri, database, log);
  const calls = caller(await addressIn(log), subject);
  await calls.ask(GET);
  const took = performance.now() - begun;
  calls.close();
  await stopped(child);
  return took;
}

const told = async (child: ChildProcess, message: object | string): Promise<unknown> => {
  const answer: Promise<readonly unknown[]> = once(child, 'message');
  child.send(message);
  return (await answer)[0];
};

const isDriven = (told: unknown): told is Driven =>
  typeof told === 'object' && told !== null && 'p50' in told;

export async function floor(setup: Setup): Promise<Contestant> {
  const child = fork(here('floor.js'));
  await told(child, setup);
  return {
    pid: child.pid ?? 0,
    async run({ name }, inFlight, ms) {
      const driven = await told(child, { workload: name, inFlight, ms });
      if (!isDriven(driven)) throw new Error(`the driver's process answers ${String(driven)}`);
      return driven;
    },
    stop: () => stopped(child),
  };
}

/** The echo of what `from` answers. */
export async function transport(from: Caller, subject: Subject): Promise<Contestant> {
  const child = fork(here('echo.js'));
  const listening: Promise<readonly unknown[]> = once(child, 'message');
  const [port] = await listening;
  const calls = caller(`127.0.0.1:${String(port)}`, subject);
  let echoed = '';
  return {
    pid: child.pid ?? 0,
    async run(workload, inFlight, ms) {
      if (echoed !== workload.name) await told(child, (await from.ask(workload)).toString('base64'));
      echoed = workload.name;
      return calls.run(workload, inFlight, ms);
    },
    async stop() {
      calls.close();
      await stopped(child);
    },
  };
}
