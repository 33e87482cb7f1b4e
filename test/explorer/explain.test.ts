// The calls of a view, explained by the service where it explains.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startExplorer } from '../harness/explorer.js';
import type { Explorer } from '../harness/explorer.js';

const at = (view: string): string =>
  `#/${view}?domain=domain-3f1c9a7b2e40&window=2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z&job=job-075d447b0ce6`;

let explorer: Explorer;
let silent: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-explain', { explain: 'on' });
  silent = await startExplorer('explorer-explain-off');
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(async () => {
  await explorer.stop();
  await silent.stop();
});

test('a call is made again, and explained in lines and as JSON', async () => {
  const explored = await explorer.open(at('jobs'));
  const { page } = explored;
  await page.getByText('What this view asked').click();
  const asked = page.locator('.asked > details').filter({ hasText: 'A page of jobs' });
  await asked.locator('summary').click();
  explored.calls.length = 0;
  await asked.getByRole('button', { name: 'Explain' }).click();
  await asked.locator('.explained').waitFor();
  expect(explored.calls).toEqual(['list']);
  const [times, ...reads] = await asked.locator('.explained li').allInnerTexts();
  expect(times).toMatch(/^\d+ ms in queues, \d+ ms in the database, \d+ ms writing the answer\.$/);
  expect(reads[0]).toMatch(
    /^find of job by domain_id_1_created_at_-1_job_id_-1: \d+ keys and \d+ documents examined for 25 results, \d+ ms\.$/,
  );
  expect(await asked.locator('.explained + pre').innerText()).toContain('"command": "find"');
  expect(await explored.offences()).toEqual([]);
  expect(explored.faults).toEqual([]);
});

test.each(['overview', 'jobs', 'job', 'statistics'])('each call of %s is explained', async (view) => {
  const explored = await explorer.open(at(view));
  const { page } = explored;
  await page.getByText('What this view asked').click();
  const asked = page.locator('.asked > details');
  const calls = await asked.count();
  for (const call of await asked.all()) {
    await call.locator('summary').click();
    await call.getByRole('button', { name: 'Explain' }).click();
    await call.locator('.explained li', { hasText: ' of job by ' }).first().waitFor();
  }
  expect(await page.locator('.explained').count()).toBe(calls);
  expect(explored.faults).toEqual([]);
});

test('a service that explains nothing is not asked to', async () => {
  const { page } = await silent.open(at('jobs'));
  await page.getByText('What this view asked').click();
  await page.locator('.asked > details summary').first().click();
  await page.getByRole('button', { name: 'Copy curl' }).waitFor();
  expect(await page.getByRole('button', { name: 'Explain' }).count()).toBe(0);
});
