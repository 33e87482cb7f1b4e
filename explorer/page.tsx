/** The page: its header, and the view of the route. */
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Caller } from './api/caller.js';
import { setToken } from './api/client.js';
import type { Settings } from './api/settings.js';
import { PageHeader } from './components/page-header.js';
import { SkipLink } from './components/skip-link.js';
import { VIEWS } from './state/route.js';
import type { Route, View } from './state/route.js';
import { timeRangeOf } from './state/time-range.js';
import { useRoute } from './state/use-route.js';
import { localZone } from './state/zone.js';
import type { Go, ViewContext } from './state/view-context.js';
import { FirstWindow } from './views/first-window.js';
import { JobView } from './views/job/job.js';
import { Jobs } from './views/jobs/jobs.js';
import { Overview } from './views/overview/overview.js';
import { Statistics } from './views/statistics/statistics.js';
import { TokenForm } from './views/token-form.js';
import { Welcome } from './views/welcome.js';

const VIEW_COMPONENTS: Readonly<Record<View, ComponentType<{ readonly context: ViewContext }>>> = {
  overview: Overview,
  jobs: Jobs,
  job: JobView,
  statistics: Statistics,
};

function CurrentView({ context, replace }: { readonly context: ViewContext; readonly replace: Go }) {
  const { route, settings } = context;
  const { domain, window, view, job } = route;
  if (domain === '') return <Welcome settings={settings} route={route} />;
  if (window === '' && view !== 'job')
    return <FirstWindow key={domain} context={context} replace={replace} />;
  const Component = VIEW_COMPONENTS[view];
  return <Component key={`${domain} ${job}`} context={context} />;
}

/** Focuses another view at its beginning, for readers with a keyboard or a screen reader. */
function useFocusOnChange({ view, job }: Route) {
  const main = useRef<HTMLElement>(null);
  const shown = `${view} ${job}`;
  const before = useRef(shown);
  useEffect(() => {
    if (before.current !== shown) main.current?.focus();
    before.current = shown;
  }, [shown]);
  return main;
}

const CallerNote = ({
  caller,
  domain,
  onLeave,
}: {
  readonly caller: Caller;
  /** The domain on the page. */
  readonly domain: string;
  onLeave(): void;
}) => (
  <p class="caller">
    {caller.user || 'somebody'} of <strong>{caller.domain || 'no domain'}</strong>{' '}
    {![caller.domain, ''].includes(domain) && '– without the right to others, these are its jobs '}
    <button type="button" class="quiet" onClick={onLeave}>
      Leave
    </button>
  </p>
);

/** The caller after a token was given, and the ways in and out. */
function useCaller(route: Route, replace: Go) {
  const [caller, setCaller] = useState<Caller | undefined>(undefined);
  return {
    caller,
    enter(given: Caller) {
      setCaller(given);
      if (route.domain === '' && given.domain !== '') replace({ domain: given.domain });
    },
    leave() {
      setToken('');
      setCaller(undefined);
    },
  };
}

export function Page({ settings }: { readonly settings: Settings }) {
  const { route, go, replace } = useRoute();
  const { caller, enter, leave } = useCaller(route, replace);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    document.title = [route.job || VIEWS[route.view], route.domain].filter(Boolean).join(' · ');
  }, [route]);
  const main = useFocusOnChange(route);
  const isTokenMissing = settings.needsToken && caller === undefined;
  const zone = localZone();
  const timeRange = timeRangeOf(route.window, now, zone);
  const context: ViewContext = { route, timeRange, now, zone, settings, go };
  return (
    <>
      <SkipLink />
      <header class="top">
        <h1>Jobs</h1>
        {!isTokenMissing && <PageHeader route={route} go={go} onRefresh={() => setNow(Date.now())} />}
        {caller !== undefined && <CallerNote caller={caller} domain={route.domain} onLeave={leave} />}
      </header>
      <main ref={main} tabIndex={-1}>
        <SkipLink />
        {isTokenMissing ? <TokenForm onToken={enter} /> : <CurrentView context={context} replace={replace} />}
      </main>
      <footer>
        inventory-job {settings.version} · <a href="/docs">API reference</a>
      </footer>
    </>
  );
}
