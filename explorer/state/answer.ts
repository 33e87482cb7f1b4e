/** Answers as views have them: a call is aborted when the view moves on, and repeated while the service is away. */
import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../api/call.js';
import { CallError } from '../api/call-error.js';
import type { Violation } from '../api/call-error.js';
import { send } from '../api/client.js';

/** The state of a call. The answer to a question is never shown under another. */
export interface Answer<T> {
  readonly call: Call<T> | undefined;
  /** undefined until an answer to the current question is there; a refresh keeps the last one until the next arrives. */
  readonly value: T | undefined;
  readonly error: CallError | undefined;
  readonly isWaiting: boolean;
}

/** Milliseconds until a transient failure is tried again. */
export const RETRY_DELAY_MS = 2000;
export const TRYING_AGAIN = `Trying again every ${RETRY_DELAY_MS / 1000} seconds.`;

/** An error of a call as a CallError. */
export const callErrorOf = (error: unknown): CallError =>
  error instanceof CallError ? error : new CallError(String(error), 0, false);

/** The reader’s question, and the round in which it is asked. */
export interface Asked {
  /** The same text for calls of the same question, which may differ in their times. */
  readonly question: string;
  /** Another number asks again. */
  readonly now: number;
  /** Hears the error of each call; undefined for an answer. */
  hears?(error: CallError | undefined): void;
}

type Held<T> = Answer<T> & Pick<Asked, 'question'>;

/** Waits for the answer to a call, with the last one to the same question. */
const waiting =
  <T>(call: Call<T>, question: string) =>
  (before: Held<T>): Held<T> =>
    before.question === question
      ? { ...before, call, isWaiting: true }
      : { call, question, value: undefined, error: undefined, isWaiting: true };

/** A transient failure keeps the last answer on the page; a refused call has none. */
const failed =
  <T>(call: Call<T>, error: CallError) =>
  (before: Held<T>): Held<T> => ({
    ...before,
    call,
    value: error.isTransient ? before.value : undefined,
    error,
    isWaiting: false,
  });

/**
 * Makes a call, and makes it again for another request or another round. undefined: there is no call to make yet. Without
 * `asked` every call is a question of its own.
 */
export function useAnswer<T>(call: Call<T> | undefined, asked?: Asked): Answer<T> {
  const identity = JSON.stringify(call);
  const { question, now: round, hears }: Asked = asked ?? { question: identity, now: 0 };
  const [answer, setAnswer] = useState<Held<T>>({
    call: undefined,
    question,
    value: undefined,
    error: undefined,
    isWaiting: true,
  });
  const [attempt, setAttempt] = useState(0);
  // The same call for another question: its answer is that of both.
  useEffect(() => {
    setAnswer((before) => (JSON.stringify(before.call) === identity ? { ...before, question } : before));
  }, [question]);
  useEffect(() => {
    if (call === undefined) return undefined;
    const abort = new AbortController();
    let timer: ReturnType<typeof setInterval> | undefined;
    const retry = (): void => {
      // Nobody waits for a hidden page.
      if (!document.hidden) setAttempt((last) => last + 1);
    };
    setAnswer(waiting(call, question));
    send(call, abort.signal).then(
      (value) => {
        if (abort.signal.aborted) return;
        setAnswer((before) => ({ ...before, call, value, error: undefined, isWaiting: false }));
        hears?.(undefined);
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        const error = callErrorOf(thrown);
        setAnswer(failed(call, error));
        hears?.(error);
        if (error.isTransient) timer = setInterval(retry, RETRY_DELAY_MS);
      },
    );
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [identity, attempt, round]);
  if (JSON.stringify(answer.call) === identity) return answer;
  // With another call the answer is out of date at once, one render before the effect runs.
  return call === undefined
    ? { call, value: undefined, error: undefined, isWaiting: true }
    : waiting(call, question)(answer);
}

/**
 * An answer that is shown with others: it is there once they are, and an error of any is its own. Others without a call
 * are not waited for.
 */
export function shownWith<T>(answer: Answer<T>, others: readonly Answer<unknown>[]): Answer<T> {
  const asked = [answer, ...others.filter(({ call }) => call !== undefined)];
  const error = asked.find((each) => each.error !== undefined)?.error;
  return {
    ...answer,
    value: asked.every(({ value }) => value !== undefined) ? answer.value : undefined,
    error,
    isWaiting: error === undefined && asked.some(({ isWaiting }) => isWaiting),
  };
}

/** The faults that the service found in the requests of these answers. */
export const violationsOf = (answers: readonly Pick<Answer<unknown>, 'error'>[]): readonly Violation[] =>
  answers.flatMap(({ error }) => error?.violations ?? []);
