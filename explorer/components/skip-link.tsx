/** Leads a reader with a keyboard past the controls to the answer of the view; seen with the focus alone. */

import type { ComponentChildren } from 'preact';

const ANSWER = 'answer';

export const focusAnswer = (): void => document.getElementById(ANSWER)?.focus();

/** The part of a view that answers; it takes the focus of a skip. */
export const TheAnswer = ({ children }: { readonly children: ComponentChildren }) => (
  <div id={ANSWER} tabIndex={-1}>
    {children}
  </div>
);

export const SkipLink = () => (
  <button type="button" class="skip" onClick={focusAnswer}>
    Skip to the answer
  </button>
);
