/** What the gRPC door does with open streams when it closes (docs/operations.md «Start and stop»). */

interface OpenStream {
  end(): void;
  once(event: 'close', listener: () => void): unknown;
}

/** Ends a stream when `closing` is aborted: it would hold up the drain until its caller goes away. */
export function endWith(closing: AbortSignal, stream: OpenStream): void {
  const end = (): void => {
    stream.end();
  };
  closing.addEventListener('abort', end, { once: true });
  stream.once('close', () => {
    closing.removeEventListener('abort', end);
  });
}
