// The API reference in a real browser: its operations, running its examples, and no requests to other hosts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { startBrowser, watchedPage } from '../../harness/browser.js';
import type { WatchedPage } from '../../harness/browser.js';
import { useService } from '../../harness/use-service.js';

const service = useService('reference');
let browser: Browser;
let watched: WatchedPage;
let origin: string;

beforeAll(async () => {
  origin = `http://${service.http}`;
  browser = await startBrowser();
  watched = await watchedPage(browser, origin);
  await watched.page.goto(`${origin}/docs`);
}, 60_000);
afterAll(() => browser.close());

const operation = (rpc: string) => watched.page.locator(`#operations-Job-Job_${rpc}`);

test('the page shows the four operations, the one that deletes last', async () => {
  await operation('stat').waitFor();
  const paths = await watched.page.locator('.opblock-summary-path').allInnerTexts();
  expect(paths.map((path) => path.replaceAll('\u200b', '').split('/').at(-1))).toEqual([
    'get',
    'list',
    'stat',
    'delete',
  ]);
});

test('the page leads home, shows no lock without AUTH, and keeps its schemas closed', async () => {
  const { page } = watched;
  await operation('stat').waitFor();
  expect(await page.getByRole('link', { name: 'Job explorer' }).getAttribute('href')).toBe('/');
  expect(await page.locator('.authorization__btn:visible').count()).toBe(0);
  expect(await page.locator('.model-box:visible').count()).toBe(0);
  await page.locator('section.models').getByText('Schemas').click();
  expect(await page.locator('section.models').innerText()).not.toContain('never');
});

test('a delete asks before it is sent', async () => {
  const { page } = watched;
  const asked: string[] = [];
  const sent: string[] = [];
  page.once('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => sent.push(request.url()));
  await operation('delete').locator('.opblock-summary-control').click();
  await operation('delete').getByRole('button', { name: 'Execute' }).click();
  expect(asked).toEqual(['Delete this job? It does not come back.']);
  expect(sent.filter((url) => url.endsWith('/delete'))).toEqual([]);
});

test.each([
  ['list', 'job-39fc4a58d6de'],
  ['stat', '"jobs": 7'],
])('executing the example of %s shows a response from the sample', async (rpc, expected) => {
  await operation(rpc).locator('.opblock-summary-control').click();
  await operation(rpc).getByRole('button', { name: 'Execute' }).click();
  const answer = operation(rpc).locator('.live-responses-table .response-col_description');
  await answer.getByText(expected).first().waitFor();
  expect(
    await operation(rpc).locator('.live-responses-table td.response-col_status').last().innerText(),
  ).toContain('200');
});

test('a page can call over Connect and export all jobs as NDJSON', async () => {
  const answers = await watched.page.evaluate(async () => {
    const call = async (path: string, headers: Record<string, string>) => {
      const body = JSON.stringify({ domain_id: 'domain-07d2e9c4a6b1', query: { only: ['job_id'] } });
      const response = await fetch(path, { method: 'POST', headers, body });
      return (await response.text()).trim().split('\n').length;
    };
    return [
      await call('/spaceone.api.inventory.v1.Job/list', { 'content-type': 'application/json' }),
      await call('/inventory/v1/job/list', {
        'content-type': 'application/json',
        accept: 'application/x-ndjson',
      }),
    ];
  });
  expect(answers).toEqual([1, 10]);
});

describe('the page', () => {
  test('allows only scripts from its own server, and no frame around it', async () => {
    const response = await fetch(`${origin}/docs`);
    expect(response.headers.get('content-security-policy')?.split('; ')).toEqual([
      ...[
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
      ],
      ...["connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    ]);
  });

  test('causes no console errors and no requests to other hosts', () => {
    expect(watched.faults).toEqual([]);
  });
});
