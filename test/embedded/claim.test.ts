// The claim of the data folder: of starts at once one has it, and only its holder gives it back.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { claimFolder } from '../../src/embedded/claim.js';

const FILE = 'inventory-job.json';
/** No process has this number. */
const ENDED = JSON.stringify({ pid: 2 ** 30, begun: 'before', at: 'gRPC 127.0.0.1:50051' });
const ROUNDS = 5;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claim-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const refusal = (error: unknown): string => String(error).replace(/; stop it.*/, '');

test.each([
  ['no claim', () => Promise.resolve()],
  ['the claim of a service that has ended', () => writeFile(join(folder, FILE), ENDED)],
  ['half a claim', () => writeFile(join(folder, FILE), '{"pid":')],
])('of two starts at once on a folder with %s, one has it and the other names it', async (_, prepare) => {
  for (let round = 0; round < ROUNDS; round++) {
    await prepare();
    const claimed = await Promise.allSettled([claimFolder(folder), claimFolder(folder)]);
    const refused = claimed.flatMap((each) => (each.status === 'rejected' ? [refusal(each.reason)] : []));
    expect(refused).toEqual([`Error: already running, pid ${process.pid}, it is starting`]);
    expect(await readdir(folder)).toEqual([FILE]);
    const held = claimed.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(held.map(({ release }) => release()));
    expect(await readdir(folder)).toEqual([]);
  }
});

test('a start on a folder whose service runs names the addresses of that service', async () => {
  const claim = await claimFolder(folder);
  await claim.announce('gRPC 127.0.0.1:50051');
  await expect(claimFolder(folder)).rejects.toThrow(
    `already running, pid ${process.pid}, at gRPC 127.0.0.1:50051`,
  );
  expect(await readdir(folder)).toEqual([FILE]);
});

test('a service leaves the claim of another process', async () => {
  const claim = await claimFolder(folder);
  await writeFile(join(folder, FILE), ENDED);
  await claim.release();
  expect(await readFile(join(folder, FILE), 'utf8')).toBe(ENDED);
});
