/** Keeps the last heartbeat of each server of the database: its reply, or its failure (docs/troubleshooting.md). */
import { connect } from 'node:tls';
import type { Document, MongoClient } from 'mongodb';

/** The last word of a server. */
export type Heartbeat =
  | { readonly reply: Document }
  | {
      readonly failure: Error;
      /** The server speaks TLS, and the client, whose connection was closed, did not. */
      readonly speaksTls: boolean;
    };

/** By address. */
export type Heartbeats = ReadonlyMap<string, Heartbeat>;

/** Milliseconds: after which a word is too old to count, and that a server has to answer a TLS handshake. */
const STALE_MS = 30_000;
const PROBE_TIMEOUT_MS = 1000;

/** Answers whether the server at `address` completes a TLS handshake, with any certificate. */
function speaksTls(address: string): Promise<boolean> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port),
      rejectUnauthorized: false,
      timeout: PROBE_TIMEOUT_MS,
    });
    const end = (speaks: boolean): void => {
      resolve(speaks);
      socket.destroy();
    };
    socket.once('secureConnect', () => {
      end(true);
    });
    socket.once('timeout', () => {
      end(false);
    });
    socket.once('error', () => {
      end(false);
    });
    socket.once('close', () => {
      end(false);
    });
  });
}

/** Answers whether the server closed the connection without a word, as one that expects TLS does. */
export const isClosedInHandshake = (failure: Error): boolean =>
  failure.cause === undefined && /^connection .* closed$/.test(failure.message);

export interface HeartbeatLog {
  /** Follows the servers that `client` sees. */
  observe(client: MongoClient): void;
  /** The heartbeats of the last 30 s. */
  latest(): Heartbeats;
}

export function createHeartbeatLog(monotonicNow: () => number): HeartbeatLog {
  const seen = new Map<string, { readonly at: number; readonly heartbeat: Heartbeat }>();
  const keep = (address: string, heartbeat: Heartbeat): void => {
    seen.set(address, { at: monotonicNow(), heartbeat });
  };

  function fail(address: string, failure: Error, tls: boolean): void {
    const before = seen.get(address)?.heartbeat;
    const known = before !== undefined && 'speaksTls' in before && before.speaksTls;
    const silent = !tls && isClosedInHandshake(failure);
    keep(address, { failure, speaksTls: silent && known });
    if (!silent || known) return;
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
        fail(connectionId, failure, client.options.tls);
      });
    },
    latest() {
      const fresh = [...seen].filter(([, { at }]) => monotonicNow() - at < STALE_MS);
      return new Map(fresh.map(([address, { heartbeat }]) => [address, heartbeat]));
    },
  };
}
