// A proxy that makes a real mongod pass for another server by editing its answers to `hello`.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';

/** The offset of the document in a message, by its opcode. */
const DOCUMENT_OFFSET: ReadonlyMap<number, number> = new Map([
  [1, 36], // OP_REPLY
  [2013, 21], // OP_MSG
]);

export type Edit = (hello: Document, address: string) => Document;

/** Edits a message with a `hello`; others stay unchanged. */
function edited(message: Buffer, edit: (hello: Document) => Document): Buffer {
  const offset = DOCUMENT_OFFSET.get(message.readInt32LE(12)) ?? Infinity;
  if (offset >= message.length) return message;
  const size = message.readInt32LE(offset);
  const document = BSON.deserialize(message.subarray(offset, offset + size));
  if (!('maxWireVersion' in document)) return message;
  const next = Buffer.concat([
    message.subarray(0, offset),
    BSON.serialize(edit(document)),
    message.subarray(offset + size),
  ]);
  next.writeInt32LE(next.length, 0);
  return next;
}

/** Forwards whole messages. */
function forward(from: Socket, to: Socket, edit: (hello: Document) => Document): void {
  let kept = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    while (kept.length >= 4 && kept.length >= kept.readInt32LE(0)) {
      const size = kept.readInt32LE(0);
      to.write(edited(kept.subarray(0, size), edit));
      kept = kept.subarray(size);
    }
  });
}

export interface HelloProxy {
  readonly address: string;
  close(): void;
}

/** Starts a proxy to the mongod on `port` of 127.0.0.1. */
export async function startHelloProxy(port: number, edit: Edit): Promise<HelloProxy> {
  const sockets = new Set<Socket>();
  let address = '';
  const server = createServer((client) => {
    const mongod = connect(port, '127.0.0.1');
    forward(mongod, client, (hello) => edit(hello, address));
    client.pipe(mongod);
    for (const socket of [client, mongod]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        mongod.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  address = typeof bound === 'object' && bound !== null ? `127.0.0.1:${bound.port}` : '';
  return {
    address,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
