/** A button that its own click may turn off: it stays where it is for the keyboard, and ignores further clicks. */
import type { ComponentChildren } from 'preact';

interface SteadyButtonProps {
  readonly isOff: boolean;
  readonly class?: string;
  readonly children: ComponentChildren;
  /** Without it the button submits its form. */
  onClick?(): void;
}

export const SteadyButton = ({ isOff, class: name = '', children, onClick }: SteadyButtonProps) => (
  <button
    type={onClick === undefined ? 'submit' : 'button'}
    class={name}
    aria-disabled={isOff}
    onClick={(event) => (isOff ? event.preventDefault() : onClick?.())}
  >
    {children}
  </button>
);
