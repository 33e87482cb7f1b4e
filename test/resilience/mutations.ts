// Mutations of encoded messages: bytes that almost decode.
import { encodeField } from '../harness/encoder.js';
import { below, pick, randomBytes } from '../harness/random.js';
import type { Random } from '../harness/random.js';

type Mutation = (next: Random, bytes: Buffer) => Buffer;

/** Draws the start and the end of a part of `bytes`. */
function range(next: Random, bytes: Buffer): readonly [number, number] {
  const from = below(next, bytes.length + 1);
  return [from, from + below(next, bytes.length - from + 1)];
}

const flipped: Mutation = (next, bytes) => {
  const copy = Buffer.from(bytes);
  for (let flips = 1 + below(next, 4); flips > 0; flips--) {
    const at = below(next, copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(next, 8));
  }
  return copy;
};

const shortened: Mutation = (next, bytes) => bytes.subarray(0, below(next, bytes.length + 1));

const repeated: Mutation = (next, bytes) => {
  const [from, to] = range(next, bytes);
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)]);
};

const leftOut: Mutation = (next, bytes) => {
  const [from, to] = range(next, bytes);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
};

const filled: Mutation = (next, bytes) => {
  const [from] = range(next, bytes);
  return Buffer.concat([bytes.subarray(0, from), randomBytes(next, below(next, 16)), bytes.subarray(from)]);
};

const wrapped: Mutation = (next, bytes) => {
  let inner = bytes;
  for (let levels = below(next, 200); levels > 0; levels--) inner = encodeField(1 + below(next, 8), inner);
  return inner;
};

const MUTATIONS: readonly Mutation[] = [flipped, flipped, shortened, repeated, leftOut, filled, wrapped];

/** Applies one to three mutations. */
export function mutated(next: Random, bytes: Uint8Array): Buffer {
  let changed = Buffer.from(bytes);
  for (let times = 1 + below(next, 3); times > 0; times--)
    changed = Buffer.from(pick(next, MUTATIONS)(next, changed));
  return changed;
}

/** Draws random bytes. */
export const junk = (next: Random): Buffer => randomBytes(next, below(next, 400));
