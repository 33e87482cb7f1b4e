/** The time of the last refresh: a visible page refreshes every 30 seconds, unless that would disturb its reader. */
import { useEffect, useState } from 'preact/hooks';
import { serviceNow } from '../api/settings.js';

export const REFRESH_INTERVAL_MS = 30_000;

/** A field with the focus, a list of choices or an explanation that is open, or a selected text. */
const isBusy = (): boolean =>
  document.activeElement?.matches('input, select, textarea') === true ||
  document.querySelector('.values, .found, .explained') !== null ||
  getSelection()?.isCollapsed === false;

export function useNow(): readonly [number, () => void] {
  const [now, setNow] = useState(serviceNow);
  const refresh = (): void => setNow(serviceNow());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && !isBusy()) refresh();
    }, REFRESH_INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);
  return [now, refresh];
}
