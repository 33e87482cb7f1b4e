// Answers that are slow or refused: none is shown under another question than its own, none is made up, and none ends the page.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page, Request, Route } from 'playwright-core';
import { eventually } from '../harness/eventually.js';
import { startExplorer, status } from '../harness/explorer.js';
import type { Explored, Explorer } from '../harness/explorer.js';
import { MADE_NOW, makeMany } from '../harness/made-domains.js';
import { until } from '../harness/until.js';

const at = (view: string): string =>
  `#/${view}?domain=domain-3f1c9a7b2e40&window=2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z`;

const many = makeMany();
let explorer: Explorer;
let open: Explorer['open'];

beforeAll(async () => {
  explorer = await startExplorer('explorer-answers');
  ({ open } = explorer);
  await explorer.service.insert(many.jobs, many.collectors);
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

  test.each([
    ['the columns', '&columns=plugin', '1 to 25 of 105'],
    ['the zone', '&zone=utc', '1 to 25 of 105'],
    ['the page', '&start=26', '26 to 50 of 105'],
  ])('a refresh after a change of %s keeps each answer, too', async (_, more, shown) => {
    const explored = await open(at('jobs'));
    const { page } = explored;
    await explored.go(`${at('jobs')}${more}`);
    await page.getByText(shown).waitFor();
    await explored.settled();
    const { release } = await held(explored);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('.answered[aria-busy=true]').first().waitFor();
    expect(await status(explored, 'All').innerText()).toBe('All 105');
    expect(await page.locator('.before').count()).toBe(0);
    await release();
    await explored.settled();
  });

  test('the newest of each collector stay during a refresh, until another one is among them', async () => {
    const newestOf = (collector: string) => ({
      job_id: `job-of-${collector}`,
      domain_id: 'growing',
      collector_id: collector,
      status: 'SUCCESS',
      created_at: new Date(MADE_NOW),
    });
    await explorer.service.insert([newestOf('collector-1')]);
    const explored = await open('#/jobs?domain=growing&window=all&newest=yes');
    const { page } = explored;
    await explorer.service.insert([newestOf('collector-2')]);
    const { release } = await held(explored);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('[aria-labelledby=jobs] .answered[aria-busy=true]').waitFor();
    expect(await page.locator('.told').innerText()).toBe('1 job in all time, one of each collector.');
    expect(await page.locator('.before').count()).toBe(0);
    await release();
    await page.getByText('2 jobs in all time, one of each collector.').waitFor();
    expect(explored.faults).toEqual([]);
  });

  test('an order and a search during a slow refresh are shown at once, and kept', async () => {
    const explored = await open('#/overview?domain=many&window=24h', { now: MADE_NOW });
    const { page } = explored;
    const { release } = await held(explored);
    await page.clock.setFixedTime(MADE_NOW + 1000);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('.answered[aria-busy=true]').first().waitFor();
    const head = page.locator('.collectors').getByRole('columnheader', { name: 'Median' }).first();
    await head.getByRole('button').click();
    await page.locator('.collectors th[aria-sort=descending]', { hasText: 'Median' }).first().waitFor();
    await page.getByRole('searchbox', { name: 'Find a collector' }).fill('Collector 137');
    await page.waitForURL(/order=median&find=Collector\+137/);
    await eventually(() => page.locator('.collectors tbody th').allInnerTexts(), ['Collector 137']);
    await release();
    await explored.settled();
    expect(page.url()).toContain('order=median&find=Collector+137');
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

describe('an answer that is not there says nothing', () => {
  const overview = at('overview');
  const job = `${at('job')}&job=job-075d447b0ce6`;
  /** The parts of a view, each with a call by a piece of its request. */
  const PARTS = [
    ['the sentence without stuck jobs', overview, '#answer', '"CREATED"'],
    ['the sentence without durations', overview, '#answer', '"name":"p95"'],
    ['the sentence without causes', overview, '#answer', '"unwind"'],
    ['the causes', overview, '[aria-labelledby=errors]', '"count_only":true'],
    ['the stuck jobs', overview, '[aria-labelledby=stuck]', '"name":"p95"'],
    ['the collectors without stuck jobs', overview, '.collectors', '"CREATED"'],
    ['the collectors without durations', overview, '.collectors', '"name":"p95"'],
    ['the newest of each collector', `${at('jobs')}&newest=yes`, '#answer', '"operator":"first"'],
    ['the job before', job, '.neighbours', '"operator":"lte"'],
  ] as const;

  /** Opens a view of which some calls are answered by `answer`. */
  async function openWith(hash: string, piece: string, answer: (route: Route) => Promise<void> | undefined) {
    const explored = await explorer.at('');
    await explored.page.route('**/inventory/v1/job/*', (route) =>
      route.request().postData()?.includes(piece) === true ? answer(route) : route.continue(),
    );
    const answered: string[] = [];
    const onEnd = (request: Request): void =>
      void answered.push(...[request.url()].filter((url) => url.includes('/inventory/v1/job/')));
    explored.page.on('requestfinished', onEnd);
    explored.page.on('requestfailed', onEnd);
    // Another hash alone would not load the page again.
    await explored.page.goto('about:blank');
    await explored.page.goto(`${explorer.origin}/${hash}`);
    return { ...explored, answered };
  }

  test.each(PARTS)('%s: slow', async (_, hash, part, piece) => {
    const slow: Route[] = [];
    const explored = await openWith(hash, piece, (route) => void slow.push(route));
    const { page, calls, answered } = explored;
    const shown = page.locator(part);
    await until(
      'all other answers are there',
      () => slow.length > 0 && answered.length > 0 && answered.length >= calls.length - slow.length,
      10_000,
    );
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    await eventually(() => page.locator(`${part}[aria-busy=true], ${part} [aria-busy=true]`).count(), 1);
    expect(await shown.innerText()).toMatch(/ …/);
    expect(await shown.innerText()).not.toMatch(/No(?:ne of)? |\b0\b/);
  });

  test.each(PARTS)('%s: refused', async (_, hash, part, piece) => {
    const explored = await openWith(hash, piece, (route) =>
      route.fulfill({ status: 400, json: { message: 'ERROR_LIMIT_EXCEEDED: too much.' } }),
    );
    const shown = explored.page.locator(part);
    await shown.getByText('ERROR_LIMIT_EXCEEDED: too much.').first().waitFor();
    await explored.settled();
    expect(await shown.innerText()).not.toMatch(/No(?:ne of)? |\b0\b/);
  });
});

test('a first window is shown to a reader whose stat is refused: the page and its list remain', async () => {
  const explored = await explorer.at('');
  const { page } = explored;
  await page.route('**/inventory/v1/job/stat', (route) =>
    route.fulfill({ status: 403, json: { message: 'ERROR_PERMISSION_DENIED: stat' } }),
  );
  await explored.go('#/jobs?domain=domain-3f1c9a7b2e40');
  await page.getByText('ERROR_PERMISSION_DENIED: stat').first().waitFor();
  await page.getByRole('group', { name: 'Window' }).getByRole('button', { name: 'All' }).click();
  await page.getByText('1 to 25 of 2,201').waitFor();
});

test.each([
  ['a status of an inherited name', '&window=7d&filter=[["status","in","toString"]]'],
  ['a window of years before all dates', '&window=-271821-04-20T00:00:00.000Z/2026-01-01T00:00Z'],
  ['a window from the first year on', '&window=0001-01-01T00:00Z/2026-01-01T00:00Z'],
  ['an order of an inherited name', '&window=7d&sort=toString'],
])('%s is shown', async (_, more) => {
  for (const view of ['overview', 'jobs']) {
    const { page } = await open(`#/${view}?domain=domain-3f1c9a7b2e40${more}`, {
      timezoneId: 'America/New_York',
    });
    await page.locator('.words').waitFor();
  }
});

test.each(['America/Ciudad_Juarez', 'America/Coyhaique'])(
  'times are in UTC, with a word, since the database does not know %s',
  async (timezoneId) => {
    const explored = await open(at('overview'), { timezoneId });
    const { page } = explored;
    await page
      .getByText(`The database does not know the time zone ${timezoneId}: times are in UTC.`)
      .waitFor();
    await page.getByText(/12:00.AM – May 21, 2023, 12:00.AM, UTC/).waitFor();
    await explored.settled();
    expect(await page.locator('.failure').count()).toBe(0);
    expect(await page.getByRole('button', { name: /^in / }).count()).toBe(0);
  },
);

test('a view that fails leaves the header and its links, and another view is shown', async () => {
  const explored = await explorer.at(at('jobs'));
  const { page } = explored;
  await page.evaluate('Intl.ListFormat.prototype.format = () => { throw new Error("made"); }');
  await page.evaluate(`location.hash = '${at('jobs')}&filter=[["status","in","ERROR"]]'`);
  await page.getByText('This view cannot be shown').waitFor();
  await eventually(() => explored.faults.join(), expect.stringContaining('made'));
  await page.goBack();
  await page.getByRole('heading', { name: 'Jobs', exact: true, level: 2 }).waitFor();
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Overview' }).click();
  await page.locator('.headline').waitFor();
});

test.each([
  ['a refresh', (page: Page) => page.getByRole('button', { name: 'Refresh' }).click()],
  ['the way back', (page: Page) => page.goBack().then(() => page.goForward())],
])('a view that failed is tried again by %s', async (_, again) => {
  const { page } = await explorer.at(at('jobs'));
  await page.evaluate(
    'const { format } = Intl.ListFormat.prototype; globalThis.mend = () => { Intl.ListFormat.prototype.format = format; }; void 0',
  );
  await page.evaluate('Intl.ListFormat.prototype.format = () => { throw new Error("made"); }');
  await page.evaluate(`location.hash = '${at('jobs')}&filter=[["status","in","ERROR"]]'`);
  await page.getByText('This view cannot be shown').waitFor();
  await page.evaluate('globalThis.mend()');
  await again(page);
  await page.getByRole('list', { name: 'Filters' }).getByText('Status is Error').waitFor();
});
