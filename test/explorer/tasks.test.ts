// The tasks of an operator, played on made domains whose truth is known.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../harness/eventually.js';
import { startExplorer, status } from '../harness/explorer.js';
import type { Explored, Explorer } from '../harness/explorer.js';
import { MADE_NIGHT, MADE_NOW, makeFew, makeMany, makeOps } from '../harness/made-domains.js';
import { until } from '../harness/until.js';

const ops = makeOps();
const many = makeMany();
/** More unfinished jobs than are read; the youngest is that of another collector. */
const stuck = Array.from({ length: 2001 }, (_, index) => ({
  job_id: `job-${index}`,
  domain_id: 'stuck',
  collector_id: index === 0 ? 'collector-new' : 'collector-old',
  status: 'IN_PROGRESS',
  created_at: new Date(MADE_NOW - (48 + index / 10) * 3_600_000),
}));
const made = [ops, many, makeFew('one', 1), makeFew('none', 0)];

let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-tasks');
  for (const { jobs, collectors } of made) await explorer.service.insert(jobs, collectors);
  await explorer.service.insert(stuck);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

const open = (domain: string, more = ''): Promise<Explored> =>
  explorer.open(`#/overview?domain=${domain}${more}`, { now: MADE_NOW });

const collectorRows = ({ page }: Explored) => page.locator('.collectors .rates').first().locator('tbody tr');
const namesOf = async (explored: Explored): Promise<readonly string[]> =>
  (await collectorRows(explored).locator('th').allInnerTexts()).map((name) => name.trim());

/** The truth about the last night. */
const night = ops.jobs.filter(({ created_at: created }) => {
  const time = Number(created);
  return time >= MADE_NIGHT.from && time < MADE_NIGHT.to;
});
const failed = night.filter(({ status: one }) => ['ERROR', 'TIMEOUT'].includes(String(one)));

