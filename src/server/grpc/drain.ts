/** Ends open streams when the gRPC listener closes (docs/deploy.md «Start and stop»). */

interface OpenStream {
  end(): void;
  once(event: 'close', listener: () => void): unknown;
}

/** Ends a stream when `closing` is aborted: an open stream would delay the shutdown until its client leaves. */
export function endWith(closing: AbortSignal, stream: OpenStream): void {
  const end = (): void => {
    stream.end();
  };
  closing.addEventListener('abort', end, { once: true });
  stream.once('close', () => {
    closing.removeEventListener('abort', end);
  });
}
