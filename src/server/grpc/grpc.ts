/** The gRPC listener: Job, ServerInfo, Health and reflection on one port (docs/architecture.md «Transports»). */
import { setMaxListeners } from 'node:events';
import {
  logVerbosity,
  Metadata,
  Server,
  ServerInterceptingCall,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import type {
  MethodDefinition,
  sendUnaryData,
  ServerCredentials,
  ServerInterceptingCallInterface,
  ServerInterceptor,
  ServerUnaryCall,
} from '@grpc/grpc-js';
import type { MonotonicClock } from '../../clock.js';
import type { MemoryBudget } from '../../limits/memory-budget.js';
import { HealthService } from '../../gen/grpc/health/v1/health.js';
import { ServerInfoService, VersionInfo } from '../../gen/spaceone/api/core/v1/server_info.js';
import { JobService } from '../../gen/spaceone/api/inventory/v1/job.js';
import { readTraceContext } from '../../telemetry/traces/trace-context.js';
import { PROTOBUF } from '../../wire/codec.js';
import { RPCS, SERVICE } from '../../rpcs.js';
import type { Rpc } from '../../rpcs.js';
import { messageNamed } from '../../wire/descriptors.js';
import { scan } from '../../wire/scan.js';
import { MAX_REQUEST_BYTES, RESPONSE_DONE } from '../call-context.js';
import { requestIdOf } from '../request-id.js';
import type { Calls } from '../call-context.js';
import { followConnections, endUnlessTaken } from '../connections.js';
import type { ConnectionLimitOptions } from '../connections.js';
import { explanationDetails } from '../details.js';
import { asksToExplain, EXPLAIN } from '../headers.js';
import { inAddress } from '../listener.js';
import type { Listener } from '../listener.js';
import type { ServingState } from '../serving-state.js';
import type { Tls } from '../tls.js';
import { serverCredentials } from './credentials.js';
import { createHealthService } from './health.js';
import { createReflectionServices } from './reflection.js';
import { identify, textIn } from './request-ids.js';
import { withOwnStatuses, failure } from './statuses.js';
import { boundRequest } from './unfinished-requests.js';

/** The services in reflection and health; deployed clients import every listed service. */
const SERVICES = ['grpc.health.v1.Health', 'spaceone.api.core.v1.ServerInfo', SERVICE] as const;

const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
  'grpc.max_send_message_length': -1,
  'grpc.max_concurrent_streams': 256,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_connection_idle_ms': 600_000,
  'grpc.max_connection_age_ms': 1_800_000,
  // The maximum duration of a call.
  'grpc.max_connection_age_grace_ms': 3_600_000,
  'grpc.enable_channelz': 0,
} as const;

type UnaryCall = ServerUnaryCall<Uint8Array, Uint8Array>;

/** Defines a method of bytes: the interceptors decode requests, and the service encodes answers. */
const bytesMethod = ({ path }: { readonly path: string }): MethodDefinition<Uint8Array, Uint8Array> => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes) => Buffer.from(bytes),
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  responseDeserialize: (bytes) => bytes,
});

function createDoneSignal(call: UnaryCall): AbortSignal {
  const controller = new AbortController();
  call.on('cancelled', () => {
    controller.abort(RESPONSE_DONE);
  });
  return controller.signal;
}

type Sent = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

type Listening = Parameters<ServerInterceptingCallInterface['start']>[0];

/** Calls `taken` for each message that `listener` receives. */
const followMessages = (listener: Listening, taken: () => void): Listening => ({
  onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
  onReceiveMessage(message) {
    taken();
    listener.onReceiveMessage(message);
  },
  onReceiveHalfClose: () => listener.onReceiveHalfClose(),
  onCancel: () => listener.onCancel(),
});

/** Hands everything on at once; the library's own call wraps each message and listener for interceptors that change them. */
class DirectCall extends ServerInterceptingCall {
  readonly #next: ServerInterceptingCallInterface;
  readonly #taken: (() => void) | undefined;

  /** `taken` is called for each message that the handler takes. */
  constructor(next: ServerInterceptingCallInterface, taken?: () => void) {
    super(next);
    this.#next = next;
    this.#taken = taken;
  }

  override start(listener: Listening): void {
    this.#next.start(this.#taken === undefined ? listener : followMessages(listener, this.#taken));
  }

  override sendMetadata(metadata: Metadata): void {
    this.#next.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#next.sendMessage(message, callback);
  }

  override sendStatus(sent: Sent): void {
    this.#next.sendStatus(sent);
  }
}

/** Watches calls until their handlers take them over. */
const watchCalls =
  (memory: MemoryBudget): ServerInterceptor =>
  (method, call) => {
    const requestId = identify(call);
    withOwnStatuses(call, requestId);
    const taken = boundRequest(call, {
      memory,
      isStream: method.requestStream,
      refuse(error) {
        call.sendStatus({ code: status.UNKNOWN, details: '', ...failure(error, requestId) });
      },
    });
    return new DirectCall(call, method.requestStream ? taken : undefined);
  };

