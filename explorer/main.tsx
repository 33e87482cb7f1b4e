/** The page at / of the HTTP door: asks for a token and a domain, and shows the view that the address names (docs/explorer.md). */
import { render } from 'preact';
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AGAIN, TRYING_AGAIN, useAnswer } from './answer.js';
import { textOf } from './filters.js';
import type { Go, Viewed } from './filters.js';
import { Job } from './job.js';
import { listAt, textAt } from './json.js';
import type { Json } from './json.js';
import { Overview } from './overview.js';
import { Answered, AskedOf } from './parts.js';
import { hashOf, placeOf, VIEWS } from './place.js';
import type { Place, View } from './place.js';
import { newestJob } from './requests.js';
import { callerOf, setToken, settings as readSettings, UNREACHABLE } from './service.js';
import type { Caller, Settings } from './service.js';
import { Statistics } from './statistics.js';
import { Jobs } from './table.js';
import { ALL, between, DAY, floor, stretchOf, WEEK } from './window.js';

const VIEW_OF: Readonly<Record<View, ComponentType<{ readonly viewed: Viewed }>>> = {
  overview: Overview,
  jobs: Jobs,
  job: Job,
  statistics: Statistics,
};

/** The place that the address names, and the way to another. */
function usePlace(): readonly [Place, Go, Go] {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const follow = (): void => setPlace(placeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const go: Go = (to) => {
    location.hash = hashOf({ ...place, ...to });
  };
  /** Without a step for the way back. */
  const turn: Go = (to) => {
    history.replaceState(undefined, '', hashOf({ ...place, ...to }));
    setPlace(placeOf(location.hash));
  };
  return [place, go, turn];
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

function FirstWindow({ viewed, turn }: { readonly viewed: Viewed; readonly turn: Go }) {
  const { place, now, settings } = viewed;
  const answer = useAnswer(newestJob(place));
  const window = answer.value === undefined ? undefined : firstWindow(answer.value, now);
  useEffect(() => {
    if (window !== undefined) turn({ window });
  }, [window]);
  return (
    <>
      <Answered answer={{ ...answer, waiting: answer.error === undefined }}>{() => undefined}</Answered>
      <AskedOf answers={[answer]} settings={settings} />
    </>
  );
}

function DomainForm({ place, go }: { readonly place: Place; readonly go: Go }) {
  return (
    <form
      class="domain"
      key={place.domain}
      onSubmit={(event) => {
        event.preventDefault();
        const domain = textOf(new FormData(event.currentTarget), 'domain').trim();
        go({ domain, view: place.view === 'job' ? 'jobs' : place.view, window: '', job: '', start: 1 });
      }}
    >
      <label>
        Domain{' '}
        <input name="domain" required defaultValue={place.domain} placeholder="domain-…" spellcheck={false} />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

function Welcome({ settings: { domains }, place }: { readonly settings: Settings; readonly place: Place }) {
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
                <a href={hashOf({ ...place, domain })}>{domain}</a>
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

const Navigation = ({ place }: { readonly place: Place }) => (
  <nav aria-label="Views">
    {(['overview', 'jobs', 'statistics'] as const).map((view) => (
      <a
        key={view}
        href={hashOf({ ...place, view, job: '', start: 1 })}
        aria-current={place.view === view ? 'page' : undefined}
      >
        {VIEWS[view]}
      </a>
    ))}
  </nav>
);

/** What there is to see at a place. */
function Shown({ viewed, turn }: { readonly viewed: Viewed; readonly turn: Go }) {
  const { place, settings } = viewed;
  const { domain, window, view, job } = place;
  if (domain === '') return <Welcome settings={settings} place={place} />;
  if (window === '' && view !== 'job') return <FirstWindow key={domain} viewed={viewed} turn={turn} />;
  const View = VIEW_OF[view];
  return <View key={`${domain} ${job}`} viewed={viewed} />;
}

function Top({ place, go, onRefresh }: { readonly place: Place; readonly go: Go; onRefresh(): void }) {
  return (
    <>
      <DomainForm place={place} go={go} />
      {place.domain !== '' && (
        <>
          <Navigation place={place} />
          <button type="button" onClick={onRefresh}>
            Refresh
          </button>
        </>
      )}
    </>
  );
}

function Page({ settings }: { readonly settings: Settings }) {
  const [place, go, turn] = usePlace();
  const [caller, setCaller] = useState<Caller | undefined>(undefined);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    document.title = [place.job || VIEWS[place.view], place.domain].filter(Boolean).join(' · ');
  }, [place]);
  const main = useRef<HTMLElement>(null);
  const shown = `${place.view} ${place.job}`;
  const before = useRef(shown);
  useEffect(() => {
    // Who reads by keyboard or by ear begins another view at its beginning.
    if (before.current !== shown) main.current?.focus();
    before.current = shown;
  }, [shown]);
  const isAsked = settings.needsToken && caller === undefined;
  const enter = (given: Caller): void => {
    setCaller(given);
    if (place.domain === '' && given.domain !== '') turn({ domain: given.domain });
  };
  const leave = (): void => {
    setToken('');
    setCaller(undefined);
  };
  const viewed: Viewed = { place, stretch: stretchOf(place.window, now), now, settings, go };
  return (
    <>
      <header class="top">
        <h1>Jobs</h1>
        {!isAsked && <Top place={place} go={go} onRefresh={() => setNow(Date.now())} />}
        {caller !== undefined && (
          <p class="caller">
            {caller.user || 'somebody'} of <strong>{caller.domain || 'no domain'}</strong>{' '}
            {![caller.domain, ''].includes(place.domain) &&
              '– without the right to others, these are its jobs '}
            <button type="button" class="quiet" onClick={leave}>
              Leave
            </button>
          </p>
        )}
      </header>
      <main ref={main} tabIndex={-1}>
        {isAsked ? <TokenForm onToken={enter} /> : <Shown viewed={viewed} turn={turn} />}
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
