/** How a message is written: as protobuf, or as proto3 JSON by the descriptors of the contract (docs/http.md «JSON»). */
import type { DescMessage } from '@bufbuild/protobuf';
import { bytesOfJson } from './json-request.js';
import { jsonChunks } from './json.js';
import { refuseWide } from './unicode.js';

/** Between what is sent and protobuf's bytes, which everything behind the doors speaks. */
export interface Codec {
  /** The bytes of the `message` that `sent` holds. Errors: INVALID_PARAMETER that names the field, LIMIT_EXCEEDED. */
  decode(message: DescMessage, sent: Uint8Array): Uint8Array;
  /** What to send for the bytes of a `message`, each chunk made in a few milliseconds; an empty one is a step on the way. */
  encode(message: DescMessage, bytes: Uint8Array): Iterable<Uint8Array>;
}

/** As it is: whether it can be decoded shows when it is. */
export const PROTOBUF: Codec = {
  decode: (_, sent) => sent,
  encode: (_, bytes) => [bytes],
};

/** Both spellings of names are taken, and null is a value; out go the names of the .proto files. */
export const JSON_TEXT: Codec = {
  decode(message, sent) {
    refuseWide(sent);
    return bytesOfJson(message, sent);
  },
  encode: jsonChunks,
};
