// Answers that are slow: none is shown under another question than its own.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Route } from 'playwright-core';
import { startExplorer, status } from '../harness/explorer.js';
import type { Explored, Explorer } from '../harness/explorer.js';

const at = (view: string): string =>
  `#/${view}?domain=domain-3f1c9a7b2e40&window=2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z`;

let explorer: Explorer;
let open: Explorer['open'];

beforeAll(async () => {
  explorer = await startExplorer('explorer-answers');
  ({ open } = explorer);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

describe('an answer belongs to its question', () => {
  /** Holds the calls of a page from now on, until they are released. */
  async function held({ page }: Explored): Promise<{ release(): Promise<void> }> {
    const routes: Route[] = [];
    await page.route('**/inventory/v1/job/*', (route) => void routes.push(route));
    return {
      async release() {
        await page.unroute('**/inventory/v1/job/*');
        await Promise.allSettled(routes.map((route) => route.continue()));
      },
    };
  }

  test('numbers of the previous window are never shown as those of the new one', async () => {
    const explored = await open(at('overview'));
    const { page } = explored;
    const { release } = await held(explored);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByText('Loading … this is the answer to the question before.').first().waitFor();
    expect(await status(explored, 'All').innerText()).toBe('All …');
    expect(await page.locator('.answered:not(:has(> .before[inert]))').count()).toBe(0);
    await release();
    await explored.settled();
    expect(await status(explored, 'All').innerText()).toBe('All 2,201');
    expect(await page.locator('.headline').innerText()).toMatch(/of 2,201 jobs failed in all time/);
  });

  test('a refresh asks the same question, and keeps its answer until the next is there', async () => {
    const explored = await open(at('overview'));
    const { page } = explored;
    const { release } = await held(explored);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('.answered[aria-busy=true]').first().waitFor();
    expect(await status(explored, 'All').innerText()).toBe('All 105');
    expect(await page.locator('.before').count()).toBe(0);
    await release();
    await explored.settled();
  });

  test('the jobs of another page are not those of the one before', async () => {
    const explored = await open(at('jobs'));
    const { page } = explored;
    const { release } = await held(explored);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('.before table.jobs').waitFor();
    await release();
    await explored.settled();
    expect(await page.locator('.before').count()).toBe(0);
  });
});
