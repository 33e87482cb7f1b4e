// The focus of a reader with a keyboard alone: it stays in its place through answers, forms that close, and items that are removed.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { startExplorer } from '../harness/explorer.js';
import type { Explorer } from '../harness/explorer.js';
import { MADE_NOW, makeOps } from '../harness/made-domains.js';

const ops = makeOps();
const OPEN_JOB = String(ops.jobs[0]?.['job_id']);

let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-keyboard');
  await explorer.service.insert(ops.jobs, ops.collectors);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

const filtered = (view: string, ...conditions: readonly (readonly string[])[]): string =>
  `#/${view}?${new URLSearchParams({ domain: 'ops', window: '24h', filter: JSON.stringify(conditions) }).toString()}`;
const FAILED = ['status', 'in', 'ERROR'] as const;
const OF_AWS = ['collector.provider', 'in', 'aws'] as const;

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
const box = (page: Page): Locator => page.getByRole('searchbox', { name: /^Search/ });
const answer = (page: Page): Locator => page.locator('#answer');
const pick = (page: Page): Locator => page.locator('.rates tbody button').first();

interface Way {
  readonly name: string;
  readonly hash: string;
  /** Leads to the control. */
  control(page: Page): Promise<Locator> | Locator;
  readonly key?: string;
  /** Is there once the page has followed. */
  followed(page: Page): Locator;
  /** Has the focus in the end. */
  focused(page: Page): Locator;
}

const WAYS: readonly Way[] = [
  {
    name: 'the next page leaves it on Next',
    hash: filtered('jobs'),
    control: (page) => button(page, 'Next'),
    followed: (page) => page.getByText(/^26 to/),
    focused: (page) => button(page, 'Next'),
  },
  {
    name: 'the first page leaves it on Previous, which leads no further',
    hash: `${filtered('jobs')}&start=26`,
    control: (page) => button(page, 'Previous'),
    followed: (page) => page.getByText(/^1 to/),
    focused: (page) => page.locator('button[aria-disabled=true]', { hasText: 'Previous' }),
  },
  {
    name: 'another order leaves it on the head',
    hash: filtered('jobs'),
    control: (page) => page.getByRole('link', { name: 'Duration' }),
    followed: (page) => page.locator('[aria-sort=descending]', { hasText: 'Duration' }),
    focused: (page) => page.getByRole('link', { name: 'Duration' }),
  },
  {
    name: 'a collector that is picked keeps it',
    hash: filtered('overview'),
    control: pick,
    followed: (page) => page.locator('.chip', { hasText: 'Collector is' }),
    focused: pick,
  },
  {
    name: 'values that are applied lead back to their filter',
    hash: filtered('jobs'),
    async control(page) {
      await button(page, 'Status is …').click();
      await page.getByLabel('Error', { exact: true }).check();
      return page.locator('.values .main');
    },
    followed: (page) => page.locator('.chip', { hasText: 'Status is Error' }),
    focused: (page) => button(page, 'Status is …'),
  },
  {
    name: 'the last of several filters leads to the one before',
    hash: filtered('jobs', FAILED, OF_AWS),
    control: (page) => button(page, 'Remove: Provider is aws'),
    followed: (page) => page.locator('.chips:not(:has(li + li))'),
    focused: (page) => button(page, 'Remove: Status is Error'),
  },
  {
    name: 'the only filter leads to the menu of filters',
    hash: filtered('jobs', FAILED),
    control: (page) => button(page, 'Remove: Status is Error'),
    followed: (page) => page.locator('.filters:not(:has(.chips))'),
    focused: (page) => button(page, 'Status is …'),
  },
  {
    name: 'a range that is applied leaves it on Apply',
    hash: filtered('jobs'),
    async control(page) {
      await page.getByText('From … to …').click();
      await page.getByLabel('From').fill('2026-11-24T00:00');
      return button(page, 'Apply');
    },
    followed: (page) => page.locator('.words', { hasText: 'Nov 24, 2026' }),
    focused: (page) => page.locator('.chosen button'),
  },
  {
    name: 'another domain leaves it on Go',
    hash: filtered('jobs'),
    async control(page) {
      await page.getByLabel('Domain').fill('nobody');
      return button(page, 'Go');
    },
    followed: (page) => page.getByText(/^No jobs here/),
    focused: (page) => button(page, 'Go'),
  },
  {
    name: 'stages that are run leave it on Run',
    hash: filtered('statistics'),
    async control(page) {
      await page
        .getByRole('button', { name: /^Remove stage/ })
        .last()
        .click();
      return button(page, 'Run');
    },
    followed: (page) => page.locator('[aria-disabled=true]', { hasText: 'Run' }),
    focused: (page) => button(page, 'Run'),
  },
  {
    name: 'the last stage leads to the one before',
    hash: filtered('statistics'),
    control: (page) => button(page, 'Remove stage 2'),
    followed: (page) => page.locator('.stages:not(:has(.stage + .stage))'),
    focused: (page) => button(page, 'Remove stage 1'),
  },
  {
    name: 'a collector that is found leads to the answer',
    hash: filtered('overview'),
    async control(page) {
      await page.keyboard.press('/');
      await page.keyboard.type('AWS IAM');
      return page.locator('.found').getByRole('link', { name: 'AWS IAM' });
    },
    followed: (page) => page.locator('.chip', { hasText: 'Collector is AWS IAM' }),
    focused: answer,
  },
  {
    name: 'Escape leads from what is found to the box',
    hash: filtered('overview'),
    key: 'Escape',
    async control(page) {
      await box(page).fill('AWS IAM');
      return page.locator('.found').getByRole('link', { name: 'AWS IAM' });
    },
    followed: (page) => page.locator('.search:not(:has(.found))'),
    focused: box,
  },
  {
    name: 'the id of the job that is open closes the box',
    hash: `#/job?domain=ops&job=${OPEN_JOB}`,
    async control(page) {
      await box(page).fill(OPEN_JOB);
      return box(page);
    },
    followed: (page) => page.locator('.search:not(:has(.found))'),
    focused: answer,
  },
];

test.each(WAYS)('$name', async ({ hash, control, key = 'Enter', followed, focused }) => {
  const explored = await explorer.open(hash, { now: MADE_NOW });
  const { page } = explored;
  await (await control(page)).press(key);
  await followed(page).waitFor();
  await explored.settled();
  await focused(page).and(page.locator(':focus')).waitFor();
  expect(await box(page).inputValue()).toBe('');
  expect(explored.faults).toEqual([]);
});
