// The key file: valid and invalid contents, and the keys in effect when it changes or becomes invalid.
import { chmod, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyFile, readKeySet } from '../../src/auth/keys.js';
import type { KeyFile } from '../../src/auth/keys.js';
import { hangReads } from '../harness/hanging-file.js';
import { UNUSABLE } from '../harness/keys.js';
import { pairOf, publicJwk } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const SIGNAL = new AbortController().signal;

let folder: string;
let file: string;
let firstKey: string;
let secondKey: string;
let clock: number;
let keyFile: KeyFile;
let reports: string[];

const write = (...keys: readonly string[]): Promise<void> =>
  writeFile(file, `{"keys": [${keys.join(', ')}]}`);

/** Returns the algorithms of a domain's keys after the next check of the file. */
async function currentAlgorithms(domainId = 'domain-any'): Promise<readonly string[]> {
  clock += 1000;
  return (await keyFile.keysOf(domainId, SIGNAL)).map(({ algorithm }) => algorithm);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-keys-'));
  firstKey = JSON.stringify(await publicJwk(await pairOf('ES256')));
  secondKey = JSON.stringify(await publicJwk(await pairOf('EdDSA')));
});
beforeEach(async () => {
  file = join(await mkdtemp(join(folder, 'file-')), 'keys.json');
  clock = 0;
  reports = [];
  await write(firstKey);
  keyFile = await createKeyFile(file, {
    monotonicNow: () => clock,
    report: (error) => reports.push(error instanceof Error ? error.message : String(error)),
  });
});
afterAll(() => rm(folder, { recursive: true }));

test('a key with a kid belongs to that domain, and one without to every other', async () => {
  await write(firstKey, JSON.stringify({ ...JSON.parse(secondKey), kid: 'domain-own' }));
  expect(await currentAlgorithms('domain-own')).toEqual(['EdDSA']);
  expect(await currentAlgorithms()).toEqual(['ES256']);
});

test('a byte-order mark is skipped', async () => {
  await writeFile(file, `\ufeff{"keys": [${secondKey}]}`);
  expect(await currentAlgorithms()).toEqual(['EdDSA']);
});

test('a changed file is read again within a second', async () => {
  expect(await currentAlgorithms()).toEqual(['ES256']);
  await write(secondKey);
  clock += 999;
  expect(await keyFile.keysOf('domain-any', SIGNAL)).toEqual([
    expect.objectContaining({ algorithm: 'ES256' }),
  ]);
  expect(await currentAlgorithms()).toEqual(['EdDSA']);
});

test('a change that keeps size and mtime is noticed', async () => {
  await utimes(file, 1, 1);
  expect(await currentAlgorithms()).toEqual(['ES256']);
  await writeFile(file, `{"keys": [${secondKey}]}`.padEnd(`{"keys": [${firstKey}]}`.length));
  await utimes(file, 1, 1);
  expect(await currentAlgorithms()).toEqual(['EdDSA']);
});

test('the keys stay in effect while the changed file is invalid, reported once', async () => {
  await writeFile(file, '{"keys": [');
  expect([await currentAlgorithms(), await currentAlgorithms(), await currentAlgorithms()]).toEqual([
    ['ES256'],
    ['ES256'],
    ['ES256'],
  ]);
  expect(reports).toEqual(['it is no JSON']);
  await write(secondKey);
  expect(await currentAlgorithms()).toEqual(['EdDSA']);
  await writeFile(file, '{"keys": [');
  expect(await currentAlgorithms()).toEqual(['EdDSA']);
  expect(reports).toEqual(['it is no JSON', 'it is no JSON']);
});

test('the keys stay in effect while the file is missing, reported once, until the file is back', async () => {
  await rename(file, `${file}.old`);
  expect([await currentAlgorithms(), await currentAlgorithms()]).toEqual([['ES256'], ['ES256']]);
  expect(reports).toEqual([expect.stringContaining('ENOENT')]);
  await write(secondKey);
  await chmod(file, 0o644);
  expect(await currentAlgorithms()).toEqual(['EdDSA']);
});

test('a read of the file that hangs holds up no call, is the only one, and is reported once, until it ends', async () => {
  const hanging = await hangReads(file);
  // As many reads as the process has threads for, and more, would hold up every other access to files.
  const callOften = async () => {
    expect(await currentAlgorithms()).toEqual(['ES256']);
    return reports.length > 0;
  };
  for (let nth = 0; nth < 6; nth++) await callOften();
  await until('the read is reported', callOften, 10_000);
  await callOften();
  expect(reports).toEqual(['no end of reading within 2 s']);
  expect(keyFile.hasFailed()).toBe(true);
  await hanging.release();
  await write(secondKey);
  const isReloaded = async () => (await currentAlgorithms()).includes('EdDSA');
  await until('the file is read again', isReloaded, 10_000);
  expect(keyFile.hasFailed()).toBe(false);
});

describe('a key file is rejected', () => {
  test.each<readonly [string, string, string]>([
    ['invalid JSON', 'c2VjcmV0', 'it is no JSON'],
    ['no JWK set', '{}', 'it is no JWK set'],
    ['no keys', '{"keys": []}', 'it is no JWK set'],
    ['keys of type object', '{"keys": {"kty": "RSA"}}', 'it is no JWK set'],
    ['a key of type number', '{"keys": [5]}', 'key 0 of the JWK set is no object'],
    ['a key of an unsupported type', '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', 'is none of RSA'],
  ])('with %s, and its content is not quoted', async (_, text, reason) => {
    const result = readKeySet(text);
    await expect(result).rejects.toThrow(reason);
    await expect(result).rejects.not.toThrow('c2VjcmV0');
  });

  test.each(UNUSABLE.filter(({ json }) => json))(
    'with $name in any position',
    async ({ text, why: reason }) => {
      const key = await text();
      await expect(readKeySet(`{"keys": [${firstKey}, ${key}]}`)).rejects.toThrow(
        `key 1 of the JWK set ${reason}`,
      );
      await expect(readKeySet(`{"keys": [${key}, ${firstKey}]}`)).rejects.toThrow(
        `key 0 of the JWK set ${reason}`,
      );
    },
  );
});
