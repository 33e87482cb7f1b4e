// The file descriptor limit of a process, as Linux reports it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { descriptorLimit } from '../../src/limits/descriptors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-limits-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['Max open files            1024                 4096                 files     \n', 1024],
  ['Max processes             7                    7\nMax open files            256   256   files\n', 256],
  ['Max open files            unlimited            unlimited            files     \n', Infinity],
  ['nothing of the kind\n', undefined],
])('the limit is read from %j', async (text, expected) => {
  const file = join(folder, String(expected));
  await writeFile(file, text);
  expect(await descriptorLimit(file)).toBe(expected);
});

test('there is no limit to read where the system reports none', async () => {
  expect(await descriptorLimit(join(folder, 'missing'))).toBeUndefined();
});
