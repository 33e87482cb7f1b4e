/** Answers as views have them: a call is aborted when the view moves on, and repeated while the service is away. */
import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../api/call.js';
import { CallError } from '../api/call-error.js';
import type { Violation } from '../api/call-error.js';
import { send } from '../api/client.js';

/** The state of a call; its last answer stays until the next arrives. */
export interface Answer<T> {
  readonly call: Call<T> | undefined;
  readonly value: T | undefined;
  readonly error: CallError | undefined;
  readonly isWaiting: boolean;
}

/** Milliseconds until a transient failure is tried again. */
export const RETRY_DELAY_MS = 2000;
export const TRYING_AGAIN = `Trying again every ${RETRY_DELAY_MS / 1000} seconds.`;

const callErrorOf = (error: unknown): CallError =>
  error instanceof CallError ? error : new CallError(String(error), 0, false);

/** A transient failure keeps the last answer on the page; a refused call has none. */
const failed =
  <T>(call: Call<T>, error: CallError) =>
  (before: Answer<T>): Answer<T> => ({
    call,
    value: error.isTransient ? before.value : undefined,
    error,
    isWaiting: false,
  });

/** Makes a call, and makes it again for another request or another `round`. undefined: there is no call to make yet. */
export function useAnswer<T>(call: Call<T> | undefined, round = 0): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({
    call: undefined,
    value: undefined,
    error: undefined,
    isWaiting: true,
  });
  const [attempt, setAttempt] = useState(0);
  const identity = JSON.stringify(call);
  useEffect(() => {
    if (call === undefined) return undefined;
    const abort = new AbortController();
    let timer: ReturnType<typeof setInterval> | undefined;
    const retry = (): void => {
      // Nobody waits for a hidden page.
      if (!document.hidden) setAttempt((last) => last + 1);
    };
    setAnswer((before) => ({ ...before, call, isWaiting: true }));
    send(call, abort.signal).then(
      (value) => setAnswer({ call, value, error: undefined, isWaiting: false }),
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        const error = callErrorOf(thrown);
        setAnswer(failed(call, error));
        if (error.isTransient) timer = setInterval(retry, RETRY_DELAY_MS);
      },
    );
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [identity, attempt, round]);
  // With another call the answer is out of date at once, one render before the effect runs.
  return JSON.stringify(answer.call) === identity ? answer : { ...answer, isWaiting: true };
}

/** The faults that the service found in the requests of these answers. */
export const violationsOf = (answers: readonly Pick<Answer<unknown>, 'error'>[]): readonly Violation[] =>
  answers.flatMap(({ error }) => error?.violations ?? []);
