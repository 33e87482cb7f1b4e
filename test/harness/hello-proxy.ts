// A proxy that makes a real mongod pass for another server by editing its answers to `hello`.
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { startTcpProxy } from './tcp.js';
import type { TcpProxy } from './tcp.js';

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

/** Starts a proxy to the mongod at `target`. */
export async function startHelloProxy(target: string, edit: Edit): Promise<TcpProxy> {
  const proxy = await startTcpProxy(target, ({ server }) => {
    let kept = Buffer.alloc(0);
    return (chunk, to) => {
      if (to === server) return void to.write(chunk);
      kept = Buffer.concat([kept, chunk]);
      while (kept.length >= 4 && kept.length >= kept.readInt32LE(0)) {
        const size = kept.readInt32LE(0);
        to.write(edited(kept.subarray(0, size), (hello) => edit(hello, proxy.address)));
        kept = kept.subarray(size);
      }
    };
  });
  return proxy;
}
