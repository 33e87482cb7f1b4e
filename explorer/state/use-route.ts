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

export function useRoute(): Navigation {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return {
    route,
    go(to) {
      location.hash = hashOf({ ...route, ...to });
    },
    replace(to) {
      history.replaceState(undefined, '', hashOf({ ...route, ...to }));
      setRoute(routeOf(location.hash));
    },
  };
}
