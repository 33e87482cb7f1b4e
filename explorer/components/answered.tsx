/** Shows an answer in each of its states: loading, failed, there, and out of date. */
import { createContext } from 'preact';
import type { ComponentChildren } from 'preact';
import { useContext, useRef } from 'preact/hooks';
import { isConditionError } from '../api/call-error.js';
import type { CallError } from '../api/call-error.js';
import { TRYING_AGAIN } from '../state/answer.js';
import type { Answer } from '../state/answer.js';
import { DEFAULT_ROUTE } from '../state/route.js';
import type { Route } from '../state/route.js';
import { useKeptFocus } from './use-kept-focus.js';

/** The route that the answers of a view are about. */
export const RouteContext = createContext<Route>(DEFAULT_ROUTE);

/** A fault of the reader’s conditions is explained in their rows and not repeated here. */
function messageOf(error: CallError, route: Route): string {
  if (isConditionError(error, route)) return 'The filter is not accepted: see there.';
  if (error.status === 401) return `${error.message} Leave, and give another token.`;
  return error.isTransient ? `${error.message} ${TRYING_AGAIN}` : error.message;
}

export const Failure = ({ error }: { readonly error: CallError }) => (
  <p class="failure" role="alert">
    {messageOf(error, useContext(RouteContext))}
  </p>
);

interface AnsweredProps<T> {
  readonly answer: Answer<T>;
  children(value: T): ComponentChildren;
}

/**
 * While an answer is awaited, the last one stays as it was drawn: with its own question. Under another question it is
 * faint, ignores clicks, keeps its focus, and is labelled as the previous one. A route that asks the same is drawn at once.
 */
export function Answered<T>({ answer: { value, error, isWaiting }, children }: AnsweredProps<T>) {
  const route = useContext(RouteContext);
  const drawn = useRef<{ readonly route: Route; readonly children: ComponentChildren }>(undefined);
  if (!isWaiting || (value !== undefined && drawn.current?.route !== route))
    drawn.current = value === undefined ? undefined : { route, children: children(value) };
  const isBefore = value === undefined && error === undefined;
  const part = useKeptFocus(isBefore);
  const words =
    drawn.current === undefined ? 'Loading …' : 'Loading … this is the answer to the question before.';
  return (
    <div class={`answered${isWaiting ? ' waiting' : ''}`} aria-busy={isWaiting}>
      {error !== undefined && <Failure error={error} />}
      {isBefore && <p class="loading">{words}</p>}
      <div ref={part} tabIndex={-1} class={isBefore ? 'before' : undefined} inert={isBefore}>
        {drawn.current?.children}
      </div>
    </div>
  );
}
