/** Work that a reader starts, with a message on its progress or its end; a new attempt, or leaving the view, aborts it. */
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Attempt {
  readonly message: string;
  /** Runs `work`, which may tell its progress; `failed` has the message for an error. */
  start(
    begins: string,
    work: (signal: AbortSignal, tell: (message: string) => void) => Promise<void>,
    failed: (error: unknown) => string,
  ): void;
}

export function useAttempt(): Attempt {
  const [message, setMessage] = useState('');
  const current = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => current.current?.abort(), []);
  const run: (...attempt: Parameters<Attempt['start']>) => Promise<void> = async (begins, work, failed) => {
    current.current?.abort();
    current.current = new AbortController();
    const { signal } = current.current;
    const tell = (text: string): void => {
      if (!signal.aborted) setMessage(text);
    };
    tell(begins);
    try {
      await work(signal, tell);
      tell('');
    } catch (error) {
      tell(failed(error));
    }
  };
  return { message, start: (...attempt) => void run(...attempt) };
}
