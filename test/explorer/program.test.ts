// The explorer of the program as it runs: with tokens, switched off, and while the service is away.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { MongoClient, ObjectId } from 'mongodb';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../src/embedded/embedded.js';
import { startBreakingProxy } from '../harness/breaking.js';
import { startBrowser } from '../harness/browser.js';
import { eventually } from '../harness/eventually.js';
import { explore, status } from '../harness/explorer.js';
import type { Explored } from '../harness/explorer.js';
import { startProgram } from '../harness/program.js';
import type { Program, Settings } from '../harness/program.js';
import { mongodbUri } from '../harness/service.js';
import { until } from '../harness/until.js';

const DATABASE = 'explorer-program';
const DOMAIN = 'domain-explorer';
const JOBS = ['SUCCESS', 'ERROR'].map((status, index) => ({
  job_id: `job-${index}`,
  domain_id: DOMAIN,
  status,
  created_at: new Date(),
}));

let mongo: MongoClient;
let browser: Browser;
let folder: string;
const started: Program[] = [];
const opened: Explored[] = [];

beforeAll(async () => {
  mongo = new MongoClient(mongodbUri());
  await mongo.db(DATABASE).collection('job').insertMany(JOBS);
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-explorer-'));
  browser = await startBrowser();
}, 60_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ page }) => page.close()));
  await Promise.all(started.splice(0).map((program) => program.kill()));
});
afterAll(async () => {
  await browser.close();
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
  await rm(folder, { recursive: true });
});

/** Starts the program and returns the origin of its HTTP listener. */
async function start(settings: Settings = {}): Promise<string> {
  const program = startProgram({ MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE, ...settings });
  started.push(program);
  return `http://${(await program.addresses()).http}`;
}

async function open(origin: string, hash: string): Promise<Explored> {
  const explored = await explore(browser, origin, hash);
  opened.push(explored);
  return explored;
}

/** Each panel asks again by itself. */
const noFailure = (page: Page): Promise<void> =>
  until('no failure is shown', async () => (await page.locator('.failure').count()) === 0, 10_000);

test('EXPLORER=off serves no page', async () => {
  const origin = await start({ EXPLORER: 'off' });
  const paths = ['/', '/explorer/main.js', '/explorer/settings.json', '/docs'];
  const answers = await Promise.all(paths.map((path) => fetch(`${origin}${path}`)));
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
});

test("the page is offered no domains of the sample on the operator's own database", async () => {
  const settings = await fetch(`${await start()}/explorer/settings.json`);
  expect(await settings.json()).toMatchObject({ domains: [] });
});

test('the page waits for a service that is away, and goes on by itself', async () => {
  const port = String(await freePort());
  const origin = await start({ HTTP_PORT: port });
  const explored = await open(origin, `#/overview?domain=${DOMAIN}&window=24h`);
  const { page } = explored;
  await explored.settled();
  await Promise.all(started.splice(0).map((program) => program.kill()));
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByText('The service does not answer. Trying again every 2 seconds.').first().waitFor();
  expect(await status(explored, 'Error').innerText()).toBe('Error 1');
  await mongo
    .db(DATABASE)
    .collection('job')
    .insertOne({ ...JOBS[1], _id: new ObjectId(), job_id: 'job-later' });
  await start({ HTTP_PORT: port });
  await page.getByRole('link', { name: 'Error 2' }).waitFor();
  await page.getByRole('link', { name: 'job-later' }).waitFor();
  await noFailure(page);
});

test.each(['body', 'error'] as const)(
  'an answer cut off in its %s counts as a failure, and is requested again',
  async (breaking) => {
    await using proxy = await startBreakingProxy(await start());
    proxy.breaking = breaking;
    const { page, settled } = await open(proxy.origin, `#/overview?domain=${DOMAIN}&window=24h`);
    await page.getByText('The service does not answer. Trying again every 2 seconds.').first().waitFor();
    proxy.breaking = 'nowhere';
    await settled();
    await page.getByRole('link', { name: /^Error \d/ }).waitFor();
    await noFailure(page);
    await page.close();
  },
);

test('with AUTH=jwt the page asks for a token, keeps it in memory only, and shows whose it is', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const file = join(folder, 'keys.json');
  await writeFile(file, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  const origin = await start({ AUTH: 'jwt', AUTH_PUBLIC_KEYS: file });
  const token = await new SignJWT({ cat: 'ACCESS_TOKEN', user_type: 'DOMAIN_OWNER', did: DOMAIN })
    .setProtectedHeader({ alg: 'RS256' })
    .setAudience('user@example.org')
    .setExpirationTime('20m')
    .sign(privateKey);
  const explored = await open(origin, '#/job?domain=domain-of-others&job=job-of-others&zone=utc');
  const { page } = explored;
  await page.getByLabel('Token').fill('no token');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('This is no token').waitFor();
  await page.getByLabel('Token').fill(`${token}0`);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('ERROR_AUTHENTICATE_FAILURE').waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('link', { name: 'job-1' }).waitFor();
  expect(await page.locator('.caller').innerText()).toContain(
    `user@example.org of ${DOMAIN} – the link was of domain-of-others, your token is not`,
  );
  expect(await page.getByLabel('Domain').inputValue()).toBe(DOMAIN);
  expect(await page.getByLabel('Domain').getAttribute('readonly')).not.toBeNull();
  await eventually(() => page.title(), `Jobs · ${DOMAIN}`);
  expect(page.url()).toContain(`domain=${DOMAIN}`);
  expect(page.url()).toContain('zone=utc');
  expect(page.url()).not.toContain(token);
  expect(
    await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
  ).toBe('[{},{},""]');
  await page.getByText('What this view asked').click();
  await page.getByText('Jobs by status').click();
  await eventually(() => page.locator('.asked').innerText(), expect.stringContaining('-H "token: $TOKEN"'));
  await page.reload();
  await page.getByLabel('Token').waitFor();
});
