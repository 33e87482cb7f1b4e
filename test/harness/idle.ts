// Idle connections, in any number.
import { dial } from './tcp.js';
import { until } from './until.js';

export interface Idle extends Disposable {
  /** The number of connections closed by the listener. */
  refused(): number;
}

/** Opens `count` connections to each of `addresses`, and waits for all of them. */
export async function idleConnections(addresses: readonly string[], count: number): Promise<Idle> {
  let made = 0;
  let refused = 0;
  const all = addresses.flatMap((address) => Array.from({ length: count }, () => address));
  const sockets = all.map((address) => {
    const socket = dial(address);
    socket.once('connect', () => (made += 1));
    socket.once('close', () => (refused += 1));
    return socket.resume();
  });
  await until(`${all.length} connections are made`, () => made === all.length, 10_000);
  return {
    refused: () => refused,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
