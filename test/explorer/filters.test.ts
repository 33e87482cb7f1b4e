// Filters in words, the table of jobs, the refresh and the link of the explorer, on made domains.
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../harness/eventually.js';
import { rows, startExplorer, tellTime } from '../harness/explorer.js';
import type { Explored, Explorer } from '../harness/explorer.js';
import { MADE_NOW, makeMany, makeOps } from '../harness/made-domains.js';
import { until } from '../harness/until.js';

const ops = makeOps();
const many = makeMany();
const LONG_CODE = 'ERROR_'.repeat(200);

interface MadeJob {
  readonly domain_id: string;
  readonly status: string;
  readonly errors: readonly { readonly error_code: string }[];
}

let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-filters');
  for (const { jobs, collectors } of [ops, many]) await explorer.service.insert(jobs, collectors);
  await explorer.service.db.collection<MadeJob>('job').updateOne(
    { domain_id: 'many', status: 'ERROR' },
    {
      $push: { errors: { $each: [{ error_code: LONG_CODE }, { error_code: ' blank behind ' }] } },
    },
  );
  await explorer.service.insert(
    [{ message: 'none' }, { message: 'none' }, { error_code: '', message: 'empty' }].map((error, index) => ({
      job_id: `job-${index}`,
      domain_id: 'uncoded',
      status: 'ERROR',
      errors: [error],
      created_at: new Date(MADE_NOW - 3_600_000),
    })),
  );
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

const open = (hash: string): Promise<Explored> => explorer.open(hash, { now: MADE_NOW });
const chips = ({ page }: Explored) => page.getByRole('list', { name: 'Filters' }).getByRole('listitem');
const textsOf = async (explored: Explored): Promise<readonly string[]> =>
  (await chips(explored).allInnerTexts()).map((text) => text.replace(/\s*×$/, ''));

