// The times of the explorer: in three zones and two languages, with a word for each that does not exist.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { share } from '../../explorer/components/format.js';
import { bucketStart, dateFormat, DAY_MS, floor, HOUR_MS } from '../../explorer/state/time-range.js';
import { eventually } from '../harness/eventually.js';
import { startExplorer } from '../harness/explorer.js';
import type { Explorer } from '../harness/explorer.js';
import { objectOf, resultsOf, stringOf } from '../harness/json.js';
import { MADE_NOW, makeOps } from '../harness/made-domains.js';
import { random } from '../harness/random.js';
import { ZONES } from '../harness/zones.js';

const ops = makeOps();
let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('explorer-times');
  await explorer.service.insert(ops.jobs, ops.collectors);
}, 60_000);
afterEach(() => explorer.closePages());
afterAll(() => explorer.stop());

test.each([
  ['Asia/Seoul', 'en-US', 'Nov 25, 2026, 6:00 PM – Nov 26, 2026, 9:00 AM, Asia/Seoul'],
  ['Asia/Kathmandu', 'de-DE', '25.11.2026, 18:00 – 26.11.2026, 09:00, Asia/Kat'],
  ['America/Los_Angeles', 'de-DE', '25.11.2026, 18:00 – now, America/Los_Angeles'],
])('the last night in %s, in %s', async (timezoneId, locale, words) => {
  const { page, faults } = await explorer.open('#/overview?domain=ops&window=night', {
    ...{ now: MADE_NOW, timezoneId, locale },
  });
  expect((await page.locator('.words').innerText()).replaceAll('\u202f', ' ')).toContain(words);
  expect(faults).toEqual([]);
});

test('days are those of the zone, and a switch leads to UTC', async () => {
  const explored = await explorer.open('#/overview?domain=ops&window=7d', {
    ...{ now: MADE_NOW, timezoneId: 'Asia/Seoul' },
  });
  const { page } = explored;
  expect(await page.locator('.words').innerText()).toContain('Nov 20, 2026, 12:00 AM – now, Asia/Seoul');
  const chart = page.getByRole('img', { name: /^jobs by day/ });
  await chart.focus();
  await page.keyboard.press('End');
  const today = ops.jobs.filter(({ created_at: created }) => Number(created) >= Date.UTC(2026, 10, 25, 15));
  const success = today.filter(({ status }) => status === 'SUCCESS').length;
  await eventually(
    () => page.locator('.readout').innerText(),
    expect.stringMatching(new RegExp(`^Nov 26, 2026 \\(not whole\\): .*Success ${success},`)),
  );
  await page.getByRole('button', { name: 'in UTC' }).click();
  await page.getByText('Nov 20, 2026, 12:00 AM – now, UTC').waitFor();
  expect(page.url()).toContain('zone=utc');
});

test('statistics and names of files have the days of the zone', async () => {
  const { page } = await explorer.open('#/statistics?domain=ops&window=2026-11-24T15:00Z/2026-11-25T15:00Z', {
    ...{ now: MADE_NOW, timezoneId: 'Asia/Seoul' },
  });
  const days = await page.locator('.playground tbody tr td:first-child').allInnerTexts();
  expect(new Set(days)).toEqual(new Set(['2026-11-25']));
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  expect((await download).suggestedFilename()).toBe('statistics-ops-2026-11-25-2026-11-26.csv');
});

test('the clock of the service counts where that of the machine is wrong by hours', async () => {
  const explored = await explorer.open('#/overview?domain=ops&window=night', {
    ...{ now: MADE_NOW - 5 * HOUR_MS, serviceNow: MADE_NOW },
  });
  const { page } = explored;
  expect(await page.locator('.words').innerText()).toContain(
    'Nov 25, 2026, 6:00 PM – Nov 26, 2026, 9:00 AM, UTC',
  );
  expect(await page.locator('.headline').innerText()).toContain('7 jobs are stuck or late.');
  await page.getByText('as of 9:30:00 AM').waitFor();
});

describe('a link from one time to another', () => {
  const [from, to] = [Date.UTC(2026, 10, 19, 15), Date.UTC(2026, 10, 26, 9, 17)];
  const window = [from, to].map((time) => new Date(time).toISOString()).join('/');
  const between = (first: number, last: number) =>
    ops.jobs.filter(({ created_at: created }) => Number(created) >= first && Number(created) < last);
  const isFailed = ({ status }: { readonly status?: unknown }): boolean =>
    ['ERROR', 'TIMEOUT'].includes(String(status));
  const hasEnded = (job: { readonly status?: unknown }): boolean => isFailed(job) || job.status === 'SUCCESS';

  test.each(['Asia/Seoul', 'America/New_York', 'UTC'])('shows the same jobs in %s', async (timezoneId) => {
    const { page } = await explorer.open(`#/overview?domain=ops&window=${window}`, {
      ...{ now: MADE_NOW, timezoneId },
    });
    const [jobs, earlier] = [between(from, to), between(2 * from - to, from)];
    const rate = (of: typeof jobs): string => share(of.filter(isFailed).length / of.filter(hasEnded).length);
    const headline = await page.locator('.headline').innerText();
    expect(headline).toContain(
      `${jobs.filter(isFailed).length} of ${jobs.length.toLocaleString('en-US')} jobs failed from`,
    );
    expect(headline).toContain(rate(jobs));
    expect(headline).toContain(`the time before (${rate(earlier)})`);
  });
});

