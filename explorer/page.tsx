/** The page: its header, and the view of the route. */
import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks';
import type { Caller } from './api/caller.js';
import { isUnknownZone } from './api/call-error.js';
import { setToken } from './api/client.js';
import type { Settings } from './api/settings.js';
import { RouteContext } from './components/answered.js';
import { FilterBar } from './components/filter-bar.js';
import { ZoneContext } from './components/time.js';
import { PageHeader } from './components/page-header.js';
import { SkipLink } from './components/skip-link.js';
import { hasValueFault } from './state/conditions.js';
import { questionOf, startOf, VIEWS } from './state/route.js';
import type { Route, View } from './state/route.js';
import { isolated } from './state/shown-text.js';
import { timeRangeOf } from './state/time-range.js';
import { useNow } from './state/use-now.js';
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

/** A value that would be asked as another one is not asked. */
const RefusedFilter = ({ context }: { readonly context: ViewContext }) => (
  <>
    <FilterBar context={context} violations={[]} />
    <p class="failure answered" role="alert">
      A value of the filter cannot be asked as it is: see there.
    </p>
  </>
);

function CurrentView({ context }: { readonly context: ViewContext }) {
  const { route, settings } = context;
  const { domain, window, view, job } = route;
  if (domain === '') return <Welcome settings={settings} route={route} />;
  if (window === '' && view !== 'job') return <FirstWindow key={domain} context={context} />;
  if (hasValueFault(route)) return <RefusedFilter context={context} />;
  const Component = VIEW_COMPONENTS[view];
  return <Component key={`${domain} ${job}`} context={context} />;
}

/** A view that cannot be drawn leaves its place to a sentence, until the reader goes elsewhere or the page refreshes. */
function GuardedView({ context }: { readonly context: ViewContext }) {
  const { route, now } = context;
  const [failed, setFailed] = useState<Pick<ViewContext, 'route' | 'now'> | undefined>(undefined);
  useErrorBoundary((error) => {
    console.error(error);
    setFailed({ route, now });
  });
  if (failed?.route !== route || failed.now !== now) return <CurrentView context={context} />;
  return (
    <p class="failure answered" role="alert">
      This view cannot be shown: the page has a fault. Another window or filter may avoid it.
    </p>
  );
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

interface CallerNoteProps {
  readonly caller: Caller;
  /** The domain of the address before the token; '' without one, and for that of the token. */
  readonly linked: string;
  onLeave(): void;
}

const CallerNote = ({ caller, linked, onLeave }: CallerNoteProps) => (
  <p class="caller">
    {isolated(caller.user) || 'somebody'} of <strong>{isolated(caller.domain) || 'no domain'}</strong>{' '}
    {linked !== '' && <span role="status">– the link was of {isolated(linked)}, your token is not </span>}
    <button type="button" class="quiet" onClick={onLeave}>
      Leave
    </button>
  </p>
);

/** Nothing of a view of another domain but the zone: neither its window nor its conditions nor its job. */
const fromTheStart = ({ view, zone }: Route, domain: string): Partial<Route> => ({
  ...startOf({ domain, zone }),
  view: view === 'job' ? 'jobs' : view,
});

/** The caller after a token was given, and the ways in and out. The token's domain wins over that of the address. */
function useCaller(route: Route, replace: Go, isBound: boolean) {
  const [caller, setCaller] = useState<Caller | undefined>(undefined);
  const [linked, setLinked] = useState('');
  const domain = caller?.domain ?? '';
  const isForeign = isBound && domain !== '' && route.domain !== domain;
  const toOwn = (own: string): void => {
    setLinked(route.domain);
    replace(fromTheStart(route, own));
  };
  useEffect(() => {
    if (isForeign) toOwn(domain);
  }, [isForeign]);
  return {
    caller,
    linked,
    isForeign,
    enter(given: Caller) {
      setCaller(given);
      if (!['', route.domain].includes(given.domain)) toOwn(given.domain);
    },
    leave() {
      setToken('');
      setCaller(undefined);
      setLinked('');
    },
  };
}

/** The facts that the answers tell about all of the page: their time, and a zone that the database does not know. */
function useHeard(now: number, local: string) {
  const [asOf, setAsOf] = useState<number | undefined>(undefined);
  const [unknownZone, setUnknownZone] = useState('');
  const hears: ViewContext['hears'] = (error) => {
    if (error === undefined) setAsOf(now);
    else if (isUnknownZone(error, local)) setUnknownZone(local);
  };
  return { asOf, unknownZone, hears };
}

export function Page({ settings }: { readonly settings: Settings }) {
  const { route, go, replace } = useRoute();
  const { caller, linked, isForeign, enter, leave } = useCaller(route, replace, settings.isBound);
  const [now, refresh] = useNow();
  useEffect(() => {
    document.title = [route.job || VIEWS[route.view], route.domain].filter(Boolean).join(' · ');
  }, [route]);
  const main = useFocusOnChange(route);
  const isTokenMissing = settings.needsToken && caller === undefined;
  const local = localZone();
  const heard = useHeard(now, local);
  const zone = route.zone === 'utc' || heard.unknownZone === local ? 'UTC' : local;
  const timeRange = timeRangeOf(route.window, now, zone);
  const context: ViewContext = {
    ...{ route, question: questionOf(route), timeRange, now, zone, settings, go, replace, ...heard },
  };
  return (
    <>
      <SkipLink />
      <header class="top">
        <h1>Jobs</h1>
        {!isTokenMissing && (
          <PageHeader
            context={context}
            isFixed={settings.isBound && (caller?.domain ?? '') !== ''}
            onRefresh={refresh}
          />
        )}
        {caller !== undefined && <CallerNote caller={caller} linked={linked} onLeave={leave} />}
      </header>
      <main ref={main} tabIndex={-1}>
        <SkipLink />
        {isTokenMissing && <TokenForm domain={route.domain} onToken={enter} />}
        {!isTokenMissing && !isForeign && (
          <ZoneContext.Provider value={zone}>
            <RouteContext.Provider value={route}>
              <GuardedView context={context} />
            </RouteContext.Provider>
          </ZoneContext.Provider>
        )}
      </main>
      <footer>
        inventory-job {settings.version} · <a href="/docs">API reference</a>
      </footer>
    </>
  );
}
