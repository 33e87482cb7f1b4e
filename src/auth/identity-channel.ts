/** The channel to the identity service: replaced once it is silent, it leaves no socket behind (docs/secure.md «Identity service»). */
import type { Socket } from 'node:net';
import { Channel, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { MonotonicClock } from '../clock.js';
import { AuthorizationClient } from '../gen/spaceone/api/identity/v1/authorization.js';
import { DomainClient } from '../gen/spaceone/api/identity/v1/domain.js';

export interface IdentityEndpoint {
  /** `host:port`. */
  readonly address: string;
  /** True for TLS. */
  readonly secure: boolean;
}

/** The clients of identity's services. */
export interface IdentityClients {
  readonly domains: DomainClient;
  readonly authorizations: AuthorizationClient;
}

/** A request on a connection; its disposal ends it. */
export interface ChannelRequest extends Disposable {
  readonly clients: IdentityClients;
  /** Notes that identity has answered. */
  heard(): void;
}

export interface IdentityChannel {
  begin(): ChannelRequest;
  close(): void;
}

export interface ChannelOptions {
  /** Milliseconds of waiting without an answer after which a connection is replaced. */
  readonly silenceMs: number;
  readonly monotonicNow: MonotonicClock;
}

/** Milliseconds between two tries to connect, at most. From the common pool, a new channel would get the connection of the former. */
const CHANNEL = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_channelz': 0,
  'grpc.use_local_subchannel_pool': 1,
} as const;

/**
 * Tracks the sockets opened with `owned` credentials; the returned function destroys them. By itself a closed channel waits
 * for its peer to close as well, without end if the peer is silent.
 */
function trackSockets(owned: ChannelCredentials): () => void {
  const sockets = new Set<Socket>();
  let isClosed = false;
  const createConnector = owned._createSecureConnector.bind(owned);
  owned._createSecureConnector = (...target) => {
    const connector = createConnector(...target);
    const connect = connector.connect.bind(connector);
    connector.connect = async (socket) => {
      if (isClosed) throw new Error('the channel is closed');
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return connect(socket);
    };
    return connector;
  };
  return () => {
    isClosed = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** Opens clients on one connection, made with their first request. */
function openClients({ address, secure }: IdentityEndpoint): IdentityClients & { close(): void } {
  const owned = secure ? credentials.createSsl() : credentials.createInsecure();
  const destroySockets = trackSockets(owned);
  const channel = new Channel(address, owned, CHANNEL);
  return {
    domains: new DomainClient(address, owned, { channelOverride: channel }),
    authorizations: new AuthorizationClient(address, owned, { channelOverride: channel }),
    close() {
      channel.close();
      destroySockets();
    },
  };
}

/** A connection with its requests, and the time that these have waited since the last answer. */
function openConnection(endpoint: IdentityEndpoint, monotonicNow: MonotonicClock) {
  const clients = openClients(endpoint);
  let requests = 0;
  let isRetired = false;
  let waitedMs = 0;
  let waitsSince = 0;
  const closeIfDone = (): void => {
    if (isRetired && requests === 0) clients.close();
  };
  return {
    clients,
    begin(): void {
      if (requests === 0) waitsSince = monotonicNow();
      requests += 1;
    },
    heard(): void {
      waitedMs = 0;
      waitsSince = monotonicNow();
    },
    end(): void {
      const time = monotonicNow();
      waitedMs += time - waitsSince;
      waitsSince = time;
      requests -= 1;
      closeIfDone();
    },
    waitedMs: () => waitedMs,
    /** Closes the connection with the last of its requests. */
    retire(): void {
      isRetired = true;
      closeIfDone();
    },
  };
}

/** Opens a channel to identity; it connects with its first request. */
export function openIdentityChannel(
  endpoint: IdentityEndpoint,
  { silenceMs, monotonicNow }: ChannelOptions,
): IdentityChannel {
  let current: ReturnType<typeof openConnection> | undefined;
  return {
    begin() {
      const connection = (current ??= openConnection(endpoint, monotonicNow));
      connection.begin();
      return {
        clients: connection.clients,
        heard: connection.heard,
        [Symbol.dispose]() {
          connection.end();
          if (connection.waitedMs() < silenceMs || connection !== current) return;
          current = undefined;
          connection.retire();
        },
      };
    },
    close() {
      current?.clients.close();
      current = undefined;
    },
  };
}
