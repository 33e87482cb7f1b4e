// A headless Chromium with its libraries from npm, and pages that record faults.
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Makes the package unpack its libraries, as it does only on a machine without any. */
const BARE_MACHINE = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };

export async function startBrowser(): Promise<Browser> {
  Object.assign(process.env, BARE_MACHINE);
  const { default: packaged } = await import('@sparticuz/chromium');
  return chromium.launch({
    executablePath: await packaged.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    env: { ...process.env },
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, exceptions, and requests to another origin than `origin`. */
  readonly faults: readonly string[];
}

/** A new page, restricted to `origin`. */
export async function watchedPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage(options);
  const faults: string[] = [];
  const isOwn = (url: string): boolean => url.startsWith(`${origin}/`) || /^(?:data|blob):/.test(url);
  page.on('console', (message) =>
    faults.push(...[message].filter((each) => each.type() === 'error').map((each) => each.text())),
  );
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => faults.push(...[request.url()].filter((url) => !isOwn(url))));
  return { page, faults };
}
