// Links into the explorer, between its views, and out of it: they show the jobs that they tell of, or say what they leave out.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startExplorer } from '../harness/explorer.js';
import type { Explored, Explorer, ExploreOptions } from '../harness/explorer.js';
import { MADE_NOW, makeOps } from '../harness/made-domains.js';

const HOUR_MS = 3_600_000;
const ops = makeOps();
let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-links');
  await explorer.service.insert(ops.jobs, ops.collectors);
  await explorer.service.insert(
    [
      { status: 'ERROR', errors: ['1.4.2', 'AuthFailure'] },
      { status: 'ERROR', errors: ['1.4.2'] },
      { status: 'TIMEOUT', errors: ['1.4.2', 'AuthDenied'] },
    ].map(({ status, errors }, index) => ({
      job_id: `job-${index}`,
      domain_id: 'causes',
      status,
      errors: errors.map((code) => ({ error_code: code, message: 'no' })),
      created_at: new Date(MADE_NOW - HOUR_MS),
    })),
  );
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

const open = (
  view: string,
  parameters: Readonly<Record<string, string>>,
  options?: ExploreOptions,
): Promise<Explored> =>
  explorer.open(`#/${view}?${new URLSearchParams(parameters).toString()}`, { now: MADE_NOW, ...options });

describe('a cause leads to as many jobs as it counts', () => {
  test.each([
    ['of a code like a version', [], '1.4.2', 3],
    ['beside a text in the codes', [['errors.error_code', 'contain', 'Auth']], '1.4.2', 2],
    ['beside another code', [['errors.error_code', 'eq', 'AuthFailure']], '1.4.2', 1],
    ['beside a status', [['status', 'eq', 'ERROR']], '1.4.2', 2],
    ['of a list with it', [['errors.error_code', 'in', 'AuthDenied, 1.4.2']], 'AuthDenied', 1],
  ])('%s', async (_, filter, code, jobs) => {
    const explored = await open('overview', {
      domain: 'causes',
      window: '24h',
      filter: JSON.stringify(filter),
    });
    const cause = explored.page.locator('.codes > li').filter({ hasText: code });
    expect(await cause.locator('.measure').innerText()).toMatch(new RegExp(`^${jobs} jobs? `));
    await cause.getByRole('link').click();
    await explored.page.getByText(`1 to ${jobs} of ${jobs}`).waitFor();
    expect(explored.faults).toEqual([]);
  });
});

describe('a link that cannot be read', () => {
  test.each([
    ['in its conditions', 'jobs', { filter: '[["status","eq","ERR' }, '«[["status","eq","ERR»'],
    ['in one condition', 'jobs', { filter: '[["status","eq"]]' }, '«["status","eq"]»'],
    ['in its stages', 'statistics', { aggregate: '[{"group":' }, '«[{"group":»'],
    ['in its view', 'nowhere', {}, '«/nowhere»'],
  ])('%s says so, until it is left out', async (_, view, broken, words) => {
    const { page, faults } = await open(view, { domain: 'ops', window: '24h', ...broken });
    const told = page.getByText(`This link holds text that cannot be read, and does not count: ${words}`);
    await told.waitFor();
    await page.getByRole('button', { name: '7 days' }).click();
    await page.getByRole('button', { name: '7 days', pressed: true }).waitFor();
    expect(await told.count()).toBe(1);
    await page.getByRole('button', { name: 'Leave it out' }).click();
    await told.waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('unread');
    expect(faults).toEqual([]);
  });

  test('in the case of its view is read', async () => {
    const { page } = await open('Jobs/', { domain: 'ops', window: '24h' });
    await page.locator('table.jobs').waitFor();
  });
});

test('a copied link has the dates of conditions that are relative to now', async () => {
  const filter = JSON.stringify([['created_at', 'timediff_lt', 'now - 150m']]);
  const { page } = await open(
    'jobs',
    { domain: 'ops', window: 'all', filter },
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied').waitFor();
  const link: string = await page.evaluate('navigator.clipboard.readText()');
  expect(new URLSearchParams(link.slice(link.indexOf('?'))).get('filter')).toBe(
    '[["created_at","datetime_lt","2026-11-26T07:00:00.000Z"]]',
  );
});

describe('a window with ends between minutes, and in an hour that comes twice,', () => {
  const from = '2026-10-25T01:30:00.500Z';
  const window = `${from}/2026-10-25T12:00:00.000Z`;
  const options = { timezoneId: 'Europe/Berlin' };

  test('is named with an offset, and is the same after Apply', async () => {
    const { page } = await open('jobs', { domain: 'ops', window }, options);
    expect((await page.locator('.words').innerText()).replaceAll('\u202f', ' ')).toContain(
      'Oct 25, 2026, 2:30 AM GMT+1 – Oct 25, 2026, 1:00 PM, Europe/Berlin',
    );
    await page.locator('.chosen').getByRole('button', { name: 'Apply' }).click();
    expect(new URL(page.url()).hash).toContain(new URLSearchParams({ window }).toString());
    expect(await page.locator('.chosen .faults').allInnerTexts()).toEqual(['', '']);
  });

  test('keeps the end that is not changed', async () => {
    const { page } = await open('jobs', { domain: 'ops', window }, options);
    await page.getByRole('textbox', { name: 'to' }).fill('2026-10-25T14:00');
    await page.locator('.chosen').getByRole('button', { name: 'Apply' }).click();
    const changed = new URLSearchParams({ window: `${from}/2026-10-25T13:00:00.000Z` }).toString();
    await page.waitForURL((url) => url.hash.includes(changed));
  });
});

test.each(['Asia/Seoul', 'America/New_York'])(
  'a window without an offset is in UTC with zone=utc, in %s',
  async (timezoneId) => {
    const { page } = await open(
      'jobs',
      { domain: 'ops', window: '2026-11-25T00:00/2026-11-26T00:00', zone: 'utc' },
      { timezoneId },
    );
    expect((await page.locator('.words').innerText()).replaceAll('\u202f', ' ')).toContain(
      'Nov 25, 2026, 12:00 AM – Nov 26, 2026, 12:00 AM, UTC',
    );
  },
);
