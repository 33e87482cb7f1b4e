/** Follows the address of the page, and changes it. */
import { useEffect, useState } from 'preact/hooks';
import { hashOf, routeOf } from './route.js';
import type { Route } from './route.js';
import type { Go } from './view-context.js';

interface Navigation {
  readonly route: Route;
  readonly go: Go;
  /** Changes the route without an entry in the history. */
  readonly replace: Go;
}

/** The address as it is now: a handler that was drawn earlier keeps later changes. */
const current = (): Route => routeOf(location.hash);

export function useRoute(): Navigation {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const follow = (): void => setRoute(current());
    addEventListener('hashchange', follow);
    // The address may have changed since the first drawing.
    follow();
    return () => removeEventListener('hashchange', follow);
  }, []);
  return {
    route,
    go(to) {
      location.hash = hashOf({ ...current(), ...to });
    },
    replace(to) {
      history.replaceState(undefined, '', hashOf({ ...current(), ...to }));
      setRoute(current());
    },
  };
}
