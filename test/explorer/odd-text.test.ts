// Names and codes that are blank, long or written from right to left, the table of narrow pages, and values chosen by name.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { rows, startExplorer } from '../harness/explorer.js';
import type { Explorer, ExploreOptions } from '../harness/explorer.js';
import { MADE_NOW, makeMany } from '../harness/made-domains.js';

const NARROW = { width: 360, height: 740 };
const many = makeMany();

const NAMES = { reversed: 'AWS \u202Eevil', arabic: 'مجمع', blank: '  ', long: 'x'.repeat(10_240) } as const;

/** A domain of one collector and its failed job. */
function domainOf([domain, name]: readonly [string, string]) {
  const _id = new ObjectId();
  return {
    collectors: [{ _id, collector_id: `collector-${domain}`, domain_id: domain, name, provider: 'aws' }],
    jobs: [
      {
        ...{ job_id: `job-${domain}`, domain_id: domain, status: 'ERROR', collector: _id },
        ...{ collector_id: `collector-${domain}`, errors: [{ error_code: name, message: '' }] },
        created_at: new Date(MADE_NOW - 3_600_000),
        finished_at: new Date(MADE_NOW - 3_540_000),
      },
    ],
  };
}

let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-odd-text');
  const made = [many, ...Object.entries(NAMES).map(domainOf)];
  for (const { jobs, collectors } of made) await explorer.service.insert(jobs, collectors);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

const open = (hash: string, options: ExploreOptions = {}) =>
  explorer.open(hash, { now: MADE_NOW, ...options });

/** Whether the texts of the first sentence stand side by side in their order. */
const IN_ORDER = `(() => {
  const walker = document.createTreeWalker(document.querySelector('.headline'), NodeFilter.SHOW_TEXT);
  const lefts = [];
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const { left, width } = range.getBoundingClientRect();
    if (width > 0 && lefts.length < 4) lefts.push(left);
  }
  return lefts.length > 2 && lefts.every((left, index) => index === 0 || left >= lefts[index - 1]);
})()`;

test.each(['reversed', 'arabic'])('a sentence about %s text keeps its order', async (domain) => {
  const { page } = await open(`#/job?domain=${domain}&job=job-${domain}`, {
    viewport: { width: 1600, height: 700 },
  });
  expect(await page.locator('.headline').innerText()).toContain('failed after 1 min');
  expect(await page.evaluate(IN_ORDER)).toBe(true);
});

test('dates from right to left keep their order in a window', async () => {
  const { page } = await open('#/jobs?domain=many&window=24h', { locale: 'ar-EG' });
  expect(await page.locator('.words').textContent()).toMatch(/^\u2068[^\u2068\u2069]+\u2069 – now, UTC/);
});

test('a blank name is the id, and a blank code can be seen and followed', async () => {
  const explored = await open('#/overview?domain=blank&window=24h');
  const { page } = explored;
  expect(await page.locator('.headline').innerText()).toContain('by collector-blank: "');
  await page.locator('.codes').getByRole('link', { name: '"' }).click();
  await page.getByText('1 to 1 of 1').waitFor();
  await explored.go('#/job?domain=blank&job=job-blank');
  expect(await page.locator('.headline').innerText()).toContain('collector-blank failed after');
  expect(await page.locator('.facts').getByRole('link').innerText()).toBe('collector-blank');
});

test('a name of 10 kB is cut, and is whole in the view of its job', async () => {
  const explored = await open('#/jobs?domain=long&window=24h', { viewport: NARROW });
  const row = await rows(explored).first().boundingBox();
  expect(row?.height).toBeGreaterThan(100);
  expect(row?.height).toBeLessThan(1000);
  await explored.go('#/job?domain=long&job=job-long');
  const whole = explored.page.locator('.facts').getByRole('link');
  expect(await whole.textContent()).toBe(NAMES.long);
  const height = await explored.page.evaluate('document.documentElement.scrollHeight');
  expect(height).toBeLessThan(4000);
});

test('narrow pages sort by a list of orders', async () => {
  const explored = await open('#/jobs?domain=many&window=24h', { viewport: NARROW });
  const { page } = explored;
  await page.getByLabel('Sort by').selectOption({ label: 'Duration, descending' });
  await page.waitForURL(/sort=-duration/);
  await explored.settled();
  expect(await page.getByLabel('Sort by').inputValue()).toBe('-duration');
  await page.setViewportSize({ width: 1280, height: 740 });
  await page.locator('[aria-sort=descending]', { hasText: 'Duration' }).waitFor();
  expect(await page.getByLabel('Sort by').isVisible()).toBe(false);
});

test('a collector that is chosen keeps its name beside others that are found', async () => {
  const { page } = await open('#/jobs?domain=many&window=24h');
  const find = page.getByRole('searchbox', { name: 'Collector is: values that contain' });
  await page.getByRole('button', { name: 'Collector is …' }).click();
  await find.fill('Collector 150');
  await page.getByRole('checkbox', { name: 'Collector 150' }).check();
  await find.fill('Collector 19');
  await page.getByRole('checkbox', { name: 'Collector 190' }).waitFor();
  expect(await page.getByRole('checkbox', { name: 'Collector 150' }).isChecked()).toBe(true);
  await page.locator('.values .main').click();
  await page.locator('.chip', { hasText: 'Collector is Collector 150' }).waitFor();
  await page.getByRole('button', { name: 'Collector is …' }).click();
  await find.fill('Collector 19');
  await page.getByRole('checkbox', { name: 'Collector 190' }).waitFor();
  expect(await page.getByRole('checkbox', { name: 'Collector 150' }).isChecked()).toBe(true);
});