describe('buckets of the service are those of the page', () => {
  const domain = 'times';
  const next = random(20_261_129);
  const EVERY_CLOCK = [
    ...Array.from({ length: 300 }, () => Date.UTC(1995, 0, 1) + Math.floor(next() * 25 * 365) * DAY_MS),
    Date.UTC(2011, 11, 29),
    Date.UTC(2011, 11, 30),
    Date.UTC(2018, 10, 4),
  ].flatMap((day) =>
    Array.from({ length: 8 }, (_, nth) => day + nth * 3 * HOUR_MS + Math.floor(next() * HOUR_MS)),
  );

  beforeAll(async () => {
    await explorer.service.insert(
      EVERY_CLOCK.map((time, index) => ({
        job_id: `job-${index}`,
        domain_id: domain,
        status: 'SUCCESS',
        created_at: new Date(time),
      })),
    );
  });

  test.each(ZONES.flatMap((zone) => (['hour', 'day', 'week'] as const).map((unit) => ({ zone, unit }))))(
    'each $unit in $zone',
    async ({ zone, unit }) => {
      const outcome = await explorer.service.stat(domain, {
        aggregate: [
          {
            group: {
              keys: [
                { key: 'created_at', name: 'at', date_format: dateFormat(unit, zone) },
                { key: 'created_at', name: 'time' },
              ],
            },
          },
        ],
      });
      const rows = resultsOf(objectOf(objectOf(outcome)['response'])).map(({ at, time }) => ({
        at: stringOf(at),
        time: Date.parse(stringOf(time)),
      }));
      expect(rows).toHaveLength(new Set(EVERY_CLOCK).size);
      expect(rows.filter(({ at, time }) => bucketStart(at, unit, zone) !== floor(time, unit, zone))).toEqual(
        [],
      );
    },
  );
});

test.each([
  ['Asia/Kathmandu', /^Nov 26, 2026 \(not whole\)/, Date.UTC(2026, 10, 25, 18, 15)],
  ['America/St_Johns', /^Nov 26, 2026 \(not whole\)/, Date.UTC(2026, 10, 26, 3, 30)],
])('today in %s begins at its midnight', async (timezoneId, name, midnight) => {
  const { page } = await explorer.open('#/overview?domain=ops&window=7d', { now: MADE_NOW, timezoneId });
  await page.getByRole('img', { name: /^jobs by day/ }).focus();
  await page.keyboard.press('End');
  const success = ops.jobs.filter(
    ({ created_at: created, status }) => Number(created) >= midnight && status === 'SUCCESS',
  ).length;
  const readout = () => page.locator('.readout').innerText();
  await eventually(readout, expect.stringMatching(name));
  expect(await readout()).toContain(`Success ${success},`);
});

describe('a time of the reader’s own', () => {
  test.each([
    [
      'that the clocks skip',
      '2026-03-29T02:30',
      '2026-03-30T00:00',
      'The clocks of Europe/Berlin skip this time.',
    ],
    ['in the wrong order', '2026-11-26T02:30', '2026-11-25T00:00', 'From is not before to.'],
    [
      'of a year of five digits',
      '12026-03-29T02:30',
      '2026-11-25T00:00',
      'A time has a year of four digits, from 0001 to 9999.',
    ],
  ])('%s is marked at its field', async (_, from, to, fault) => {
    const explored = await explorer.open('#/overview?domain=ops&window=24h', {
      ...{ now: MADE_NOW, timezoneId: 'Europe/Berlin' },
    });
    const { page } = explored;
    await page.getByText('From … to …').click();
    await page.getByRole('textbox', { name: 'From' }).fill(from);
    await page.getByRole('textbox', { name: 'to' }).fill(to);
    await page.locator('.chosen').getByRole('button', { name: 'Apply' }).click();
    await page.locator('.chosen').getByText(fault).waitFor();
    expect(page.url()).toContain('window=24h');
  });

  test('that is unreadable is named, and all time is shown', async () => {
    const { page } = await explorer.open('#/jobs?domain=ops&window=nonsense', { now: MADE_NOW });
    expect(await page.locator('.words').innerText()).toContain('No window is «nonsense»: all time, UTC');
  });

  test('before all jobs says so', async () => {
    const { page } = await explorer.open('#/overview?domain=ops&window=1900-01-01T00:00Z/1900-01-02T00:00Z', {
      ...{ now: MADE_NOW },
    });
    expect(await page.locator('.headline').innerText()).toContain('None of 0 jobs failed from');
  });
});
