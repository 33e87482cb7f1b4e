// Idle connections, in any number.
import { connect } from 'node:net';
import { until } from './until.js';

export interface Idle extends Disposable {
  /** The number of connections closed by the listener. */
  refused(): number;
}

/** Opens `count` connections to each of `addresses`, and waits for all of them. */
export async function idleConnections(addresses: readonly string[], count: number): Promise<Idle> {
  let made = 0;
  let refused = 0;
  const all = addresses.flatMap((address) => Array.from({ length: count }, () => address.split(':')));
  const sockets = all.map(([host, port]) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => (made += 1));
    // A refused one may be reset.
    socket.on('error', () => undefined);
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