/** Puts an explanation into the trailing metadata. */
const explainIn =
  (trailer: Metadata) =>
  (explanation: string): void => {
    trailer.set(`${EXPLAIN}-bin`, Buffer.from(explanationDetails(explanation)));
  };

/** Creates the handler of an rpc; `end` closes the connection of a client that does not read its answer in time. */
const unary =
  (
    rpc: Rpc,
    { calls, now, monotonicNow, answerTimeoutMs, metrics }: GrpcListenerOptions,
    end: (peer: string) => void,
  ) =>
  (call: UnaryCall, callback: sendUnaryData<Uint8Array>): void => {
    // The library reports a call as cancelled also once its answer has been read.
    const done = createDoneSignal(call);
    const header = (name: string): string | undefined => textIn(call.metadata, name);
    const trailer = asksToExplain(header) ? new Metadata() : undefined;
    const incoming = {
      transport: 'grpc' as const,
      rpc,
      request: call.request,
      codec: PROTOBUF,
      token: header('token'),
      requestId: requestIdOf(header),
      trace: readTraceContext(header),
      ...(trailer === undefined ? {} : { explained: explainIn(trailer) }),
      peer: call.getPeer(),
      // The library gives it in milliseconds since 1970, counted from the arrival of the call.
      deadline: monotonicNow() + Number(call.getDeadline()) - now(),
      clientAborted: done,
      responseDone: done,
    };
    calls.unary(incoming).then(
      (bytes) => {
        const taken = endUnlessTaken(() => end(call.getPeer()), answerTimeoutMs, metrics);
        if (done.aborted) taken();
        else done.addEventListener('abort', taken);
        callback(null, bytes, trailer);
      },
      (error: unknown) => {
        callback(failure(error, incoming.requestId));
      },
    );
  };

const EMPTY = messageNamed('google.protobuf.Empty');

const versionInfo =
  (version: string) =>
  ({ request, metadata }: UnaryCall, callback: sendUnaryData<Uint8Array>): void => {
    try {
      scan(EMPTY, request);
      callback(null, VersionInfo.encode({ version }).finish());
    } catch (error) {
      const requestId = requestIdOf((name) => textIn(metadata, name));
      callback(failure(error, requestId));
    }
  };

export interface GrpcListenerOptions extends ConnectionLimitOptions {
  readonly calls: Calls;
  /** The memory of requests on their way. */
  readonly memory: MemoryBudget;
  readonly state: ServingState;
  /** Milliseconds since 1970, the library's clock for deadlines. */
  readonly now: () => number;
  /** The monotonic clock of calls, in milliseconds. */
  readonly monotonicNow: MonotonicClock;
  readonly version: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** undefined for plaintext. */
  readonly tls?: Tls | undefined;
  /** The time for a client to read an answer. */
  readonly answerTimeoutMs?: number | undefined;
}

function listen(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function close(server: Server, closing: AbortController, grace: number): Promise<void> {
  return new Promise((resolve) => {
    closing.abort();
    const insist = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, grace);
    server.tryShutdown(() => {
      clearTimeout(insist);
      resolve();
    });
  });
}

/** What a connection sends first over HTTP/2; with TLS it sends far more before it. */
const PREFACE_BYTES = 24;

/** Opens the listener. Errors: the port cannot be listened on. */
export async function openGrpcListener(options: GrpcListenerOptions): Promise<Listener> {
  const { state, version, host, port, tls, memory } = options;
  // The library would write to standard error beside the log; anything important also comes as an error.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...CHANNEL_OPTIONS, interceptors: [watchCalls(memory)] });
  const sockets = followConnections('gRPC', options);
  server.addService(
    Object.fromEntries(RPCS.map((rpc) => [rpc, bytesMethod(JobService[rpc])])),
    Object.fromEntries(RPCS.map((rpc) => [rpc, unary(rpc, options, sockets.end)])),
  );
  server.addService(
    { getVersion: bytesMethod(ServerInfoService.getVersion) },
    { getVersion: versionInfo(version) },
  );
  const closing = new AbortController();
  // Each open stream adds a listener.
  setMaxListeners(0, closing.signal);
  server.addService(HealthService, createHealthService(SERVICES, state, closing.signal));
  for (const { definition, implementation } of createReflectionServices(SERVICES, closing.signal))
    server.addService(definition, implementation);
  const bound = await listen(server, `${inAddress(host)}:${port}`, serverCredentials(tls));
  sockets.follow(bound);
  return {
    address: `${inAddress(host)}:${bound}`,
    async close(grace) {
      const closed = close(server, closing, grace);
      // The library knows the others, and tells them to leave.
      sockets.endIdle(({ bytesRead }) => bytesRead < PREFACE_BYTES);
      await closed;
      sockets.close();
    },
  };
}
