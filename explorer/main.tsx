/** The page at / of the HTTP door: asks for a token and a domain, and shows the view that the address names (docs/explorer.md). */
import { render } from 'preact';
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AGAIN, TRYING_AGAIN, useAnswer } from './answer.js';
import { textOf } from './filters.js';
import type { Go, ViewContext } from './filters.js';
import { Job } from './job.js';
import { listAt, textAt } from './json.js';
import type { Json } from './json.js';
import { Overview } from './overview.js';
import { Answered, RequestInspector } from './parts.js';
import { hashOf, routeOf, VIEWS } from './route.js';
import type { Route, View } from './route.js';
import { newestJob } from './requests.js';
import { callerOf, setToken, settings as readSettings, UNREACHABLE } from './service.js';
import type { Caller, Settings } from './service.js';
import { Statistics } from './statistics.js';
import { Jobs } from './table.js';
import { ALL, between, DAY, floor, timeRangeOf, WEEK } from './time-range.js';

const VIEW_OF: Readonly<Record<View, ComponentType<{ readonly context: ViewContext }>>> = {
  overview: Overview,
  jobs: Jobs,
  job: Job,
  statistics: Statistics,
};

/** The place that the address names, and the way to another. */
function useRoute(): readonly [Route, Go, Go] {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const go: Go = (to) => {
    location.hash = hashOf({ ...route, ...to });
  };
  /** Without a step for the way back. */
  const turn: Go = (to) => {
    history.replaceState(undefined, '', hashOf({ ...route, ...to }));
    setRoute(routeOf(location.hash));
  };
  return [route, go, turn];
}

/** The window to begin with: the last week, or the week that the newest job ends, where that is long ago. */
function firstWindow(answer: Json, now: number): string {
  const [row] = listAt(answer, 'results');
  if (row === undefined) return ALL;
  const newest = Date.parse(textAt(row, 'created_at'));
  if (Number.isNaN(newest)) return ALL;
  if (now - newest < WEEK) return '7d';
  const end = floor(newest, 'day') + DAY;
  return between(end - WEEK, end);
}

function FirstWindow({ context, turn }: { readonly context: ViewContext; readonly turn: Go }) {
  const { route, now, settings } = context;
  const answer = useAnswer(newestJob(route));
  const window = answer.value === undefined ? undefined : firstWindow(answer.value, now);
  useEffect(() => {
    if (window !== undefined) turn({ window });
  }, [window]);
  return (
    <>
      <Answered answer={{ ...answer, waiting: answer.error === undefined }}>{() => undefined}</Answered>
      <RequestInspector answers={[answer]} settings={settings} />
    </>
  );
}

