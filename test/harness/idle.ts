// Connections that ask for nothing, as many as one likes.
import { connect } from 'node:net';
import { until } from './until.js';

export interface Idle extends Disposable {
  /** How many the listener has ended. */
  refused(): number;
}

/** Opens `count` connections to each of `addresses`, and waits until all are made. */
export async function idleConnections(addresses: readonly string[], count: number): Promise<Idle> {
  let made = 0;
  let refused = 0;
  const all = addresses.flatMap((address) => Array.from({ length: count }, () => address.split(':')));
  const sockets = all.map(([host, port]) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => (made += 1));
    // One that is refused may be reset.
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
