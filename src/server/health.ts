/** Whether the service serves, and grpc.health.v1.Health that says so (docs/operations.md «Health»). */
import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { endWith } from './grpc/drain.js';
import { HealthCheckResponse_ServingStatus as Serving } from '../gen/grpc/health/v1/health.js';
import type { HealthCheckRequest, HealthCheckResponse, HealthServer } from '../gen/grpc/health/v1/health.js';
import type { Reason } from '../reasons.js';

export interface ServingState {
  serving(): boolean;
  /** Why it does not serve; undefined while it does. */
  reason(): Reason | undefined;
  /** `reason` is why it does not serve, where it does not. */
  set(serving: boolean, reason?: Reason): void;
  /** Calls `listener` when it begins or ends to serve, until the function that it answers is called. */
  subscribe(listener: () => void): () => void;
}

/** The state at the start is: not serving. */
export function createServingState(): ServingState {
  const listeners = new Set<() => void>();
  let serving = false;
  let why: Reason = 'starting';
  return {
    serving: () => serving,
    reason: () => (serving ? undefined : why),
    set(next, reason = why) {
      why = reason;
      if (next === serving) return;
      serving = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Watch = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** The health of `services`, and of the server as a whole by the name ''; `closing` ends the open watches. */
export function createHealthService(
  services: readonly string[],
  state: ServingState,
  closing: AbortSignal,
): HealthServer {
  const known = new Set(['', ...services]);
  const now = (): HealthCheckResponse => ({
    status: state.serving() ? Serving.SERVING : Serving.NOT_SERVING,
  });

  function watch(call: Watch): void {
    endWith(closing, call);
    if (!known.has(call.request.service)) {
      call.write({ status: Serving.SERVICE_UNKNOWN });
      return;
    }
    call.write(now());
    const unsubscribe = state.subscribe(() => call.write(now()));
    call.on('cancelled', unsubscribe);
    // A caller that goes away ends its stream; without a listener the stream's error would end the process.
    call.on('error', unsubscribe);
  }

  return {
    check(call, callback) {
      if (known.has(call.request.service)) callback(null, now());
      else callback({ code: status.NOT_FOUND, details: 'unknown service' });
    },
    watch,
  };
}