describe('filters in words', () => {
  test('choose several statuses and collectors by name, and are taken back one by one', async () => {
    const explored = await open('#/jobs?domain=ops&window=7d');
    const { page } = explored;
    await page.getByRole('button', { name: 'Status is …' }).click();
    await page.getByLabel('Error', { exact: true }).check();
    await page.getByLabel('Timeout', { exact: true }).check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Collector is …' }).click();
    await page.getByRole('searchbox', { name: 'Collector is: values that contain' }).fill('ec2');
    await page.getByLabel('AWS EC2').check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('1 to 2 of 2').waitFor();
    await eventually(() => textsOf(explored), ['Status is Error or Timeout', 'Collector is AWS EC2']);
    await page.getByRole('button', { name: 'Remove: Collector is AWS EC2' }).click();
    await page.getByText(/^1 to 25 of 125$/).waitFor();
    expect(explored.faults).toEqual([]);
  });

  test('find the jobs that are older than an age', async () => {
    const explored = await open('#/jobs?domain=ops&window=all');
    const { page } = explored;
    await page.getByRole('button', { name: 'Older than …' }).click();
    await page.getByLabel('30 days').check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await chips(explored).getByText('Older than 30 days').waitFor();
    expect(page.url()).toContain('timediff_lt');
  });

  test('the duration is filtered and sorted', async () => {
    const explored = await open('#/jobs?domain=ops&window=7d');
    const { page } = explored;
    await page.getByRole('link', { name: 'Duration' }).click();
    await page.locator('[aria-sort=descending]', { hasText: 'Duration' }).waitFor();
    await explored.settled();
    expect(await rows(explored).first().locator('[data-title=Duration]').innerText()).toBe('55 min');
    await page.getByRole('button', { name: 'Longer than …' }).click();
    await page.getByLabel('10 minutes').check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await chips(explored).getByText('Longer than 10 minutes').waitFor();
    await explored.settled();
    const created = ops.jobs.filter(({ created_at: time }) => Number(time) >= Date.UTC(2026, 10, 20));
    const long = created.filter(
      ({ created_at: from, finished_at: to }) => to !== null && Number(to) - Number(from) > 600_000,
    );
    await page.getByText(`1 to 25 of ${long.length.toLocaleString('en-US')}`).waitFor();
    expect(explored.faults).toEqual([]);
  });

  test('a named filter stands beside another condition on its key, and in place of its own', async () => {
    const explored = await open('#/jobs?domain=ops&window=7d&filter=[["duration","lt","1000"]]');
    const { page } = explored;
    for (const length of ['10 minutes', '1 minute']) {
      await page.getByRole('button', { name: 'Longer than …' }).click();
      await page.getByLabel(length).check();
      await page.locator('.values').getByRole('button', { name: 'Apply' }).click();
      await chips(explored).getByText(`Longer than ${length}`).waitFor();
    }
    await eventually(() => textsOf(explored), ['duration is less than 1000', 'Longer than 1 minute']);
  });

  test('an error code with blanks at its ends is asked as it is', async () => {
    const explored = await open('#/overview?domain=many&window=24h');
    await explored.page.locator('.codes').getByRole('link', { name: 'blank behind' }).click();
    await explored.page.getByText('1 to 1 of 1').waitFor();
    expect(explored.faults).toEqual([]);
  });

  test('errors of an empty code and of none are one cause, which leads to the jobs of both', async () => {
    const explored = await open('#/overview?domain=uncoded&window=24h');
    const causes = explored.page.locator('.codes > li');
    expect((await causes.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^without a code 3 jobs 3 entries /),
    ]);
    await causes.getByRole('link').click();
    await explored.page.getByText('1 to 3 of 3').waitFor();
    await eventually(() => textsOf(explored), expect.arrayContaining(['errors.error_code is none']));
    expect(explored.faults).toEqual([]);
  });

  test('statistics are of every status, as their filter shows none', async () => {
    const explored = await open(
      '#/statistics?domain=ops&window=night&status=ERROR&aggregate=[{"count":{"name":"jobs"}}]',
    );
    expect(await explored.page.locator('.playground tbody').innerText()).toBe('181');
  });

  test.each(['9007199254740993', '1e999'])(
    '%s is refused, and never asked as another number',
    async (value) => {
      const filter = JSON.stringify([['total_tasks', 'eq', value]]);
      const explored = await explorer.at(
        `#/jobs?${new URLSearchParams({ domain: 'ops', window: '7d', filter }).toString()}`,
      );
      await explored.page.getByText('A value of the filter cannot be asked as it is').waitFor();
      expect(await explored.page.locator('.condition .faults').innerText()).toContain(
        `${value} cannot be asked`,
      );
      expect(explored.calls).toEqual([]);
    },
  );
});

