/** Shows an answer in each of its states: loading, failed, there, and out of date. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { isConditionError } from '../api/call-error.js';
import type { CallError } from '../api/call-error.js';
import { TRYING_AGAIN } from '../state/answer.js';
import type { Answer } from '../state/answer.js';

/** A fault of conditions is explained in their rows and not repeated here. */
function messageOf(error: CallError): string {
  if (isConditionError(error)) return 'The filter is not accepted: see there.';
  if (error.status === 401) return `${error.message} Leave, and give another token.`;
  return error.isTransient ? `${error.message} ${TRYING_AGAIN}` : error.message;
}

export const Failure = ({ error }: { readonly error: CallError }) => (
  <p class="failure" role="alert">
    {messageOf(error)}
  </p>
);

interface AnsweredProps<T> {
  readonly answer: Answer<T>;
  children(value: T): ComponentChildren;
}

/**
 * While an answer is awaited, the last one stays as it was drawn: with its own question. Under another question it is
 * faint, ignores clicks, and is labelled as the previous one.
 */
export function Answered<T>({ answer: { value, error, isWaiting }, children }: AnsweredProps<T>) {
  const drawn = useRef<ComponentChildren>(undefined);
  if (!isWaiting || (value !== undefined && drawn.current === undefined))
    drawn.current = value === undefined ? undefined : children(value);
  const isBefore = value === undefined && error === undefined;
  const words =
    drawn.current === undefined ? 'Loading …' : 'Loading … this is the answer to the question before.';
  return (
    <div class={`answered${isWaiting ? ' waiting' : ''}`} aria-busy={isWaiting}>
      {error !== undefined && <Failure error={error} />}
      {isBefore && <p class="loading">{words}</p>}
      <div class={isBefore ? 'before' : undefined} inert={isBefore}>
        {drawn.current}
      </div>
    </div>
  );
}
