// The client of grpc.health.v1.Health.
import { credentials, Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthClient as GrpcClient,
} from '../../src/gen/grpc/health/v1/health.js';
import type { HealthCheckResponse } from '../../src/gen/grpc/health/v1/health.js';
import { until } from './until.js';

export interface Watching {
  /** The names of the serving statuses so far, and that of the gRPC status at an end with an error. */
  readonly seen: readonly string[];
  /** Waits for the first one. */
  begun(timeoutMs?: number): Promise<void>;
  cancel(): void;
}

export interface HealthClient {
  /** Returns the name of the serving status, or that of the gRPC status of an error. */
  check(service?: string, timeoutMs?: number): Promise<string>;
  /** Follows the serving status, and passes each one to `report`. */
  watch(service?: string, report?: (serving: string) => void): Watching;
  close(): void;
}

const TIMEOUT_MS = 10_000;

/** A client of the gRPC listener at `address`, which connects with the first call. */
export function createHealthClient(address: string, channel = credentials.createInsecure()): HealthClient {
  const client = new GrpcClient(address, channel);
  return {
    check: (service = '', timeoutMs = TIMEOUT_MS) =>
      new Promise((resolve) => {
        const options = { deadline: Date.now() + timeoutMs };
        client.check({ service }, new Metadata(), options, (error, response) => {
          resolve(error === null ? Serving[response.status] : status[error.code]);
        });
      }),
    watch(service = '', report = () => undefined) {
      const seen: string[] = [];
      const stream = client.watch({ service });
      stream.on('data', (response: HealthCheckResponse) => {
        seen.push(Serving[response.status]);
        report(Serving[response.status]);
      });
      stream.on('error', ({ code }: ServiceError) => seen.push(status[code]));
      return {
        seen,
        begun: (timeoutMs = TIMEOUT_MS) =>
          until('the service reports its status', () => seen.length > 0, timeoutMs),
        cancel() {
          stream.cancel();
        },
      };
    },
    close() {
      client.close();
    },
  };
}
