// BSON documents as arbitrary bytes, inserted without the driver, which refuses some that MongoDB accepts.
import { once } from 'node:events';
import { BSON } from 'mongodb';
import { dial } from './tcp.js';

const OP_MSG = 2013;
const HEADER = 16;
const ANSWER_TIMEOUT_MS = 10_000;

const int32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(number);
  return bytes;
};

/** A value in a document: its type number, and its bytes. */
export interface Element {
  readonly type: number;
  readonly bytes: Buffer;
}

const NUL = Buffer.of(0);
const part = (name: string | Buffer, { type, bytes }: Element): Buffer =>
  Buffer.concat([Buffer.of(type), Buffer.from(name), NUL, bytes]);

/** Encodes a document of elements in the given order, with repeated names. */
export function rawDocument(entries: readonly (readonly [string | Buffer, Element])[]): Buffer {
  const parts = Buffer.concat(entries.map(([name, element]) => part(name, element)));
  return Buffer.concat([int32(4 + parts.length + 1), parts, NUL]);
}

export const rawObject = (entries: readonly (readonly [string | Buffer, Element])[]): Element => ({
  type: 0x03,
  bytes: rawDocument(entries),
});

/** Encodes any value of the driver. */
export function element(value: unknown): Element {
  const document = Buffer.from(BSON.serialize(new Map([['v', value]]), { ignoreUndefined: false }));
  return { type: document[4] ?? 0, bytes: document.subarray(4 + 1 + 2, -1) };
}

function insertMessage(database: string, collection: string, documents: readonly Buffer[]): Buffer {
  const body = BSON.serialize({ insert: collection, $db: database });
  const name = Buffer.from('documents\0');
  const list = Buffer.concat(documents);
  const sections = [Buffer.of(0), body, Buffer.of(1), int32(4 + name.length + list.length), name, list];
  const rest = Buffer.concat([int32(1), int32(0), int32(OP_MSG), int32(0), ...sections]);
  return Buffer.concat([int32(4 + rest.length), rest]);
}

/** Inserts `documents` unchanged at the mongod of `uri`. Errors: the answer of mongod. */
export async function insertRaw(
  uri: string,
  database: string,
  collection: string,
  documents: readonly Buffer[],
): Promise<void> {
  const socket = dial(new URL(uri).host);
  socket.write(insertMessage(database, collection, documents));
  let reply = Buffer.alloc(0);
  while (reply.length < HEADER || reply.length < reply.readInt32LE(0)) {
    const data: readonly unknown[] = await once(socket, 'data', {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    reply = Buffer.concat([reply, ...data.filter((each) => Buffer.isBuffer(each))]);
  }
  socket.destroy();
  const answer = BSON.deserialize(reply.subarray(HEADER + 4 + 1));
  if (answer['n'] !== documents.length) throw new Error(`not all were inserted: ${JSON.stringify(answer)}`);
}
