// A proxy to a server that can delay, cut, reset, hold or drop the traffic (docs/resilience.md «Scenarios»).
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startTcpProxy } from '../harness/tcp.js';
import type { Pair, TcpProxy } from '../harness/tcp.js';

/** The treatment of the traffic. */
export type Mode =
  | 'open'
  /** Each chunk is delayed. */
  | { readonly delayMs: number }
  /** The first half of each answer passes, and the connection ends. */
  | 'cut'
  /** Each connection is reset by its next chunk, new ones at once. */
  | 'reset'
  /** Everything is dropped in silence; existing connections stay dead for ever. */
  | 'blackhole'
  /** Chunks wait until the mode changes. */
  | 'held'
  /** Held, from the first request with this text on. */
  | { readonly heldFrom: string };

export interface NetworkProxy extends TcpProxy {
  set(mode: Mode): void;
  mode(): Mode;
}

/** Starts a proxy to the server at `target`. */
export async function startNetworkProxy(target: string): Promise<NetworkProxy> {
  let mode: Mode = 'open';
  // Each held connection listens.
  const changes = new EventEmitter().setMaxListeners(0);

  /** Forwards `chunk` by the current mode; the pairs no longer joined are dead. */
  async function pass({ client, server, joined }: Pair, to: Socket, chunk: Buffer): Promise<void> {
    if (!joined) return;
    if (mode === 'reset') {
      client.resetAndDestroy();
      server.destroy();
      return;
    }
    if (typeof mode === 'object' && 'heldFrom' in mode && chunk.includes(mode.heldFrom)) mode = 'held';
    if (mode === 'held') await once(changes, 'change');
    else if (typeof mode === 'object' && 'delayMs' in mode) await pause(mode.delayMs);
    if (mode !== 'cut' || to !== client) {
      to.write(chunk);
      return;
    }
    to.write(chunk.subarray(0, chunk.length / 2));
    to.end();
    server.destroy();
  }

  const proxy = await startTcpProxy(target, (pair) => {
    pair.joined = mode !== 'blackhole';
    // Chunks stay in order, whatever the delays.
    const passed = new Map<Socket, Promise<void>>();
    return (chunk, to) => {
      passed.set(
        to,
        (passed.get(to) ?? Promise.resolve()).then(() => pass(pair, to, chunk)),
      );
    };
  });
  return {
    ...proxy,
    mode: () => mode,
    set(next) {
      mode = next;
      if (next === 'blackhole') for (const pair of proxy.pairs) pair.joined = false;
      changes.emit('change');
    },
  };
}