describe('the table of jobs', () => {
  test('has 25 rows of one line on a screen, whatever their codes', async () => {
    const explored = await open('#/jobs?domain=many&window=24h&sort=-status');
    const heights: readonly number[] = await explored.page.evaluate(
      "[...document.querySelectorAll('table.jobs tbody tr')].map((row) => row.getBoundingClientRect().height)",
    );
    expect(heights).toHaveLength(25);
    expect(Math.max(...heights)).toBeLessThan(28);
    const widths = '[document.querySelector("table.jobs").offsetWidth, document.documentElement.scrollWidth]';
    expect(await explored.page.evaluate(`Math.max(...${widths})`)).toBeLessThanOrEqual(1280);
  });

  test('counts equal codes, and has the whole text with the focus', async () => {
    const explored = await open(
      '#/jobs?domain=ops&window=night&filter=[["errors.error_code","eq","AuthFailure"]]',
    );
    expect(await rows(explored).first().locator('[data-title=Errors]').innerText()).toBe('AuthFailure ×3');
    await explored.go('#/jobs?domain=many&window=24h&filter=[["status","eq","ERROR"]]');
    const cell = rows(explored)
      .locator('[data-title=Errors]')
      .filter({ hasText: `${LONG_CODE.slice(0, 200)}…` });
    expect(await cell.getAttribute('title')).toContain(LONG_CODE);
  });

  test('a click on a row opens nothing, so that its text can be selected', async () => {
    const explored = await open('#/jobs?domain=ops&window=24h');
    const { page } = explored;
    await rows(explored)
      .first()
      .locator('[data-title=Collector]')
      .dblclick({ position: { x: 12, y: 12 } });
    expect(await page.evaluate('String(getSelection())')).not.toBe('');
    expect(page.url()).toContain('#/jobs');
  });

  test('the newest of each collector come in pages', async () => {
    const explored = await open('#/jobs?domain=many&window=24h&newest=yes');
    await explored.page.getByText('1 to 25 of 200').waitFor();
    await explored.page.getByRole('button', { name: 'Next' }).click();
    await explored.page.getByText('26 to 50 of 200').waitFor();
  });

  test('the newest of each collector are counted and exported, and no others', async () => {
    const explored = await open('#/jobs?domain=many&window=24h&newest=yes&limit=25');
    const { page } = explored;
    await page.getByText('200 jobs since').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export NDJSON' }).click();
    const text = await readFile(await (await download).path(), 'utf8');
    const lines = text.trimEnd().split('\n');
    const collectors = new Set(lines.map((line) => /"collector_id":"([^"]*)"/.exec(line)?.[1]));
    expect([lines.length, collectors.size]).toEqual([200, 200]);
    expect(text).toContain('"message":"nothing works"');
  });

  test('has a last column, which stays', async () => {
    const { page } = await open('#/jobs?domain=ops&window=24h&columns=status+plugin');
    await page.locator('summary', { hasText: 'Columns' }).click();
    await page.getByLabel('Plugin').uncheck();
    await page.waitForURL(/columns=status(?:&|$)/);
    await eventually(() => page.getByLabel('Status', { exact: true }).isDisabled(), true);
    await eventually(() => page.locator('table.jobs thead th').allInnerTexts(), ['Job', 'Status']);
  });

  test('a page past the end says so', async () => {
    const explored = await open('#/jobs?domain=ops&window=night&start=9999');
    await explored.page.getByText('past the end: there are 181').waitFor();
    await explored.page.getByRole('button', { name: 'Previous' }).click();
    await explored.page.getByText('157 to 181 of 181').waitFor();
  });
});

describe('a page that is seen', () => {
  test('refreshes every 30 seconds, but not under a reader who chooses', async () => {
    const explored = await explorer.at('#/jobs?domain=many&window=all');
    const { page } = explored;
    await page.clock.install({ time: MADE_NOW });
    await tellTime(page, MADE_NOW);
    await page.reload();
    const asOf = page.getByText(/^as of 9:3\d:\d\d AM, again every 30 s$/);
    await asOf.waitFor();
    await explored.settled();
    explored.calls.length = 0;
    await page.clock.runFor(31_000);
    await until('the page asks again', () => explored.calls.length === 2, 10_000);
    await explored.settled();
    await page.getByRole('button', { name: 'Status is …' }).click();
    const before = await asOf.innerText();
    await page.clock.runFor(61_000);
    expect(await asOf.innerText()).toBe(before);
  });

  test('tells the time of its data, whatever it asked since', async () => {
    const explored = await open('#/jobs?domain=ops&window=7d');
    const { page } = explored;
    await page.getByText('as of 9:30:00 AM, again every 30 s').waitFor();
    await page.route('**/inventory/v1/job/*', (route) => route.abort());
    await page.clock.setFixedTime(MADE_NOW + 60_000);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The service does not answer.').first().waitFor();
    await page.getByText('as of 9:30:00 AM, again every 30 s').waitFor();
    await page.unroute('**/inventory/v1/job/*');
    await page.getByText('as of 9:31:00 AM, again every 30 s').waitFor();
  });

  test('gives a link with absolute times', async () => {
    const explored = await explorer.open('#/jobs?domain=ops&window=night', {
      now: MADE_NOW,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await explored.page.getByRole('button', { name: 'Copy link' }).click();
    await explored.page.getByText('Copied').waitFor();
    const link: string = await explored.page.evaluate('navigator.clipboard.readText()');
    expect(decodeURIComponent(link)).toContain('window=2026-11-25T18:00:00.000Z/2026-11-26T09:00:00.000Z');
  });
});
