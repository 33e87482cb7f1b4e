/** Streams an export as the answer of a request, with backpressure; a failure half-way breaks the connection. */
import { TLSSocket } from 'node:tls';
import type { Stream } from '../call-context.js';
import { createResponse } from './response.js';
import type { RequestContext } from './web-app.js';

interface StreamEnds {
  /** The last chunk has been read. */
  complete(): void;
  breakOff(): void;
}

/** Converts chunks to a stream with backpressure; a failure breaks the stream off. */
function streamOf(
  first: Uint8Array,
  { chunks, aborted }: Stream,
  { complete, breakOff }: StreamEnds,
): ReadableStream {
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(first),
      async pull(controller) {
        try {
          const { value, done } = await chunks.next();
          if (done === true) complete();
          if (done !== true) controller.enqueue(value);
          else if (!aborted.aborted) controller.close();
        } catch {
          breakOff();
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** Calls `then` when `signal` is aborted, or at once if it is already. */
function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}

/**
 * Sends all jobs of a list while they are read. A failure or an abort half-way breaks the connection: the client must
 * notice the missing rest. Reading ends with the answer in any case, even if no further chunk is requested; the call log
 * has the reason.
 */
export async function exportJobs(
  context: RequestContext,
  type: string,
  stream: Stream,
  responseDone: AbortSignal,
): Promise<Response> {
  // The answer begins after the first chunk, so that a failure before it still has a status.
  const { value } = await stream.chunks.next();
  const { incoming, outgoing, limitTaking } = context.env;
  context.env.isOpenEnded = true;
  const breakOff = (): void => {
    // The end of the connection is the end of an answer over HTTP/1.0: only a reset tells a part from the whole.
    // TLS cannot be reset.
    if (incoming.httpVersion === '1.0' && !(incoming.socket instanceof TLSSocket))
      incoming.socket.resetAndDestroy();
    outgoing.destroy();
  };
  const end = (): void => {
    stream.chunks.return().catch(() => undefined);
  };
  whenAborted(stream.aborted, breakOff);
  whenAborted(stream.aborted, end);
  whenAborted(responseDone, end);
  const body = streamOf(value ?? new Uint8Array(), stream, { complete: limitTaking, breakOff });
  return createResponse(context, 200, `${type}; charset=utf-8`, body);
}
