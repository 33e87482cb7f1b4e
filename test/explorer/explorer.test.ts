// The explorer in a real browser, used as an operator uses it, on the sample and on hostile jobs.
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { eventually } from '../harness/eventually.js';
import { rows, startExplorer, status } from '../harness/explorer.js';
import type { Explorer } from '../harness/explorer.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
/** The sample's last week, as the page begins with it. */
const WEEK = '2023-05-14T00:00:00.000Z/2023-05-21T00:00:00.000Z';
const HOSTILE = 'domain-of-hostile-jobs';
const IMAGE = '<img src=x onerror="document.title=\'harmed\'">';
const NOW = new Date();

const at = (view: string, more: Readonly<Record<string, string>> = {}): string =>
  `#/${view}?${new URLSearchParams({ domain: DOMAIN, window: WEEK, ...more }).toString()}`;

/** Jobs with hostile content: collectors may report anything. */
const JOBS = [
  {
    job_id: 'job-hostile',
    status: 'ERROR',
    filters: { [IMAGE]: IMAGE, __proto__: 'no', constructor: 'x' },
    errors: [
      { error_code: IMAGE, message: IMAGE, additional: { [IMAGE]: [IMAGE] } },
      { error_code: IMAGE, message: 'the same again', additional: {} },
    ],
    collector_id: 'collector-gone',
    created_at: NOW,
    finished_at: NOW,
    total_tasks: 2,
    remained_tasks: 1,
  },
  {
    job_id: 'job-running',
    status: 'IN_PROGRESS',
    errors: [],
    created_at: NOW,
    total_tasks: 2,
    remained_tasks: 2,
  },
].map((job) => ({ _id: new ObjectId(), domain_id: HOSTILE, ...job }));

let explorer: Explorer;
let open: Explorer['open'];

beforeAll(async () => {
  explorer = await startExplorer('explorer');
  ({ open } = explorer);
  await explorer.service.db.collection('job').insertMany(JOBS);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

test('begins with a domain of the sample, and shows the week that its newest job ends', async () => {
  const explored = await explorer.at('');
  await explored.page.getByRole('link', { name: DOMAIN }).click();
  await explored.page.getByRole('heading', { name: 'Jobs by day' }).waitFor();
  await explored.settled();
  expect(await status(explored, 'All').innerText()).toBe('All 105');
  expect(await status(explored, 'Error').innerText()).toBe('Error 18');
  expect(decodeURIComponent(explored.page.url())).toContain(`window=${WEEK}`);
  expect(explored.calls.filter((rpc) => rpc === 'stat')).toHaveLength(8);
  expect(explored.calls.filter((rpc) => rpc === 'list')).toHaveLength(2);
  expect(explored.faults).toEqual([]);
});

test('the overview tells how much fails, whether it gets worse, why, and whose', async () => {
  const { page, faults } = await open(at('overview'));
  expect(await page.locator('.headline').innerText()).toContain('24 of 105 jobs failed from');
  expect(await page.locator('.headline').innerText()).toContain(
    '25% of the jobs that ended failed or timed out, within chance of the time before (24%).',
  );
  expect(await page.locator('.codes li').first().innerText()).toContain('AuthFailure');
  const collector = page.getByRole('row', { name: /AWS Cloud Services/ }).first();
  expect(await collector.innerText()).toMatch(/74%\s+27%\s+7\s+50\s+28\s+1 h 2 min/);
  expect(faults).toEqual([]);
});

test('a failed job is two clicks away, and says why', async () => {
  const explored = await open(at('overview'));
  await status(explored, 'Error').click();
  await explored.page.getByRole('heading', { name: 'Jobs', exact: true, level: 2 }).waitFor();
  await explored.settled();
  await rows(explored).first().getByRole('link').click();
  await explored.page.getByRole('heading', { name: 'Errors' }).waitFor();
  await explored.settled();
  expect(await explored.page.locator('.facts').innerText()).toContain('Error');
  expect(await explored.page.locator('section.group').first().innerText()).toContain('ERROR_GRPC_CONNECTION');
  expect(explored.faults).toEqual([]);
});

test('the timeline gives a window to a brush, and to the keyboard', async () => {
  const explored = await open(at('overview'));
  const chart = explored.page.getByRole('img', { name: /^jobs by day/ });
  const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await explored.page.mouse.move(box.x + 60, box.y + 50);
  await explored.page.mouse.down();
  await explored.page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 4 });
  await explored.page.mouse.up();
  await explored.page.waitForURL(/window=2023-05-14.*2023-05-18/);
  await explored.page.getByRole('heading', { name: 'Jobs by hour' }).waitFor();
  await explored.settled();
  expect(await status(explored, 'All').innerText()).toBe('All 71');
  await explored.page.goBack();
  await explored.page.getByRole('heading', { name: 'Jobs by day' }).waitFor();
  await explored.settled();
  await chart.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight']) await explored.page.keyboard.press(key);
  await eventually(
    () => explored.page.locator('.readout').innerText(),
    expect.stringMatching(/^May 16, 2023: Error 3, .*Success 8.*failure rate \d/),
  );
  await explored.page.keyboard.press('Enter');
  await explored.page.waitForURL(/window=2023-05-15.*2023-05-17/);
  expect(explored.faults).toEqual([]);
});

