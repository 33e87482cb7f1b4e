/** The top of the page: the domain, the views, and a refresh of all answers. */
import { absolute } from '../state/absolute.js';
import { hashOf, VIEWS } from '../state/route.js';
import type { Route, View } from '../state/route.js';
import { REFRESH_INTERVAL_MS } from '../state/use-now.js';
import type { ViewContext } from '../state/view-context.js';
import { CopyButton } from './copy-button.js';
import { Search } from './search.js';
import { clockTime } from './format.js';
import { textOf, useReset } from './form.js';

interface PageHeaderProps {
  readonly context: ViewContext;
  readonly isFixed: boolean;
  onRefresh(): void;
}

/** A domain that the reader's token fixes is shown, and not asked for. */
function DomainForm({ context: { route, go }, isFixed }: Omit<PageHeaderProps, 'onRefresh'>) {
  const form = useReset(route.domain);
  const submit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const domain = textOf(new FormData(event.currentTarget), 'domain').trim();
    const view = route.view === 'job' ? 'jobs' : route.view;
    go({ domain, view, window: '', job: '', start: 1, order: '', find: '' });
  };
  return (
    <form class="domain" ref={form} onSubmit={submit}>
      <label>
        Domain{' '}
        <input
          name="domain"
          required
          defaultValue={route.domain}
          placeholder="domain-…"
          spellcheck={false}
          readOnly={isFixed}
        />
      </label>
      {!isFixed && <button type="submit">Go</button>}
    </form>
  );
}

/** A job is one of the jobs. */
const currentOf = ({ view: shown }: Route, view: View): 'page' | 'true' | undefined => {
  if (shown === view) return 'page';
  return shown === 'job' && view === 'jobs' ? 'true' : undefined;
};

const Navigation = ({ route }: { readonly route: Route }) => (
  <nav aria-label="Views">
    {(['overview', 'jobs', 'statistics'] as const).map((view) => (
      <a
        key={view}
        href={hashOf({ ...route, view, job: '', start: 1 })}
        aria-current={currentOf(route, view)}
      >
        {VIEWS[view]}
      </a>
    ))}
  </nav>
);

/** The address of the view with its times as they are now: another reader sees the same jobs. */
const linkOf = (context: ViewContext): string =>
  `${location.origin}${location.pathname}${hashOf(absolute(context))}`;

export function PageHeader({ context, isFixed, onRefresh }: PageHeaderProps) {
  const { route, asOf, zone, unknownZone } = context;
  return (
    <>
      <DomainForm context={context} isFixed={isFixed} />
      {route.domain !== '' && (
        <>
          <Navigation route={route} />
          <Search route={route} />
          <button type="button" onClick={onRefresh}>
            Refresh
          </button>
          <small>
            {asOf !== undefined && `as of ${clockTime(asOf, zone)}, `}again every {REFRESH_INTERVAL_MS / 1000}{' '}
            s
          </small>
          <CopyButton name="link" text={linkOf(context)} isNamed />
          {unknownZone !== '' && (
            <p role="status">The database does not know the time zone {unknownZone}: times are in UTC.</p>
          )}
        </>
      )}
    </>
  );
}
