/** Answers as views have them: each call is given up when the view moves on, and made again while the service is away. */
import { useEffect, useState } from 'preact/hooks';
import type { Json } from './json.js';
import { call, CallError } from './service.js';
import type { Call } from './service.js';

/** What is known of a call: its last answer stays while the next is waited for. */
export interface Answer {
  readonly asked: Call | undefined;
  readonly value: Json | undefined;
  readonly error: CallError | undefined;
  readonly waiting: boolean;
}

const NOTHING: Answer = { asked: undefined, value: undefined, error: undefined, waiting: true };

/** Milliseconds until a call is made again that failed for lack of an answer. */
export const AGAIN = 2000;
export const TRYING_AGAIN = `Trying again every ${AGAIN / 1000} seconds.`;

/** Asks, and asks again where `asked` is another or `round` goes on. undefined: nothing is asked yet. */
export function useAnswer(asked: Call | undefined, round = 0): Answer {
  const [answer, setAnswer] = useState(NOTHING);
  const [attempt, setAttempt] = useState(0);
  const asks = JSON.stringify(asked);
  useEffect(() => {
    if (asked === undefined) return undefined;
    const over = new AbortController();
    let again: ReturnType<typeof setInterval> | undefined;
    const tryAgain = (): void => {
      // Nobody waits for a page that nobody sees.
      if (!document.hidden) setAttempt((last) => last + 1);
    };
    setAnswer((before) => ({ ...before, asked, waiting: true }));
    call(asked, over.signal).then(
      (value) => {
        setAnswer({ asked, value, error: undefined, waiting: false });
      },
      (error: unknown) => {
        if (over.signal.aborted) return;
        const failure = error instanceof CallError ? error : new CallError(String(error), 0, false);
        // While the service is away, what was there stays; what is refused has no answer.
        const kept = (before: Answer) => (failure.passes ? before.value : undefined);
        setAnswer((before) => ({ asked, value: kept(before), error: failure, waiting: false }));
        if (failure.passes) again = setInterval(tryAgain, AGAIN);
      },
    );
    return () => {
      over.abort();
      clearInterval(again);
    };
    // The request's text stands for the request.
  }, [asks, attempt, round]);
  // What is shown is not what is asked for from the moment on that something else is asked.
  return JSON.stringify(answer.asked) === asks ? answer : { ...answer, waiting: true };
}
