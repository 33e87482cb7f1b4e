/** The entry of the page at `/`: fetches the settings until they arrive, then shows the page (docs/explorer.md). */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { UNREACHABLE } from './api/call-error.js';
import { fetchSettings } from './api/settings.js';
import type { Settings } from './api/settings.js';
import { Page } from './page.js';
import { RETRY_DELAY_MS, TRYING_AGAIN } from './state/answer.js';

function Explorer() {
  const [settings, setSettings] = useState<Settings | undefined>(undefined);
  const [failures, setFailures] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    fetchSettings().then(setSettings, () => {
      timer = setTimeout(() => setFailures((last) => last + 1), RETRY_DELAY_MS);
    });
    return () => clearTimeout(timer);
  }, [failures]);
  if (settings !== undefined) return <Page settings={settings} />;
  return (
    <header class="top">
      <h1>Jobs</h1>
      <p role="status">{failures > 0 && `${UNREACHABLE} ${TRYING_AGAIN}`}</p>
    </header>
  );
}

const root = document.getElementById('explorer');
if (root !== null) {
  root.replaceChildren();
  render(<Explorer />, root);
}
