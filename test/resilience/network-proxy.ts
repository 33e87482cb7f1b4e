// A proxy to a server that can delay, cut, reset, hold or drop the traffic (docs/resilience.md «Scenarios»).
import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

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

export interface NetworkProxy extends AsyncDisposable {
  readonly host: string;
  set(mode: Mode): void;
  mode(): Mode;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Traffic is dropped for ever. */
  dead: boolean;
}

/** Starts a proxy to the server at `target`. */
export async function startNetworkProxy(target: string): Promise<NetworkProxy> {
  const [host = '', port = ''] = target.split(':');
  const pairs = new Set<Pair>();
  let mode: Mode = 'open';
  // Each held connection listens.
  const changes = new EventEmitter().setMaxListeners(0);

  function end({ client, server }: Pair): void {
    client.resetAndDestroy();
    server.destroy();
  }

  /** Forwards `chunk` by the current mode. */
  async function pass(pair: Pair, to: Socket, chunk: Buffer): Promise<void> {
    if (pair.dead) return;
    if (mode === 'reset') {
      end(pair);
      return;
    }
    if (typeof mode === 'object' && 'heldFrom' in mode && chunk.includes(mode.heldFrom)) mode = 'held';
    if (mode === 'held') await once(changes, 'change');
    else if (typeof mode === 'object' && 'delayMs' in mode) await pause(mode.delayMs);
    if (mode !== 'cut' || to !== pair.client) {
      to.write(chunk);
      return;
    }
    to.write(chunk.subarray(0, chunk.length / 2));
    to.end();
    pair.server.destroy();
  }

  const listener = createServer((client) => {
    const pair: Pair = { client, server: connect(Number(port), host), dead: mode === 'blackhole' };
    pairs.add(pair);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      // Chunks stay in order, whatever the delays.
      let passed = Promise.resolve();
      from.on('data', (chunk: Buffer) => {
        passed = passed.then(() => pass(pair, to, chunk));
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        if (!pair.dead) to.destroy();
        pairs.delete(pair);
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    host: `127.0.0.1:${address.port}`,
    mode: () => mode,
    set(next) {
      mode = next;
      if (next === 'blackhole') for (const pair of pairs) pair.dead = true;
      changes.emit('change');
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) end(pair);
      listener.close();
      await once(listener, 'close');
    },
  };
}
