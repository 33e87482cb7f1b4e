/** The page without a domain. */
import type { Settings } from '../api/settings.js';
import { hashOf } from '../state/route.js';
import type { Route } from '../state/route.js';

const SampleDomains = ({
  domains,
  route,
}: {
  readonly domains: readonly string[];
  readonly route: Route;
}) => (
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
);

export const Welcome = ({
  settings: { domains },
  route,
}: {
  readonly settings: Settings;
  readonly route: Route;
}) => (
  <section class="welcome">
    <h2>Whose jobs?</h2>
    <p>Jobs belong to domains. Name one above to see what its collectors did.</p>
    {domains.length > 0 && <SampleDomains domains={domains} route={route} />}
  </section>
);
