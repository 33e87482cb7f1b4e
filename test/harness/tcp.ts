// TCP: sockets to an address `host:port`, servers on a free port, and proxies that see each chunk.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { freePort } from '../../src/embedded/embedded.js';

const LOOPBACK = '127.0.0.1';

/** An address to listen at. */
export const freeAddress = async (): Promise<string> => `${LOOPBACK}:${await freePort()}`;

export const portOf = (address: string): string => address.split(':').at(-1) ?? '';

/** Opens a socket to `address`; any end of it is expected. */
export function dial(address: string): Socket {
  const { hostname, port } = new URL(`tcp://${address}`);
  return connect(Number(port), hostname.replaceAll(/[[\]]/g, '')).on('error', () => undefined);
}

/** Tells whether a server accepts connections at `address`. */
export async function isListening(address: string): Promise<boolean> {
  const socket = dial(address);
  const listens = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return listens;
}

export interface Listening extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
  readonly address: string;
  readonly port: number;
}

/** Opens `server` on `port` or a free one, until its disposal breaks all connections; any end of them is expected. */
export async function listen(server: Server, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  return {
    address: `${LOOPBACK}:${bound.port}`,
    port: bound.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A connection of a proxy. */
export interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** The end of one socket ends the other. */
  joined: boolean;
}

export interface TcpProxy extends Listening {
  /** The open connections. */
  readonly pairs: ReadonlySet<Pair>;
}

/** Starts a proxy to the server at `target`; `forwarder` makes the function that passes on the chunks of a connection. */
export async function startTcpProxy(
  target: string,
  forwarder: (pair: Pair) => (chunk: Buffer, to: Socket) => void,
  port = 0,
): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const proxy = createServer((client) => {
    const pair: Pair = { client, server: dial(target), joined: true };
    pairs.add(pair);
    const forward = forwarder(pair);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        forward(chunk, to);
      });
      from.on('close', () => {
        if (pair.joined) to.destroy();
        if (to.destroyed) pairs.delete(pair);
      });
    }
  });
  const listening = await listen(proxy, port);
  return {
    ...listening,
    pairs,
    async [Symbol.asyncDispose]() {
      for (const { server } of pairs) server.destroy();
      await listening[Symbol.asyncDispose]();
    },
  };
}
