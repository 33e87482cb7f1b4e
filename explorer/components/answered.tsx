/** Shows an answer in each of its states: loading, failed, there, and out of date. */
import type { ComponentChildren } from 'preact';
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

export function Answered<T>({
  answer: { value, error, isWaiting },
  children,
}: {
  readonly answer: Answer<T>;
  children(value: T): ComponentChildren;
}) {
  return (
    <div class={`answered${isWaiting ? ' waiting' : ''}`} aria-busy={isWaiting}>
      {error !== undefined && <Failure error={error} />}
      {value !== undefined && children(value)}
      {value === undefined && error === undefined && <p class="loading">Loading …</p>}
    </div>
  );
}
