/** Opens the listeners of gRPC, HTTP and administration; the last one closes behind the others (docs/deploy.md «Start and stop»). */
import type { MongoOptions } from 'mongodb';
import { descriptorLimit } from '../limits/descriptors.js';
import type { TimeSlicer } from '../limits/yield.js';
import type { Config } from '../config/config.js';
import { notServing } from '../errors.js';
import { CONDITION_KEYS } from '../job/condition-keys.js';
import { PURPOSE_OPTIONS } from '../mongo/client-options.js';
import { openAdminListener } from '../server/admin/admin.js';
import type { AbortableCalls } from '../server/call-context.js';
import { connectionLimit, DEFAULT_DESCRIPTORS, MAX_CONNECTIONS } from '../server/descriptors.js';
import { openGrpcListener } from '../server/grpc/grpc.js';
import { openHttpListener } from '../server/http/http.js';
import type { Listener } from '../server/listener.js';
import { withListenErrors } from '../server/ports.js';
import { createRequestMemory } from '../server/request-memory.js';
import type { ServingState } from '../server/serving-state.js';
import type { Tls } from '../server/tls.js';
import { VERSION } from '../version.js';
import type { Addresses, Context } from './context.js';

/** The parts served by the listeners. */
export interface ServedParts {
  readonly calls: AbortableCalls;
  readonly state: ServingState;
  readonly timeSlicer: TimeSlicer;
  readonly tls: Tls | undefined;
  /** Domains offered by the explorer. */
  readonly domains: readonly string[];
  /** Connections of each listener. */
  readonly maxConnections: number;
}

/** The connection limit of each listener beside the pools of the database, and a notice where descriptors lower it. */
export async function readConnectionLimit(
  options: MongoOptions,
  { log, replaced }: Context,
): Promise<{ readonly maxConnections: number; readonly notice: () => void }> {
  const descriptors = (await descriptorLimit()) ?? DEFAULT_DESCRIPTORS;
  const pools = Object.values(PURPOSE_OPTIONS).map(
    (own) => replaced?.mongo?.maxPoolSize ?? own.maxPoolSize ?? options.maxPoolSize,
  );
  const inPools = pools.reduce((sum, size) => sum + size, 0);
  const maxConnections = connectionLimit(descriptors, inPools);
  const notice = (): void => {
    if (maxConnections < MAX_CONNECTIONS)
      log.info(
        { descriptors, connections: maxConnections },
        'the file descriptor limit lowers the connection limit of each transport',
      );
  };
  return { maxConnections, notice };
}

/** The kind of authentication, as reported to the explorer. */
const authOf = ({ auth, authIdentityEndpoint }: Config): 'none' | 'jwt' | 'identity' =>
  authIdentityEndpoint === undefined ? auth : 'identity';

/** The time to send the last answers after the grace. */
const LAST_ANSWERS_MS = 500;

type Open = (port: number) => Promise<Listener>;

/** Opens the listeners. Errors: a port is in use or not allowed; the error names the variable. */
export async function openListeners(
  { domains, ...served }: ServedParts,
  { config, log, clock, cleanups, replaced, metrics, memory }: Context,
): Promise<Addresses> {
  const { host, corsOrigins } = config;
  const { now, monotonicNow } = clock;

  /** Opens listeners that close together; `endCalls` is called after the grace. */
  function group(grace: number, endCalls: () => void) {
    const listeners: Listener[] = [];
    cleanups.push(async () => {
      const end = setTimeout(endCalls, grace);
      await Promise.all(listeners.map((listener) => listener.close(grace + LAST_ANSWERS_MS)));
      clearTimeout(end);
    });
    return async (variable: string, port: number | 'off', open: Open): Promise<string> => {
      if (port === 'off') return port;
      const listener = await withListenErrors(variable, port, host, open(port));
      listeners.push(listener);
      return listener.address;
    };
  }
  // Probes and scrapes are answered while calls end: the group that closes last comes first.
  const listenForProbes = group(0, () => undefined);
  const listen = group(config.shutdownGraceMs, () => {
    served.calls.abortAll(notServing('stopping'));
  });

  const answerTimeoutMs = replaced?.answerTimeoutMs;
  const parts = { ...served, memory: createRequestMemory(memory, metrics) };
  const shared = { ...parts, version: VERSION, host, log, metrics, monotonicNow, answerTimeoutMs };
  const grpc = await listen('GRPC_PORT', config.grpcPort, (port) =>
    openGrpcListener({ ...shared, now, port }),
  );
  const explorer =
    config.explorer === 'on'
      ? { auth: authOf(config), grpc, domains, fields: CONDITION_KEYS, explain: config.explain }
      : undefined;
  const http = await listen('HTTP_PORT', config.httpPort, (port) =>
    openHttpListener({ ...shared, port, corsOrigins, explorer }),
  );
  const admin = await listenForProbes('ADMIN_PORT', config.adminPort, (port) =>
    openAdminListener(served.state, { host, port, log, metrics, answerTimeoutMs }),
  );
  return { grpc, http, admin };
}
