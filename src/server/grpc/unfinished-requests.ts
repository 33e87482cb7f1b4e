/**
 * Bounds gRPC requests on their way by time and by memory (docs/configure.md «Memory»): the library waits for the rest of a
 * request without end, and keeps each piece as it came.
 */
import { Duplex } from 'node:stream';
import { appError } from '../../errors.js';
import type { MemoryBudget } from '../../limits/memory-budget.js';
import { ARRIVAL_TIMEOUT_MS } from '../call-context.js';

/** Memory of a piece beside its bytes. */
const PIECE_BYTES = 256;

export interface Arrival {
  readonly memory: MemoryBudget;
  /** undefined: the client may send messages for as long as it likes. */
  readonly timeoutMs: number | undefined;
  /** Answers an error in place of the rest of the request. */
  refuse(error: unknown): void;
}

/** The time for the request of a method. */
export const arrivalTimeout = ({ requestStream }: { readonly requestStream: boolean }): number | undefined =>
  requestStream ? undefined : ARRIVAL_TIMEOUT_MS;

/**
 * Bounds the request on `stream` until its client has sent all of it. The answered function tells that a message of it has
 * been taken: the next one begins with nothing, as the library reads no further before.
 */
export function boundArrival(stream: Duplex, { memory, timeoutMs, refuse }: Arrival): () => void {
  let reservation = memory.reserve();
  const end = (): void => {
    clearTimeout(timer);
    stream.off('data', take);
    reservation[Symbol.dispose]();
  };
  const refuseRest = (error: unknown): void => {
    end();
    refuse(error);
    // The library keeps what has come for as long as the stream is there.
    setImmediate(() => stream.destroy());
  };
  const take = (piece: Buffer): void => {
    try {
      reservation.grow(piece.length + PIECE_BYTES);
    } catch (error) {
      refuseRest(error);
    }
  };
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(refuseRest, timeoutMs, appError('REQUEST_TIMEOUT', {}));
  stream.on('data', take);
  stream.once('end', end);
  stream.once('close', end);
  return () => {
    reservation[Symbol.dispose]();
    reservation = memory.reserve();
  };
}

/** Bounds the request of a call of the library, which keeps its stream in a property of its own. */
export const boundRequest = (call: object, arrival: Arrival): (() => void) =>
  'stream' in call && call.stream instanceof Duplex ? boundArrival(call.stream, arrival) : () => undefined;
