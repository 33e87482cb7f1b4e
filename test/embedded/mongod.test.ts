// The choice of a binary: one that works, and from the cache only one with the content of its name.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createHash } from 'node:crypto';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cachedMongod, findMongod } from '../../src/embedded/mongod.js';

const working = '#!/bin/sh\necho "db version v6.0.99"\n';
const old = '#!/bin/sh\necho "db version v4.4.29"\n';
const searched = process.env['PATH'];
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
let folder: string;
let logged: string[];
const log = (message: string): void => {
  logged.push(message);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mongod-test-'));
  logged = [];
});
afterEach(async () => {
  process.env['PATH'] = searched;
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

describe('a named binary', () => {
  test('is taken when it prints its version', async () => {
    const path = await program('my-mongod', working);
    expect(await findMongod(path, folder, log)).toEqual({ path, version: '6.0.99' });
  });

  test.each([
    [
      'is missing',
      undefined,
      /^MONGOD_BINARY does not work: .*\/my-mongod --version fails: .*ENOENT; name a mongod, or leave it unset$/,
    ],
    [
      'fails',
      '#!/bin/sh\necho "no libssl" >&2\nexit 1\n',
      /^MONGOD_BINARY does not work: .* fails: no libssl; name a mongod, or leave it unset$/,
    ],
    [
      'is something else',
      '#!/bin/sh\necho hello\n',
      /^MONGOD_BINARY does not work: .* names no db version; name a mongod, or leave it unset$/,
    ],
    [
      'is too old to be served from',
      old,
      /^MONGOD_BINARY does not work: .* is MongoDB 4\.4\.29, and MongoDB 5\.0 or newer is needed; name a mongod, or leave it unset$/,
    ],
  ])('is an error when it %s, and no other is searched for', async (_, text, message) => {
    const path = join(folder, 'my-mongod');
    if (text !== undefined) await program('my-mongod', text);
    await expect(findMongod(path, folder, log)).rejects.toThrow(message);
    expect(logged).toEqual([]);
  });
});

test('a binary on PATH that is too old gives way to the next', async () => {
  const paths = [await program('first/mongod', old), await program('second/mongod', working)];
  process.env['PATH'] = paths.map(dirname).join(delimiter);
  expect(await findMongod(undefined, folder, log)).toEqual({ path: paths[1], version: '6.0.99' });
});

describe('a binary in the cache', () => {
  test('is taken when its SHA-256 is the one in its name', async () => {
    const path = await program(`mongod-${hash(working)}`, working);
    expect(await cachedMongod(folder, log)).toEqual({ path, version: '6.0.99' });
  });

  test('is not used when its SHA-256 is another', async () => {
    const path = await program(`mongod-${hash('something else')}`, working);
    expect(await cachedMongod(folder, log)).toEqual({ missing: 'none in the cache' });
    expect(logged).toEqual([`${path} is not used: its SHA-256 is not the one in its name`]);
  });

  test('is not used while it is being written', async () => {
    await program(`mongod-${hash(working)}.1234`, working);
    expect(await cachedMongod(folder, log)).toEqual({ missing: 'none in the cache' });
  });
});
