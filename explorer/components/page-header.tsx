/** The top of the page: the domain, the views, and a refresh of all answers. */
import { hashOf, VIEWS } from '../state/route.js';
import type { Route } from '../state/route.js';
import type { Go } from '../state/view-context.js';
import { textOf } from './form.js';

interface PageHeaderProps {
  readonly route: Route;
  readonly go: Go;
  readonly isFixed: boolean;
  onRefresh(): void;
}

/** A domain that the reader's token fixes is shown, and not asked for. */
function DomainForm({ route, go, isFixed }: Pick<PageHeaderProps, 'route' | 'go' | 'isFixed'>) {
  const submit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const domain = textOf(new FormData(event.currentTarget), 'domain').trim();
    go({ domain, view: route.view === 'job' ? 'jobs' : route.view, window: '', job: '', start: 1 });
  };
  return (
    <form class="domain" key={route.domain} onSubmit={submit}>
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

export const PageHeader = ({ route, go, isFixed, onRefresh }: PageHeaderProps) => (
  <>
    <DomainForm route={route} go={go} isFixed={isFixed} />
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