describe('whose collector is failing', () => {
  test('is seen without a click: the worst for weeks first, then those of the last night', async () => {
    const explored = await open('ops', '&window=7d');
    const names = await namesOf(explored);
    expect(names.slice(0, 2)).toEqual(['Legacy CMDB', 'AWS IAM']);
    expect(names.slice(2, 6).toSorted()).toEqual(['AWS EC2', 'Azure VMs', 'GCP Storage', 'Oracle databases']);
    const row = explored.page.getByRole('row', { name: /^Legacy CMDB/ });
    expect(await row.innerText()).toMatch(/75%/);
    expect(explored.faults).toEqual([]);
  });

  test('a failure of one night is distinguished from one of weeks', async () => {
    const explored = await open('ops', '&window=night');
    expect(await explored.page.getByRole('row', { name: /^AWS IAM/ }).innerText()).toMatch(/47%\s+0% worse/);
    expect(await explored.page.getByRole('row', { name: /^Legacy CMDB/ }).innerText()).not.toContain('worse');
  });

  test('stuck jobs count against their collector', async () => {
    const explored = await open('ops', '&window=24h');
    const row = explored.page.getByRole('row', { name: /^Oracle databases/ });
    expect(await row.locator('.of-stuck').innerText()).toBe('6');
    expect(await row.locator('.of-failing').innerText()).toBe('21%');
  });

  test('the trend of each is beside its share: weeks of failures, and one night of them', async () => {
    const explored = await open('ops', '&window=7d');
    const trend = (name: RegExp) => explored.page.getByRole('row', { name }).locator('.sparkline');
    /** The drawn bars, one a day of failures. */
    const days = async (name: RegExp) =>
      ((await trend(name).locator('path').last().getAttribute('d')) ?? '').split('z').length - 1;
    expect(await days(/^Legacy CMDB/)).toBe(7);
    expect(await days(/^AWS IAM/)).toBe(2);
    expect(await days(/^VMware/)).toBe(0);
    expect(await trend(/^AWS S3/).getAttribute('aria-label')).toBe('none failed');
    expect(await trend(/^AWS IAM/).getAttribute('aria-label')).toBe(
      'failed over the window, at most 33% at once',
    );
  });

  test('the heads sort, and lead back to the failing first', async () => {
    const explored = await open('ops', '&window=7d');
    const head = explored.page.getByRole('columnheader', { name: 'Stuck' }).first();
    const clicked = async (sort: string): Promise<readonly string[]> => {
      await head.getByRole('button').click();
      await explored.page
        .locator(`.collectors th[aria-sort=${sort}]`, { hasText: 'Stuck' })
        .first()
        .waitFor();
      return namesOf(explored);
    };
    expect((await clicked('descending')).slice(0, 2)).toEqual(['Oracle databases', 'VMware']);
    expect((await clicked('ascending'))[0]).not.toBe('Oracle databases');
    expect((await clicked('none'))[0]).toBe('Legacy CMDB');
  });

  test('their order and a search in them are in the address, and ask nothing again', async () => {
    const explored = await open('many', '&window=24h');
    const { page, calls } = explored;
    calls.length = 0;
    await page.getByRole('searchbox', { name: 'Find a collector' }).fill('Collector 19');
    await page.getByRole('columnheader', { name: 'Collector' }).first().getByRole('button').click();
    await page.waitForURL(/order=name&find=Collector\+19/);
    const names = ['Collector 19', ...Array.from({ length: 10 }, (_, nth) => `Collector ${190 + nth}`)];
    await eventually(() => namesOf(explored), names);
    expect(calls).toEqual([]);
    const other = await explorer.open(new URL(page.url()).hash, { now: MADE_NOW });
    expect(await namesOf(other)).toEqual(names);
    expect(await other.page.getByRole('searchbox', { name: 'Find a collector' }).inputValue()).toBe(
      'Collector 19',
    );
  });

  test.each([
    [1280, 'ops'],
    [1280, 'many'],
    [1024, 'ops'],
    [1920, 'ops'],
  ])('at %d pixels no column of %s is cut', async (width, domain) => {
    const { page } = await explorer.open(`#/overview?domain=${domain}&window=7d`, {
      ...{ now: MADE_NOW, viewport: { width, height: 900 } },
    });
    const cut =
      "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.collectors .rows'))";
    await eventually(() => page.evaluate(cut), 0);
  });

  test('of 200 the worst is first, each is reached, and a name finds it', async () => {
    const explored = await open('many', '&window=24h');
    const { page } = explored;
    expect((await namesOf(explored))[0]).toBe('Collector 137');
    await page.getByRole('button', { name: 'All rows' }).click();
    await eventually(() => collectorRows(explored).count(), 200);
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(2500);
    await page.getByRole('searchbox', { name: 'Find a collector' }).fill('مجمّع');
    await eventually(() => namesOf(explored), ['مجمّع البيانات']);
    expect(explored.faults).toEqual([]);
  });
});

describe('the last night', () => {
  test('is one click, counts jobs, and says why they failed', async () => {
    const explored = await open('ops', '&window=7d');
    const { page } = explored;
    await page.getByRole('button', { name: 'Last night' }).click();
    await page.getByRole('heading', { name: 'Jobs by hour' }).waitFor();
    await explored.settled();
    expect(await page.locator('.headline').innerText()).toContain(
      `${failed.length} of ${night.length} jobs failed from 06:00 PM to 09:00 AM, 11 of them by Legacy CMDB: ERROR_CONNECTION. 7 jobs are stuck or late.`,
    );
    const causes = await page.locator('.codes > li').allInnerTexts();
    expect(causes.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^ERROR_CONNECTION 11 jobs 11 entries .*Legacy CMDB/),
      expect.stringMatching(/^AuthFailure 7 jobs 21 entries .*AWS IAM/),
      expect.stringMatching(/^Throttled 1 job 2 entries .*Azure VMs/),
      expect.stringMatching(/^without a code 1 job 1 entry .*GCP Storage/),
      expect.stringMatching(/^no error given 2 jobs/),
    ]);
    expect(explored.faults).toEqual([]);
  });

  test('shows a message whole once it is opened', async () => {
    const explored = await open('ops', '&window=night');
    const cause = explored.page.locator('.codes > li').filter({ hasText: 'AuthFailure' });
    await cause.locator('summary').click();
    await cause.locator('.messages').getByText('the end of the message').first().waitFor();
    await eventually(() => cause.locator('.messages li').count(), 3);
  });

  test('of the jobs’ own view neither the status nor the order nor the choice counts here, or beyond a link', async () => {
    const explored = await open('ops', '&window=night&status=SUCCESS&sort=created_at&newest=yes');
    const { page } = explored;
    const newest = page.locator('[aria-labelledby=newest]');
    expect(await newest.locator('tbody [data-title=Created]').first().innerText()).toContain('8:00');
    await newest.getByRole('link', { name: 'All 181' }).waitFor();
    await page.locator('.codes').getByRole('link', { name: 'AuthFailure' }).click();
    await page.getByText('1 to 7 of 7').waitFor();
  });

  test('jobs that failed without an error are a click away', async () => {
    const explored = await open('ops', '&window=night');
    await explored.page.getByRole('link', { name: 'no error given' }).click();
    await explored.page.getByText('1 to 2 of 2').waitFor();
    expect(await explored.page.locator('table.jobs tbody').innerText()).toContain('AWS EC2');
  });
});

