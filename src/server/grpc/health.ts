/** grpc.health.v1.Health: the serving state over gRPC (docs/monitor.md «Health»). */
import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { HealthCheckResponse_ServingStatus as Serving } from '../../gen/grpc/health/v1/health.js';
import type {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthServer,
} from '../../gen/grpc/health/v1/health.js';
import type { ServingState } from '../serving-state.js';
import { endWith } from './drain.js';

type Watch = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** Answers the health of `services`, and of the whole server under the name ''; `closing` ends open watches. */
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
    // A disconnected client ends its stream; without a listener the stream's error would end the process.
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
