// The interceptor chain around a service of a test, and the options of its listeners, without a database.
import { anonymous } from '../../src/auth/anonymous.js';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';
import { createTimeSlicer } from '../../src/limits/yield.js';
import type { Call } from '../../src/job/call.js';
import { createCalls } from '../../src/server/interceptors/calls.js';
import type { Rpc } from '../../src/rpcs.js';
import type { AbortableCalls, Incoming } from '../../src/server/call-context.js';
import type { CallsOptions } from '../../src/server/interceptors/calls.js';
import { createServingState } from '../../src/server/serving-state.js';
import type { Load } from '../../src/limits/load-shedding.js';
import { PROTOBUF } from '../../src/wire/codec.js';
import { createRecordedLog } from './log.js';

export const now = (): number => Date.now();
export const monotonicNow = (): number => performance.now();

export const IN_TIME: Load = { lateness: () => 0, admits: () => true };

/** The service at the end of the chain. */
export type Work = (request: unknown, call: Call) => Promise<Uint8Array>;

export interface Chained {
  readonly calls: AbortableCalls;
  /** The log: faults, and other lines. */
  readonly faults: object[];
  readonly lines: object[];
}

/** Creates a chain with `work` as each of the four rpcs. */
export function chained(work: Work, options: Partial<CallsOptions> = {}): Chained {
  const faults: object[] = [];
  const lines: object[] = [];
  const calls = createCalls({
    service: {
      get: work,
      list: work,
      stat: work,
      delete: work,
      export: async function* (request, _, call) {
        yield await work(request, call);
      },
    },
    authenticate: anonymous,
    memory: createMemoryBudget(Infinity),
    unready: () => undefined,
    load: IN_TIME,
    timeSlicer: createTimeSlicer(monotonicNow),
    now,
    monotonicNow,
    log: { debug: () => undefined, info: (about) => lines.push(about), error: (about) => faults.push(about) },
    quietMethods: new Set(),
    defaultTimeoutMs: 7000,
    maxTimeoutMs: 9000,
    ...options,
  });
  return { calls, faults, lines };
}

/** The options of a listener on a free port, beside its calls. */
export const listenerOptions = () => ({
  ...{ host: '127.0.0.1', port: 0, version: 'test', maxConnections: 100 },
  state: createServingState(),
  memory: createMemoryBudget(Infinity),
  log: createRecordedLog(),
  ...{ now, monotonicNow },
});

/** An empty request, as a listener passes it on. */
export const incoming = (rpc: Rpc, deadline: number): Incoming => ({
  transport: 'grpc',
  rpc,
  request: new Uint8Array(),
  codec: PROTOBUF,
  token: undefined,
  requestId: 'a-request',
  peer: '127.0.0.1:1',
  deadline,
  clientAborted: new AbortController().signal,
  responseDone: new AbortController().signal,
});