describe('the table', () => {
  test('goes through pages that neither overlap nor skip', async () => {
    const explored = await open(at('jobs', { status: 'SUCCESS' }));
    const ids = async () => rows(explored).getByRole('link').allInnerTexts();
    const seen = await ids();
    expect(await explored.page.locator('.paging').innerText()).toContain('1 to 25 of 72');
    for (const start of [26, 51]) {
      await explored.page.getByRole('button', { name: 'Next' }).click();
      await explored.page.getByText(`${start} to`).waitFor();
      await explored.settled();
      seen.push(...(await ids()));
    }
    expect(new Set(seen).size).toBe(72);
    expect(await explored.page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    expect(explored.faults).toEqual([]);
  });

  test('sorts where the service sorts', async () => {
    const explored = await open(at('jobs'));
    await explored.page.getByRole('link', { name: 'Progress' }).click();
    await explored.page.locator('[aria-sort=descending]', { hasText: 'Progress' }).waitFor();
    await explored.settled();
    expect(explored.page.url()).toContain('sort=-remained_tasks');
    const left = (await rows(explored).locator('[data-title=Progress]').allInnerTexts()).map((text) => {
      const [done = 0, total = 0] = text.split(' of ').map(Number);
      return total - done;
    });
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    expect(left[0]).toBeGreaterThan(0);
  });

  test('has the columns that are chosen', async () => {
    const explored = await open(at('jobs'));
    const titles = () => explored.page.locator('table.jobs thead th').allInnerTexts();
    await explored.page.locator('summary', { hasText: 'Columns' }).click();
    await explored.page.getByLabel('Project').check();
    await eventually(titles, expect.arrayContaining(['Project']));
    await explored.page.getByLabel('Provider').uncheck();
    await eventually(titles, expect.not.arrayContaining(['Provider']));
    expect(await titles()).toContain('Project');
    expect(explored.page.url()).toContain('columns=');
  });

  test('shows the newest job of each collector', async () => {
    const explored = await open(at('jobs', { window: 'all', newest: 'yes' }));
    const collectors = await rows(explored).locator('[data-title=Collector]').allInnerTexts();
    expect(collectors.length).toBeGreaterThan(5);
    expect(new Set(collectors).size).toBe(collectors.length);
    expect(explored.calls.toSorted()).toEqual(['list', 'stat', 'stat']);
  });

  test('looks at jobs that run again, but not while it is hidden', async () => {
    const explored = await open(at('jobs', { domain: HOSTILE, window: '24h' }));
    const running = explored.page.getByRole('row', { name: /job-running/ });
    expect(await running.innerText()).toContain('In progress');
    await explored.page.clock.install();
    await explored.go(at('jobs', { domain: HOSTILE, window: '24h' }));
    await explorer.service.db
      .collection('job')
      .updateOne({ job_id: 'job-running' }, { $set: { status: 'SUCCESS' } });
    await explored.page.clock.runFor(6000);
    await running.getByText('Success').waitFor();
    explored.calls.length = 0;
    await explored.page.clock.runFor(20_000);
    expect(explored.calls).toEqual([]);
    await explorer.service.db
      .collection('job')
      .updateOne({ job_id: 'job-running' }, { $set: { status: 'IN_PROGRESS' } });
    await explored.go(at('jobs', { domain: HOSTILE, window: '24h' }));
    await explored.page.evaluate("Object.defineProperty(document, 'hidden', { value: true })");
    explored.calls.length = 0;
    await explored.page.clock.runFor(20_000);
    expect(explored.calls).toEqual([]);
  });

  test.each([
    ['CSV', /^\uFEFFjob_id,status/],
    ['NDJSON', /^\{"job_id":"job-/],
  ])('is exported as %s, whole', async (format, first) => {
    const explored = await open(at('jobs', { status: 'ERROR' }));
    const download = explored.page.waitForEvent('download');
    await explored.page.getByRole('button', { name: `Export ${format}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`jobs-${DOMAIN}-2023-05-14-2023-05-21.${format.toLowerCase()}`);
    const text = await readFile(await file.path(), 'utf8');
    expect(text).toMatch(first);
    expect(text.match(/job-[0-9a-f]{12}\b/g)?.length).toBeGreaterThanOrEqual(18);
    expect(explored.faults).toEqual([]);
  });
});

describe('the filter', () => {
  test('suggests keys and values, and is applied', async () => {
    const explored = await open(at('jobs'));
    const { page } = explored;
    await page.getByText('Conditions as requests have them').click();
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Key').fill('collector.provider');
    await page.getByLabel('Value').fill('az');
    await page.locator('datalist option[value=azure]').waitFor({ state: 'attached' });
    expect(await page.locator('datalist option[value="errors.error_code"]').count()).toBe(1);
    await page.getByLabel('Value').fill('azure');
    const form = page.getByRole('form', { name: 'Filter', exact: true });
    await form.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(/filter=/);
    await page.getByText('1 to 10 of 10').waitFor();
    expect(explored.faults).toEqual([]);
  });

  test('holds conditions of which any may be met', async () => {
    const explored = await open(
      at('jobs', { filter_or: '[["collector.provider","eq","azure"],["status","in","TIMEOUT, CANCELED"]]' }),
    );
    expect(await explored.page.getByLabel('Value').nth(1).inputValue()).toBe('TIMEOUT, CANCELED');
    expect(await explored.page.locator('.paging').innerText()).toContain(' of 17');
  });

  test('shows what is wrong at the row that is at fault, and only there', async () => {
    const { page } = await open(at('overview', { filter: '[["status","eq","ERROR"],["nosuch","eq","1"]]' }));
    const faults = page.locator('.condition .faults');
    expect(await faults.first().innerText()).toBe('');
    expect(await faults.last().innerText()).toContain("'nosuch' is not a field of a job");
    expect(await page.getByLabel('Value').last().getAttribute('aria-invalid')).toBe('true');
    await eventually(() => page.evaluate('document.documentElement.scrollWidth'), 1280);
    expect(await page.locator('.failure').first().innerText()).toBe('The filter is not accepted: see there.');
  });
});

test('a link leads another reader to the same view', async () => {
  const first = await open(at('jobs', { status: 'TIMEOUT', sort: 'created_at' }));
  const ids = await rows(first).getByRole('link').allInnerTexts();
  const second = await open(new URL(first.page.url()).hash);
  expect(await rows(second).getByRole('link').allInnerTexts()).toEqual(ids);
  expect(ids).toHaveLength(6);
});

test('from a job to those before and after it in its collector, and back', async () => {
  const explored = await open(at('job', { job: 'job-075d447b0ce6' }));
  await explored.page.getByRole('link', { name: /^Previous/ }).click();
  await explored.page.getByRole('heading', { level: 2, name: /^job-(?!075d447b0ce6)/ }).waitFor();
  await explored.settled();
  await explored.page.getByRole('link', { name: /^Next/ }).click();
  await explored.page.getByRole('heading', { level: 2, name: 'job-075d447b0ce6' }).waitFor();
  expect(explored.faults).toEqual([]);
});

describe('statistics', () => {
  test('draw what they can, and show their rows', async () => {
    const explored = await open(at('statistics'));
    const { page } = explored;
    expect(await page.locator('.chart svg rect[class^=is-]').count()).toBeGreaterThan(10);
    await page.getByRole('button', { name: 'Jobs by provider' }).click();
    await page.locator('.shares li').first().getByText('aws').waitFor();
    await explored.settled();
    expect(await page.locator('.playground table tbody tr').first().innerText()).toMatch(/aws\s+67/);
    expect(explored.faults).toEqual([]);
  });

  test('are built step by step, or written as JSON', async () => {
    const explored = await open(at('statistics', { aggregate: '[{"unwind":{"path":"errors"}}]' }));
    const { page } = explored;
    await page.getByRole('button', { name: 'Add a stage' }).click();
    await page.getByLabel('key', { exact: true }).first().fill('errors.error_code');
    await page.getByLabel('name', { exact: true }).first().fill('code');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('columnheader', { name: 'code' }).waitFor();
    await page.getByRole('button', { name: 'JSON', exact: true }).click();
    await page.getByLabel('Stages as JSON').fill('[{"count": {"name": "n"}}]');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('columnheader', { name: 'n', exact: true }).waitFor();
    await explored.settled();
    expect(await page.locator('.playground tbody').innerText()).toBe('105');
    expect(explored.faults).toEqual([]);
  });

  test.each([
    ['CSV', '\uFEFFcode,jobs\r\n"say ""no"", twice",1\r\n\'=1+1,1\r\n,7\r\n'],
    ['NDJSON', '{"code":"say \\"no\\", twice","jobs":1}\n{"code":"=1+1","jobs":1}\n{"code":null,"jobs":7}\n'],
  ])('export their rows as %s, without another call', async (format, expected) => {
    const explored = await open(at('statistics'));
    const { page } = explored;
    const results = [
      { code: 'say "no", twice', jobs: 1 },
      { code: '=1+1', jobs: 1 },
      { code: null, jobs: 7 },
    ];
    await page.route('**/inventory/v1/job/stat', (route) => route.fulfill({ json: { results } }));
    await page.getByRole('button', { name: 'Errors by code' }).click();
    await page.locator('.playground tbody').getByText('=1+1').waitFor();
    explored.calls.length = 0;
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: `Export ${format}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(
      `statistics-${DOMAIN}-2023-05-14-2023-05-21.${format.toLowerCase()}`,
    );
    expect(await readFile(await file.path(), 'utf8')).toBe(expected);
    expect(explored.calls).toEqual([]);
    expect(explored.faults).toEqual([]);
  });

  test('show what is wrong at the stage that is at fault', async () => {
    const { page } = await open(at('statistics', { aggregate: '[{"limit":3},{"sort":{}}]' }));
    expect(await page.locator('.stage').first().locator('.faults').count()).toBe(0);
    expect(await page.locator('.stage').last().locator('.faults').innerText()).toContain(
      'aggregate.sort.key',
    );
  });
});

test('what comes from jobs is text, wherever it is shown', async () => {
  const explored = await open(at('overview', { domain: HOSTILE, window: '24h' }));
  expect(await explored.page.locator('.codes').innerText()).toContain(IMAGE);
  await explored.go(at('job', { domain: HOSTILE, job: 'job-hostile' }));
  expect(await explored.page.locator('section.group').innerText()).toContain(IMAGE);
  await explored.page.getByText('additional').click();
  await eventually(
    () => explored.page.locator('section.group .tree').first().innerText(),
    expect.stringContaining(IMAGE),
  );
  await explored.go(
    at('statistics', { domain: HOSTILE, aggregate: '[{"unwind":{"path":"errors"}}]', window: '24h' }),
  );
  expect(await explored.page.locator('.playground tbody').innerText()).toContain('onerror');
  expect(await explored.page.locator('img[src=x]').count()).toBe(0);
  expect(await explored.page.title()).not.toBe('harmed');
  expect(explored.faults).toEqual([]);
});

test('every view shows what it asked, and lines that ask it again', async () => {
  const { page } = await open(at('jobs', { status: 'ERROR' }));
  await page.getByText('What this view asked').click();
  await page.getByText('A page of jobs').click();
  const shown = page.locator('.asked pre:visible');
  await eventually(() => shown.count(), 3);
  const lines = await shown.allInnerTexts();
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    domain_id: DOMAIN,
    query: { page: { start: 1, limit: 25 } },
  });
  expect(lines[1]).toMatch(
    new RegExp(`^curl -s ${explorer.origin}/inventory/v1/job/list -H 'content-type: application/json' -d '`),
  );
  expect(lines[2]).toContain(`-plaintext -d '{"domain_id":"${DOMAIN}"`);
  expect(lines[2]).toContain(`${explorer.service.address} spaceone.api.inventory.v1.Job/list`);
});

test('what is asked is given up when the view moves on', async () => {
  const { page } = await open(at('overview'));
  const given = page.waitForEvent('requestfailed');
  await page.route('**/stat', (route) => void route.request());
  await page.getByRole('button', { name: '30 days' }).click();
  await page.getByRole('button', { name: '90 days' }).click();
  expect((await given).failure()?.errorText).toBe('net::ERR_ABORTED');
});

test('a window of the reader’s own is as it is given, and its first hour is marked', async () => {
  const explored = await open(at('overview'));
  const { page } = explored;
  await page.getByRole('textbox', { name: 'From' }).fill('2023-05-15T06:40');
  await page.getByRole('textbox', { name: 'to' }).fill('2023-05-16T06:00');
  await page.locator('.chosen').getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('heading', { name: 'Jobs by hour' }).waitFor();
  await explored.settled();
  expect(await page.getByRole('textbox', { name: 'From' }).inputValue()).toBe('2023-05-15T06:40');
  await page.getByRole('img', { name: /^jobs by hour/ }).focus();
  await page.keyboard.press('Home');
  await eventually(
    () => page.locator('.readout').innerText(),
    expect.stringMatching(/6:00.AM.*\(not whole\):/),
  );
  const begun = { $gte: new Date('2023-05-15T06:40Z'), $lt: new Date('2023-05-16T06:00Z') };
  const filter = { domain_id: DOMAIN, created_at: begun };
  const expected = await explorer.service.db.collection('job').countDocuments(filter);
  expect(await status(explored, 'All').innerText()).toBe(`All ${expected}`);
  expect(expected).toBeGreaterThan(5);
});
