// The explorer as a page: accessibility, narrow screens, its files, and their size.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../harness/eventually.js';
import { rows, startExplorer, status } from '../harness/explorer.js';
import type { Explorer } from '../harness/explorer.js';
import { until } from '../harness/until.js';

const at = (view: string): string =>
  `#/${view}?${new URLSearchParams({
    domain: 'domain-3f1c9a7b2e40',
    window: '2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z',
    job: 'job-075d447b0ce6',
  }).toString()}`;

let explorer: Explorer;
let open: Explorer['open'];

beforeAll(async () => {
  explorer = await startExplorer('explorer-craft');
  ({ open } = explorer);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

describe('anyone can read it', () => {
  const VIEWS = ['overview', 'jobs', 'statistics', 'job'];
  const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
    VIEWS.map((view) => ({ view, colorScheme })),
  );

  test.each(LOOKS)('$view in $colorScheme: axe-core finds nothing serious', async ({ view, colorScheme }) => {
    const explored = await open(at(view), {
      colorScheme,
      reducedMotion: 'reduce',
    });
    expect(await explored.offences()).toEqual([]);
    expect(explored.faults).toEqual([]);
  });

  test.each(VIEWS)('%s has nothing beside the page at 360 pixels', async (view) => {
    const { page } = await open(at(view), {
      viewport: { width: 360, height: 740 },
    });
    await eventually(() => page.evaluate('document.documentElement.scrollWidth'), 360);
  });

  test('a reader with a keyboard alone comes to a failed job', async () => {
    const explored = await open(at('overview'));
    await status(explored, 'Error').focus();
    await explored.page.keyboard.press('Enter');
    await explored.page.getByRole('heading', { name: 'Jobs', exact: true, level: 2 }).waitFor();
    await explored.settled();
    const id = await rows(explored).first().getByRole('link').textContent();
    await explored.page.keyboard.press('Tab');
    await explored.page.getByRole('button', { name: 'Skip to the answer' }).last().press('Enter');
    await explored.page.locator('#answer:focus').waitFor();
    await until(
      'Tab comes to the first job past the heads of the table',
      async () => {
        await explored.page.keyboard.press('Tab');
        return (await explored.page.locator(':focus').textContent()) === id;
      },
      10_000,
    );
    await explored.page.keyboard.press('Enter');
    await explored.page.getByRole('heading', { name: 'Errors' }).waitFor();
  });
});

test('the page runs nothing but the files of this server, and is small', async () => {
  const files = [
    '/',
    '/explorer/main.js',
    '/explorer/style.css',
    '/explorer/icon.svg',
    '/explorer/settings.json',
  ];
  const answers = await Promise.all(
    files.map((file) => fetch(`${explorer.origin}${file}`, { headers: { 'accept-encoding': 'gzip' } })),
  );
  expect(answers.map(({ status: code }) => code)).toEqual(files.map(() => 200));
  for (const answer of answers)
    expect(answer.headers.get('content-security-policy')?.split('; ')).toEqual([
      ...["default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'none'"],
      "frame-ancestors 'none'",
    ]);
  const page = await (await fetch(explorer.origin)).text();
  expect(page.match(/<script(?![^>]* src=)/)).toBeNull();
  expect(page).not.toMatch(/ style=| on\w+=/);
  const { page: shown } = await open(at('overview'));
  const sizes: number = await shown.evaluate(
    "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/explorer/')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)",
  );
  expect(sizes).toBeGreaterThan(10_000);
  expect(sizes).toBeLessThan(60_000);
});

test('lines are copied', async () => {
  const { page } = await open(at('job'), { permissions: ['clipboard-read', 'clipboard-write'] });

  await page.getByText('What this view asked').click();
  await page.locator('.asked details summary').first().click();
  await page.getByRole('button', { name: 'Copy curl' }).first().click();
  await page.getByText('Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toContain('/inventory/v1/job/get');
});
