/** Keeps the last heartbeat of each server: its reply, or its failure (docs/troubleshooting.md). */
import { connect } from 'node:tls';
import type { Document, MongoClient } from 'mongodb';
import type { MonotonicClock } from '../../clock.js';

/** The last heartbeat of a server. */
export type Heartbeat =
  | { readonly reply: Document }
  | {
      readonly failure: Error;
      /** True: the server completed a TLS handshake, after it had closed a connection without TLS. */
      readonly speaksTls: boolean;
    };

/** Heartbeats by address. */
export type Heartbeats = ReadonlyMap<string, Heartbeat>;

const HEARTBEAT_TTL_MS = 30_000;
const TLS_PROBE_TIMEOUT_MS = 1000;

/** Tries a TLS handshake with the server at `address`, with any certificate. */
function speaksTls(address: string): Promise<boolean> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port),
      rejectUnauthorized: false,
      timeout: TLS_PROBE_TIMEOUT_MS,
    });
    const end = (isSecure: boolean) => (): void => {
      resolve(isSecure);
      socket.destroy();
    };
    socket.once('secureConnect', end(true));
    for (const event of ['timeout', 'error', 'close']) socket.once(event, end(false));
  });
}

/** Returns true if the server closed the connection without an answer, as one with TLS only does. */
export const isClosedInHandshake = (failure: Error): boolean =>
  failure.cause === undefined && /^connection .* closed$/.test(failure.message);

export interface HeartbeatLog {
  /** Follows the servers of `client`. */
  observe(client: MongoClient): void;
  /** Returns the heartbeats of the last 30 s. */
  latest(): Heartbeats;
}

export function createHeartbeatLog(monotonicNow: MonotonicClock): HeartbeatLog {
  const entries = new Map<string, { readonly time: number; readonly heartbeat: Heartbeat }>();
  const keep = (address: string, heartbeat: Heartbeat): void => {
    entries.set(address, { time: monotonicNow(), heartbeat });
  };

  /** Keeps a failure. A server that closes connections without TLS is probed for TLS; until the result the last one stands. */
  function keepFailure(address: string, failure: Error, tls: boolean): void {
    const before = entries.get(address)?.heartbeat;
    const spokeTls = before !== undefined && 'speaksTls' in before && before.speaksTls;
    const isClosed = !tls && isClosedInHandshake(failure);
    keep(address, { failure, speaksTls: isClosed && spokeTls });
    if (!isClosed || spokeTls) return;
    void speaksTls(address).then((speaks) => {
      if (speaks) keep(address, { failure, speaksTls: true });
    });
  }

  return {
    observe(client) {
      client.on('serverHeartbeatSucceeded', ({ connectionId, reply }) => {
        keep(connectionId, { reply });
      });
      client.on('serverHeartbeatFailed', ({ connectionId, failure }) => {
        keepFailure(connectionId, failure, client.options.tls);
      });
    },
    latest() {
      const fresh = [...entries].filter(([, { time }]) => monotonicNow() - time < HEARTBEAT_TTL_MS);
      return new Map(fresh.map(([address, { heartbeat }]) => [address, heartbeat]));
    },
  };
}
