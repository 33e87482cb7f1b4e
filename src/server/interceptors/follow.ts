/** Follows an answer to its end; an export ends long after its first chunk. */
import { appError } from '../../errors.js';
import type { Answer, CallContext } from '../call-context.js';

/** Callbacks for the end of an answer; one of them is called, once. */
export interface Ending {
  succeeded(bytes: number): void;
  /** Returns the error to throw in place of `error`. */
  failed(error: unknown): unknown;
}

/** Returns the error for a reader that left before the last chunk. */
const abandonment = ({ signal }: CallContext): unknown =>
  signal.aborted ? signal.reason : appError('REQUEST_CANCELLED', {});

async function* followChunks(
  chunks: AsyncGenerator<Uint8Array, void>,
  call: CallContext,
  ending: Ending,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  let isOpen = true;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
    isOpen = false;
    ending.succeeded(bytes);
  } catch (error) {
    isOpen = false;
    throw ending.failed(error);
  } finally {
    if (isOpen) ending.failed(abandonment(call));
  }
}

/** Runs `work`, and calls `ending` at the end of its answer. */
export function follow<Kind extends Answer>(
  call: CallContext,
  work: () => Promise<Kind>,
  ending: Ending,
): Promise<Kind>;
export async function follow(
  call: CallContext,
  work: () => Promise<Answer>,
  ending: Ending,
): Promise<Answer> {
  try {
    const answer = await work();
    if (!(answer instanceof Uint8Array)) return followChunks(answer, call, ending);
    ending.succeeded(answer.length);
    return answer;
  } catch (error) {
    throw ending.failed(error);
  }
}