test('stuck and late jobs are on the overview, the oldest first, each a click away', async () => {
  const explored = await open('ops', '&window=24h');
  const { page } = explored;
  const jobs = await page.locator('.stuck li').allInnerTexts();
  expect(jobs.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
    ...[40, 30, 20, 10, 5, 2].map((days) =>
      expect.stringContaining(`Oracle databases stuck for ${days} d usually at most 12 min`),
    ),
    expect.stringContaining('VMware late for 4 h'),
  ]);
  await page.locator('.stuck a').first().click();
  await page.getByRole('heading', { name: 'Errors' }).waitFor();
  expect(await page.locator('.facts').innerText()).toContain('Oracle databases');
});

test('of more unfinished jobs than are read the number is said to be one of the least', async () => {
  const explored = await open('stuck', '&window=30d');
  const { page } = explored;
  expect(await page.locator('.headline').innerText()).toContain('2,000 or more jobs are stuck or late.');
  expect(await page.locator('[aria-labelledby=stuck]').innerText()).toContain(
    'among the oldest 2,000 unfinished jobs',
  );
  const stuck = (name: string) => page.getByRole('row', { name }).locator('.of-stuck').innerText();
  expect(await stuck('collector-old')).toBe('2,000+');
  expect(await stuck('collector-new')).toBe('–');
});

describe('how long the runs of a collector take', () => {
  const slower = String(ops.collectors.find(({ name }) => name === 'Kubernetes clusters')?.['collector_id']);

  test('a collector that is slower every day is marked among all', async () => {
    const explored = await open('ops', '&window=7d');
    const row = explored.page.getByRole('row', { name: /^Kubernetes clusters/ });
    expect(await row.locator('.of-median').innerText()).toContain('slower');
    expect(await explored.page.locator('.of-median').filter({ hasText: 'slower' }).count()).toBe(1);
  });

  test('takes one call more for one collector: its runs', async () => {
    const all = await open('ops', '&window=7d');
    const ever = await open('ops', '&window=all');
    const one = await open('ops', `&window=7d&filter=[["collector_id","eq","${slower}"]]`);
    expect(all.calls.toSorted()).toEqual(['list', 'list', ...Array.from({ length: 7 }, () => 'stat')]);
    // No trend is drawn over all time, and nothing is before it.
    expect(ever.calls.filter((rpc) => rpc === 'stat')).toHaveLength(5);
    // The name of the chosen collector is a call of the filter.
    expect(one.calls.filter((rpc) => rpc === 'stat')).toHaveLength(9);
  });

  test('fills the chart with the runs up to the end of a window of the past', async () => {
    const explored = await explorer.open(
      `#/overview?domain=ops&window=2026-11-20T00:00Z/2026-11-26T00:00Z&filter=[["collector_id","eq","${slower}"]]`,
      { now: MADE_NOW + 365 * 86_400_000 },
    );
    const last =
      "Math.max(...[...document.querySelectorAll('.runs circle')].map((dot) => Number(dot.getAttribute('cx'))))";
    const width = "Number(document.querySelector('.runs svg').getAttribute('width'))";
    await until(
      'the newest run is in the right half of the chart',
      () => explored.page.evaluate(`${last} > Math.max(${width}, 1000) / 2`),
      10_000,
    );
  });

  test('providers have medians of their own once they are opened', async () => {
    const explored = await open('ops', '&window=7d');
    const { page } = explored;
    await page.getByText('By provider').click();
    const row = page.getByRole('row', { name: /^kubernetes/ });
    await row.getByText('44 min').waitFor();
    expect(await page.getByRole('row', { name: /^aws/ }).locator('.of-median').innerText()).toContain(
      '12 min',
    );
  });

  test('is a click away: a dot a run, the exact median and p95 of the window, and a sentence', async () => {
    const explored = await open('ops', '&window=7d');
    const { page } = explored;
    await page.getByRole('button', { name: 'Kubernetes clusters' }).click();
    await page.getByRole('heading', { name: 'How long the runs of Kubernetes clusters take' }).waitFor();
    await explored.settled();
    expect(await page.locator('.runs circle').count()).toBe(504);
    expect(await page.locator('[aria-labelledby=runs]').innerText()).toMatch(
      /The 153 runs of this window take 44 min, slower than usual: in the 30 days before it was 24 min, and 9 of 10 took at most 36 min\./,
    );
    expect(await page.locator('.runs svg').textContent()).toMatch(/p95 50 min\s*median 44 min/);
    await page.locator('.runs a').last().click();
    await page.getByRole('heading', { name: 'Errors' }).waitFor();
    expect(explored.faults).toEqual([]);
  });
});

