// The file of keys: which it may hold, and what counts when it changes or cannot be used.
import { chmod, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyFile, keySet } from '../../src/auth/keys.js';
import type { KeysOf } from '../../src/auth/keys.js';
import { UNUSABLE } from '../harness/keys.js';
import { pairOf, publicJwk } from '../harness/tokens.js';

const SIGNAL = new AbortController().signal;

let folder: string;
let file: string;
let first: string;
let second: string;
let clock: number;
let keysOf: KeysOf;
let reports: string[];

const write = (...keys: readonly string[]): Promise<void> =>
  writeFile(file, `{"keys": [${keys.join(', ')}]}`);

/** The kinds of key that count for a domain, after the file has been looked at again. */
async function algorithms(domainId = 'domain-any'): Promise<readonly string[]> {
  clock += 1000;
  return (await keysOf(domainId, SIGNAL)).map(({ algorithm }) => algorithm);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-keys-'));
  first = JSON.stringify(await publicJwk(await pairOf('ES256')));
  second = JSON.stringify(await publicJwk(await pairOf('EdDSA')));
});
beforeEach(async () => {
  file = join(await mkdtemp(join(folder, 'file-')), 'keys.json');
  clock = 0;
  reports = [];
  await write(first);
  keysOf = await createKeyFile(file, {
    monotonicNow: () => clock,
    report: (error) => reports.push(error instanceof Error ? error.message : String(error)),
  });
});
afterAll(() => rm(folder, { recursive: true }));

test('a key with a kid is of that domain, and one without of every other', async () => {
  await write(first, JSON.stringify({ ...JSON.parse(second), kid: 'domain-own' }));
  expect(await algorithms('domain-own')).toEqual(['EdDSA']);
  expect(await algorithms()).toEqual(['ES256']);
});

test('a byte-order mark before a file is passed over', async () => {
  await writeFile(file, `\ufeff{"keys": [${second}]}`);
  expect(await algorithms()).toEqual(['EdDSA']);
});

test('a file is read again when it changes, a second later at most', async () => {
  expect(await algorithms()).toEqual(['ES256']);
  await write(second);
  clock += 999;
  expect(await keysOf('domain-any', SIGNAL)).toEqual([expect.objectContaining({ algorithm: 'ES256' })]);
  expect(await algorithms()).toEqual(['EdDSA']);
});

test('a file that changes within the same size and time is read again', async () => {
  await utimes(file, 1, 1);
  expect(await algorithms()).toEqual(['ES256']);
  await writeFile(file, `{"keys": [${second}]}`.padEnd(`{"keys": [${first}]}`.length));
  await utimes(file, 1, 1);
  expect(await algorithms()).toEqual(['EdDSA']);
});

test('keys stay while a changed file cannot be used, which is reported once', async () => {
  await writeFile(file, '{"keys": [');
  expect([await algorithms(), await algorithms(), await algorithms()]).toEqual([
    ['ES256'],
    ['ES256'],
    ['ES256'],
  ]);
  expect(reports).toEqual(['it is no JSON']);
  await write(second);
  expect(await algorithms()).toEqual(['EdDSA']);
  await writeFile(file, '{"keys": [');
  expect(await algorithms()).toEqual(['EdDSA']);
  expect(reports).toEqual(['it is no JSON', 'it is no JSON']);
});

test('keys stay while the file is away, which is reported once, and it counts when it is back', async () => {
  await rename(file, `${file}.old`);
  expect([await algorithms(), await algorithms()]).toEqual([['ES256'], ['ES256']]);
  expect(reports).toEqual([expect.stringContaining('ENOENT')]);
  await write(second);
  await chmod(file, 0o644);
  expect(await algorithms()).toEqual(['EdDSA']);
});

describe('a file is refused', () => {
  test.each<readonly [string, string, string]>([
    ['no JSON', 'c2VjcmV0', 'it is no JSON'],
    ['no set', '{}', 'it is no JWK set'],
    ['no keys', '{"keys": []}', 'it is no JWK set'],
    ['keys that are no list', '{"keys": {"kty": "RSA"}}', 'it is no JWK set'],
    ['no object', '{"keys": [5]}', 'key 0 of the JWK set is no object'],
    ['a bad key behind a good one', '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', 'is none of RSA'],
  ])('with %s, without being quoted', async (_, text, why) => {
    const reading = keySet(text);
    await expect(reading).rejects.toThrow(why);
    await expect(reading).rejects.not.toThrow('c2VjcmV0');
  });

  test.each(UNUSABLE.filter(({ json }) => json))('with $name, whichever its place', async ({ text, why }) => {
    const key = await text();
    await expect(keySet(`{"keys": [${first}, ${key}]}`)).rejects.toThrow(`key 1 of the JWK set ${why}`);
    await expect(keySet(`{"keys": [${key}, ${first}]}`)).rejects.toThrow(`key 0 of the JWK set ${why}`);
  });
});
