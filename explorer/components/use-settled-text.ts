/** A text as it was when typing last paused. */
import { useEffect, useState } from 'preact/hooks';

/** Milliseconds after the last key until a text is settled. */
const TYPING_PAUSE_MS = 250;

export function useSettledText(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