describe('a search over all time', () => {
  const oldest = ops.jobs.find(({ created_at: created }) => Number(created) < MADE_NOW - 39 * 86_400_000);
  const id = String(oldest?.['job_id']);
  const box = ({ page }: Explored) => page.getByRole('searchbox', { name: /^Search/ });

  test('finds a job by a fragment of its id, from any view', async () => {
    const { page } = await open('ops', '&window=24h');
    await page.keyboard.press('/');
    await page.keyboard.type(id.slice(6));
    await page.getByRole('region', { name: 'Jobs', exact: true }).getByRole('link', { name: id }).click();
    await page.getByRole('heading', { level: 2, name: id }).waitFor();
  });

  test('opens a whole id at once', async () => {
    const explored = await open('ops', '&window=24h');
    await box(explored).fill(id);
    await box(explored).press('Enter');
    await explored.page.getByRole('heading', { level: 2, name: id }).waitFor();
    expect(explored.faults).toEqual([]);
  });

  test('opens the first result of the text that is entered, once it is found', async () => {
    const explored = await open('ops', '&window=24h');
    const { page } = explored;
    await box(explored).fill('AWS IAM');
    await page.getByRole('region', { name: 'Collectors' }).getByRole('link', { name: 'AWS IAM' }).waitFor();
    await box(explored).fill('Legacy');
    await box(explored).press('Enter');
    await page.getByRole('list', { name: 'Filters' }).getByText('Collector is Legacy CMDB').waitFor();
  });

  test.each([
    ['Collectors', 'kubern', 'Kubernetes clusters', 'Filters: Collector is Kubernetes clusters'],
    ['Error codes', 'throt', 'Throttled', 'Filters: Error code is Throttled'],
  ])('finds %s by %s', async (group, fragment, name, words) => {
    const explored = await open('ops', '&window=24h&zone=utc');
    const { page } = explored;
    await box(explored).fill(fragment);
    await page.getByRole('region', { name: group }).getByRole('link', { name }).click();
    await page.getByRole('list', { name: 'Filters' }).getByText(words.replace('Filters: ', '')).waitFor();
    expect(page.url()).toContain('zone=utc');
    expect(explored.faults).toEqual([]);
  });
});

test.each([
  ['#/overview?domain=none', 'No job of «none» is known'],
  ['#/overview?domain=ops&window=2020-01-01T00:00Z/2020-01-02T00:00Z', 'all jobs of all time'],
])('%s tells why it is empty', async (hash, told) => {
  const { page } = await explorer.open(hash, { now: MADE_NOW });
  await page.locator('.headline').getByText(told).waitFor();
});

test.each([
  ['one', 'None of 1 job failed'],
  ['none', 'None of 0 jobs failed'],
])('the domain %s is shown completely', async (domain, told) => {
  const explored = await open(domain, '&window=7d');
  expect(await explored.page.locator('.headline').innerText()).toContain(told);
  expect(await status(explored, 'All').innerText()).toMatch(/^All [01]$/);
  expect(explored.faults).toEqual([]);
});