function DomainForm({ route, go }: { readonly route: Route; readonly go: Go }) {
  return (
    <form
      class="domain"
      key={route.domain}
      onSubmit={(event) => {
        event.preventDefault();
        const domain = textOf(new FormData(event.currentTarget), 'domain').trim();
        go({ domain, view: route.view === 'job' ? 'jobs' : route.view, window: '', job: '', start: 1 });
      }}
    >
      <label>
        Domain{' '}
        <input name="domain" required defaultValue={route.domain} placeholder="domain-…" spellcheck={false} />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

function Welcome({ settings: { domains }, route }: { readonly settings: Settings; readonly route: Route }) {
  return (
    <section class="welcome">
      <h2>Whose jobs?</h2>
      <p>Jobs belong to domains. Name one above to see what its collectors did.</p>
      {domains.length > 0 && (
        <>
          <p>The sample has these:</p>
          <ul>
            {domains.map((domain) => (
              <li key={domain}>
                <a href={hashOf({ ...route, domain })}>{domain}</a>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function TokenForm({ onToken }: { onToken(caller: Caller): void }) {
  return (
    <form
      class="welcome"
      onSubmit={(event) => {
        event.preventDefault();
        const token = textOf(new FormData(event.currentTarget), 'token');
        setToken(token);
        onToken(callerOf(token));
      }}
    >
      <h2>Who are you?</h2>
      <p>
        This service answers who has a token: the access token or the API key of your account. It is kept in
        the memory of this page, and gone with it.
      </p>
      <label>
        Token <input type="password" name="token" required autocomplete="off" />
      </label>
      <button type="submit" class="main">
        Go on
      </button>
    </form>
  );
}

const Navigation = ({ route }: { readonly route: Route }) => (
  <nav aria-label="Views">
    {(['overview', 'jobs', 'statistics'] as const).map((view) => (
      <a
        key={view}
        href={hashOf({ ...route, view, job: '', start: 1 })}
        aria-current={route.view === view ? 'page' : undefined}
      >
        {VIEWS[view]}
      </a>
    ))}
  </nav>
);

/** What there is to see at a place. */
function Shown({ context, turn }: { readonly context: ViewContext; readonly turn: Go }) {
  const { route, settings } = context;
  const { domain, window, view, job } = route;
  if (domain === '') return <Welcome settings={settings} route={route} />;
  if (window === '' && view !== 'job') return <FirstWindow key={domain} context={context} turn={turn} />;
  const View = VIEW_OF[view];
  return <View key={`${domain} ${job}`} context={context} />;
}

function Top({ route, go, onRefresh }: { readonly route: Route; readonly go: Go; onRefresh(): void }) {
  return (
    <>
      <DomainForm route={route} go={go} />
      {route.domain !== '' && (
        <>
          <Navigation route={route} />
          <button type="button" onClick={onRefresh}>
            Refresh
          </button>
        </>
      )}
    </>
  );
}

function Page({ settings }: { readonly settings: Settings }) {
  const [route, go, turn] = useRoute();
  const [caller, setCaller] = useState<Caller | undefined>(undefined);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    document.title = [route.job || VIEWS[route.view], route.domain].filter(Boolean).join(' · ');
  }, [route]);
  const main = useRef<HTMLElement>(null);
  const shown = `${route.view} ${route.job}`;
  const before = useRef(shown);
  useEffect(() => {
    // Who reads by keyboard or by ear begins another view at its beginning.
    if (before.current !== shown) main.current?.focus();
    before.current = shown;
  }, [shown]);
  const isAsked = settings.needsToken && caller === undefined;
  const enter = (given: Caller): void => {
    setCaller(given);
    if (route.domain === '' && given.domain !== '') turn({ domain: given.domain });
  };
  const leave = (): void => {
    setToken('');
    setCaller(undefined);
  };
  const context: ViewContext = { route, timeRange: timeRangeOf(route.window, now), now, settings, go };
  return (
    <>
      <header class="top">
        <h1>Jobs</h1>
        {!isAsked && <Top route={route} go={go} onRefresh={() => setNow(Date.now())} />}
        {caller !== undefined && (
          <p class="caller">
            {caller.user || 'somebody'} of <strong>{caller.domain || 'no domain'}</strong>{' '}
            {![caller.domain, ''].includes(route.domain) &&
              '– without the right to others, these are its jobs '}
            <button type="button" class="quiet" onClick={leave}>
              Leave
            </button>
          </p>
        )}
      </header>
      <main ref={main} tabIndex={-1}>
        {isAsked ? <TokenForm onToken={enter} /> : <Shown context={context} turn={turn} />}
      </main>
      <footer>
        inventory-job {settings.version} · <a href="/docs">API reference</a>
      </footer>
    </>
  );
}

/** The settings are asked for until they are there. */
function Explorer() {
  const [settings, setSettings] = useState<Settings | undefined>(undefined);
  const [failed, setFailed] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    readSettings().then(setSettings, () => {
      timer = setTimeout(() => setFailed((last) => last + 1), AGAIN);
    });
    return () => clearTimeout(timer);
  }, [failed]);
  if (settings !== undefined) return <Page settings={settings} />;
  return (
    <header class="top">
      <h1>Jobs</h1>
      <p role="status">{failed > 0 && `${UNREACHABLE} ${TRYING_AGAIN}`}</p>
    </header>
  );
}

const root = document.getElementById('explorer');
if (root !== null) {
  root.replaceChildren();
  render(<Explorer />, root);
}
