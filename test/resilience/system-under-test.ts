// The system under test: the built program on a database, a client of each listener, and a probe inside the process.
import { readdirSync } from 'node:fs';
import type { JsonObject } from '@bufbuild/protobuf';
import { jsonClient, statusOf } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { createHttpClient } from '../harness/http-client.js';
import { DATABASE } from '../harness/mongod.js';
import { startProgram } from '../harness/program.js';
import type { Addresses, Program, Settings } from '../harness/program.js';
import { freeAddress, portOf } from '../harness/tcp.js';

/** The application name of the service on its connections to the database. */
export const APP_NAME = 'inventory-job';

/** A client of either listener, for requests in JSON. */
export interface CallClient {
  /** `timeoutMs` is the deadline of the call; `signal` cancels it. */
  call(
    rpc: RpcName,
    request: JsonObject,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Outcome>;
  close(): void;
}

export interface System extends AsyncDisposable {
  readonly program: Program;
  readonly addresses: Addresses;
  readonly grpc: CallClient;
  readonly http: CallClient;
}

/** Counts equal texts: `3 OK, 1 UNAVAILABLE`. */
export function tally(ends: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${count} ${end}`).join(', ');
}

/** The end of a call whose answer is known: OK, `wrong`, or the name of its status. */
export const verdictOf = (outcome: Outcome, isRight: (response: JsonObject) => boolean): string =>
  'response' in outcome && !isRight(outcome.response) ? 'wrong' : statusOf(outcome);

const freeAddresses = async (): Promise<Addresses> => ({
  grpc: await freeAddress(),
  http: await freeAddress(),
  admin: await freeAddress(),
});

function withClients(program: Program, addresses: Addresses): System {
  const [grpc, http] = [jsonClient(addresses.grpc), createHttpClient(addresses.http)];
  return {
    program,
    addresses,
    grpc,
    http,
    async [Symbol.asyncDispose]() {
      grpc.close();
      http.close();
      await program.kill();
    },
  };
}

/** Starts the service on a database that may not be reachable yet. */
export async function launchSystem(uri: string, settings: Settings = {}): Promise<System> {
  const addresses = await freeAddresses();
  const program = startProgram(
    {
      MONGODB_URI: uri,
      MONGODB_DATABASE: DATABASE,
      GRPC_PORT: portOf(addresses.grpc),
      HTTP_PORT: portOf(addresses.http),
      ADMIN_PORT: portOf(addresses.admin),
      ...settings,
    },
    { output: 'file' },
  );
  return withClients(program, addresses);
}

/** Starts the service, and waits until it serves. */
export async function startSystem(uri: string, settings: Settings = {}): Promise<System> {
  const system = await launchSystem(uri, settings);
  try {
    await system.program.ready();
    return system;
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw error;
  }
}

/** The questions to the probe: `collected` runs the garbage collector first, `counted` counts live objects as well. */
export type Question = 'collected' | 'counted' | 'as it is';

export interface Vitals {
  readonly heapUsedBytes: number;
  readonly rssBytes: number;
  /** The longest delay of the event loop since the last question. */
  readonly maxDelayMs: number;
  /** The sum of scheduler slots, waiters and reserved bytes in use by calls. */
  readonly usage: number;
  /** Only when counted: live AbortSignals and driver sessions, timers, listeners on the process. */
  readonly signals?: number;
  readonly sessions?: number;
  readonly timers?: number;
  readonly listeners?: number;
}

export interface ProbedSystem extends System {
  vitals(question: Question): Promise<Vitals>;
  /** Counts open files and sockets. */
  descriptors(): number;
}

const PROBE = new URL('probe.js', import.meta.url).href;

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

async function askVitals(program: Program, question: Question): Promise<Vitals> {
  const answer = fieldsOf(await program.ask(question));
  const number = (name: keyof Vitals): number => Number(answer[name]);
  return {
    heapUsedBytes: number('heapUsedBytes'),
    rssBytes: number('rssBytes'),
    maxDelayMs: number('maxDelayMs'),
    usage: number('usage'),
    signals: number('signals'),
    sessions: number('sessions'),
    timers: number('timers'),
    listeners: number('listeners'),
  };
}

/** Starts the service with the probe, and waits until it serves. */
export async function startProbedSystem(uri: string, settings: Settings = {}): Promise<ProbedSystem> {
  const program = startProgram(
    { MONGODB_URI: uri, MONGODB_DATABASE: DATABASE, ...settings },
    { output: 'file', preload: PROBE },
  );
  const addresses = await program.addresses().catch(async (error: unknown) => {
    await program.kill();
    throw error;
  });
  const system = withClients(program, addresses);
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...system,
    vitals(question) {
      // One at a time: answers carry no id.
      const answer = last.then(() => askVitals(program, question));
      last = answer.catch(() => undefined);
      return answer;
    },
    descriptors: () => readdirSync(`/proc/${program.pid}/fd`).length,
  };
}
