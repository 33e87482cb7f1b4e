// The frames of gRPC and gRPC-Web.

const PREFIX_BYTES = 5;

/** Frames `content` as a message of gRPC and gRPC-Web. */
export function framed(content: Uint8Array | string, flags = 0): Buffer {
  const bytes = Buffer.from(content);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** The frames of a gRPC-Web answer: the message, empty if there is none, and the trailers. */
export function unframed(body: Buffer): {
  readonly message: Buffer;
  readonly trailers: ReadonlyMap<string, string>;
} {
  const length = body[0] === 0 ? body.readUInt32BE(1) : -PREFIX_BYTES;
  const message = body.subarray(PREFIX_BYTES, Math.max(PREFIX_BYTES, PREFIX_BYTES + length));
  const lines = body.subarray(PREFIX_BYTES + length + PREFIX_BYTES).toString();
  const pairs = lines.split('\r\n').map((line) => line.split(': ', 2));
  return { message, trailers: new Map(pairs.map(([name = '', value = '']) => [name, value])) };
}
