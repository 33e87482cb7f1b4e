/**
 * Bounds gRPC requests on their way by time and by memory (docs/configure.md «Memory»): the library waits for the rest of a
 * request without end, and keeps each piece as it came.
 */
import { Duplex } from 'node:stream';
import { appError } from '../../errors.js';
import type { MemoryBudget } from '../../limits/memory-budget.js';
import { ARRIVAL_TIMEOUT_MS } from '../call-context.js';

/** The time for the status of a refused request to be sent: behind answers it takes some turns of the event loop. */
const STATUS_TIMEOUT_MS = 100;

/** Memory of a piece beside its bytes. */
const PIECE_BYTES = 256;

export interface Arrival {
  readonly memory: MemoryBudget;
  /** Each message of a stream has its own time; between two of them the client may wait for as long as it likes. */
  readonly isStream: boolean;
  /** The time for a message to arrive, of a request of one message from its beginning on. */
  readonly timeoutMs?: number;
  /** Answers an error in place of the rest of the request. */
  refuse(error: unknown): void;
}

/** A message begins with a flag and its length. */
const HEAD_BYTES = 5;

/** Reads over messages in pieces of any size, and tells after each piece whether a message is half-way. */
function createFraming(): (piece: Buffer) => boolean {
  let head: Buffer = Buffer.alloc(0);
  let missing = 0;
  return (piece) => {
    let rest = head.length === 0 ? piece : Buffer.concat([head, piece]);
    while (rest.length >= missing + HEAD_BYTES) {
      rest = rest.subarray(missing);
      missing = HEAD_BYTES + rest.readUInt32BE(1);
    }
    head = rest.subarray(missing);
    missing = Math.max(0, missing - rest.length);
    return missing > 0 || head.length > 0;
  };
}

/**
 * Bounds the request on `stream` until its client has sent all of it. The answered function tells that a message of it has
 * been taken: the next one begins with nothing, as the library reads no further before.
 */
export function boundArrival(
  stream: Duplex,
  { memory, isStream, timeoutMs = ARRIVAL_TIMEOUT_MS, refuse }: Arrival,
): () => void {
  let reservation = memory.reserve();
  const isHalfWay = isStream ? createFraming() : () => true;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer ??= setTimeout(() => {
      refuseRest(appError('REQUEST_TIMEOUT', {}));
    }, timeoutMs);
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const end = (): void => {
    stop();
    stream.off('data', take);
    reservation[Symbol.dispose]();
  };
  const refuseRest = (error: unknown): void => {
    stop();
    stream.off('data', take);
    refuse(error);
    // The library keeps what has come, and it counts, for as long as the stream is there.
    setTimeout(() => stream.destroy(), STATUS_TIMEOUT_MS);
  };
  const take = (piece: Buffer): void => {
    try {
      reservation.grow(piece.length + PIECE_BYTES);
    } catch (error) {
      refuseRest(error);
      return;
    }
    if (isHalfWay(piece)) begin();
    else stop();
  };
  if (!isStream) begin();
  stream.on('data', take);
  stream.once('end', end);
  stream.once('close', end);
  return () => {
    timer?.refresh();
    reservation[Symbol.dispose]();
    reservation = memory.reserve();
  };
}

/** Bounds the request of a call of the library, which keeps its stream in a property of its own. */
export const boundRequest = (call: object, arrival: Arrival): (() => void) =>
  'stream' in call && call.stream instanceof Duplex ? boundArrival(call.stream, arrival) : () => undefined;
