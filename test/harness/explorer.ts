// The job explorer for its users: pages in a real browser, their calls, and the moment they are complete.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Locator, Page, Request } from 'playwright-core';
import { startBrowser, watchedPage } from './browser.js';
import type { Config } from '../../src/config/config.js';
import { SAMPLE_DOMAINS } from '../../src/embedded/sample.js';
import { startService } from './service.js';
import type { Service } from './service.js';

const AXE = createRequire(import.meta.url).resolve('axe-core');

const COMPLETE = 'main:has(.answered):not(:has([aria-busy=true], .chart svg[width="0"]))';

/**
 * Resolves once every call of the view has its answer, and each chart its width; checks in each frame, as a user would
 * see it. A changed address is followed in a task of its own, so the first check comes a frame and a task later.
 */
const SETTLED = `new Promise((settled) => {
  const isThere = () => document.querySelector('${COMPLETE}') !== null;
  const look = () => (isThere() ? settled(true) : requestAnimationFrame(look));
  requestAnimationFrame(() => setTimeout(look));
})`;

export interface Explored {
  readonly page: Page;
  /** Errors on the console, exceptions, and requests to another origin. */
  readonly faults: readonly string[];
  /** The calls since the last reset, as `stat` or `list`. */
  readonly calls: string[];
  /** Opens a route, and waits until the view is complete. */
  go(hash: string): Promise<void>;
  settled(): Promise<void>;
  /** The serious and critical findings of axe-core. */
  offences(): Promise<readonly string[]>;
}

const CALL = '/inventory/v1/job/';

const rpcOf = (request: Request): string[] =>
  [request.url()].filter((url) => url.includes(CALL)).map((url) => url.split(CALL).at(-1) ?? '');

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

const RUN_AXE = 'axe.run(document).then(({ violations }) => violations)';

/** The options of a page. */
export interface ExploreOptions extends BrowserContextOptions {
  /** The time of its machine. */
  readonly now?: number;
  /** The time of the service; that of the machine without one. */
  readonly serviceNow?: number;
}

/** Makes the settings of the service tell a time as its own. */
export const tellTime = (page: Page, now: number): Promise<unknown> =>
  page.route('**/explorer/settings.json', async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), date: new Date(now).toUTCString() },
    });
  });

async function setTimes(page: Page, now: number | undefined, serviceNow = now): Promise<void> {
  if (now !== undefined) await page.clock.setFixedTime(now);
  if (serviceNow !== undefined) await tellTime(page, serviceNow);
}

/** A new page of the explorer at `origin`, at `hash`. */
export async function explore(
  browser: Browser,
  origin: string,
  hash: string,
  { now, serviceNow, ...options }: ExploreOptions = {},
): Promise<Explored> {
  const { page, faults } = await watchedPage(browser, origin, {
    locale: 'en-US',
    timezoneId: 'UTC',
    ...options,
  });
  await setTimes(page, now, serviceNow);
  const calls: string[] = [];
  page.on('request', (request) => calls.push(...rpcOf(request)));
  const settled = async (): Promise<void> => {
    await page.evaluate(SETTLED);
  };
  const explored: Explored = {
    page,
    faults,
    calls,
    settled,
    async go(to) {
      await page.goto(`${origin}/${to}`);
      await settled();
    },
    async offences() {
      await page.evaluate(await readFile(AXE, 'utf8'));
      const found: readonly Finding[] = await page.evaluate(RUN_AXE);
      return found
        .filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    },
  };
  await page.goto(`${origin}/${hash}`);
  return explored;
}

export const status = ({ page }: Explored, name: string): Locator =>
  page.getByRole('group', { name: 'Status' }).locator('a, button').filter({ hasText: name });

export const rows = ({ page }: Explored): Locator => page.locator('table.jobs tbody tr');

/** A service with the sample, and a browser for its explorer. */
export interface Explorer {
  readonly service: Service;
  readonly origin: string;
  /** Opens a page at a route. */
  at(hash: string, options?: ExploreOptions): Promise<Explored>;
  /** The same, and waits until the view is complete. */
  open(hash: string, options?: ExploreOptions): Promise<Explored>;
  closePages(): Promise<void>;
  stop(): Promise<void>;
}

/** Serves the sample from `database`. */
export async function startExplorer(database: string, settings: Partial<Config> = {}): Promise<Explorer> {
  const service = await startService(database, settings, { domains: SAMPLE_DOMAINS });
  const browser = await startBrowser();
  const origin = `http://${service.http}`;
  const opened: Explored[] = [];
  const at: Explorer['at'] = async (hash, options) => {
    const explored = await explore(browser, origin, hash, options);
    opened.push(explored);
    return explored;
  };
  return {
    service,
    origin,
    at,
    async open(hash, options) {
      const explored = await at(hash, options);
      await explored.settled();
      return explored;
    },
    async closePages() {
      await Promise.all(opened.splice(0).map(({ page }) => page.close()));
    },
    async stop() {
      await browser.close();
      await service.stop();
    },
  };
}
