/** A way to a server over which a trial has power: it can delay, cut, reset, and let nothing through (docs/operations.md «Trials»). */
import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What happens to what is sent. */
export type Way =
  | 'open'
  /** Each piece takes so long more. */
  | { readonly delay: number }
  /** Of each answer the first half comes, and then the connection ends. */
  | 'cut'
  /** Each connection is reset with what comes next, and new ones at once. */
  | 'reset'
  /** Nothing comes through, and nobody is told; what was connected before stays so for ever. */
  | 'blackhole'
  /** Nothing comes through until the way is open again. */
  | 'held'
  /** From the first request on that holds this text, held. */
  | { readonly heldFrom: string };

export interface Proxy extends AsyncDisposable {
  readonly host: string;
  set(way: Way): void;
  /** How it is now. */
  way(): Way;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing comes through any more. */
  dead: boolean;
}

/** A way to the server at `target`. */
export async function proxyTo(target: string): Promise<Proxy> {
  const [host = '', port = ''] = target.split(':');
  const pairs = new Set<Pair>();
  let way: Way = 'open';
  // Each connection that is held listens.
  const changes = new EventEmitter().setMaxListeners(0);

  function end({ client, server }: Pair): void {
    client.resetAndDestroy();
    server.destroy();
  }

  /** Hands `chunk` on as the way is now. */
  async function pass(pair: Pair, to: Socket, chunk: Buffer): Promise<void> {
    if (pair.dead) return;
    if (way === 'reset') {
      end(pair);
      return;
    }
    if (typeof way === 'object' && 'heldFrom' in way && chunk.includes(way.heldFrom)) way = 'held';
    if (way === 'held') await once(changes, 'change');
    else if (typeof way === 'object' && 'delay' in way) await pause(way.delay);
    if (way !== 'cut' || to !== pair.client) {
      to.write(chunk);
      return;
    }
    to.write(chunk.subarray(0, chunk.length / 2));
    to.end();
    pair.server.destroy();
  }

  const listener = createServer((client) => {
    const pair: Pair = { client, server: connect(Number(port), host), dead: way === 'blackhole' };
    pairs.add(pair);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      // In order, however long each takes.
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
    way: () => way,
    set(next) {
      way = next;
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
