/** Keeps the focus of a part that is inert while an answer is awaited: an inert part loses it. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** The focused element within a part; undefined if the focus is elsewhere. */
function focusedIn(part: Element | null): HTMLElement | SVGElement | undefined {
  const { activeElement: focused } = document;
  const isFocusable = focused instanceof HTMLElement || focused instanceof SVGElement;
  return isFocusable && part?.contains(focused) === true ? focused : undefined;
}

/** The part has a tab index: it takes the focus of an element that is gone. */
export function useKeptFocus(isInert: boolean): RefObject<HTMLDivElement | null> {
  const part = useRef<HTMLDivElement>(null);
  const kept = useRef<HTMLElement | SVGElement | undefined>(undefined);
  useLayoutEffect(() => {
    if (isInert) {
      kept.current = focusedIn(part.current);
      return;
    }
    const heir = kept.current?.isConnected === true ? kept.current : part.current;
    // A reader who has gone elsewhere stays there.
    if (kept.current !== undefined && document.activeElement === document.body)
      heir?.focus({ preventScroll: true });
    kept.current = undefined;
  }, [isInert]);
  return part;
}
