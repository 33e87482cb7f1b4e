/** Claims the folder of the embedded mongod's data for one service: a file in it names the process of that service. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const CLAIM_FILE = 'inventory-job.json';

interface Holder {
  readonly pid: number;
  /** The start of the process, as the system counts it: another one may have got its number. */
  readonly begun: string;
  /** The address of the service; undefined: not yet known. */
  readonly address?: string;
}

export interface Claim {
  /** Writes the address of the service into the file. */
  announce(address: string): Promise<void>;
  release(): Promise<void>;
}

/** Errors: a running service has the folder. */
export async function checkUnclaimed(dataDir: string): Promise<void> {
  const folder = resolve(dataDir);
  const holder = await holderIn(join(folder, CLAIM_FILE));
  if (holder === undefined || !(await runs(holder))) return;
  const state = holder.address === undefined ? 'it is starting' : `at ${holder.address}`;
  throw new Error(
    `already running, pid ${holder.pid}, ${state}; stop it, or set EMBEDDED_DATA_DIR to another folder than ${folder}`,
  );
}

/** Claims `dataDir`. Errors: a running service has it, or it is not writable. */
export async function claimFolder(dataDir: string): Promise<Claim> {
  const folder = resolve(dataDir);
  const path = join(folder, CLAIM_FILE);
  const own: Holder = { pid: process.pid, begun: await beginOf(process.pid) };
  try {
    await makeFolder(folder);
    await take(path, own, folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new Error(
      `EMBEDDED_DATA_DIR: ${folder} is not writable (${error.code}); set it to a writable folder, or set MONGODB_URI to a running database`,
      { cause: error },
    );
  }
  return {
    // Renaming is atomic: a reader finds the whole file.
    async announce(address) {
      await rename(await write(path, { ...own, address }), path);
    },
    async release() {
      const holder = await holderIn(path);
      if (holder?.pid === own.pid && holder.begun === own.begun) await rm(path, { force: true });
    },
  };
}

/** Makes a folder and its parents. Not `recursive: true`: under /proc, mkdir keeps failing with ENOENT and Node would retry forever. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return;
    if (!(isSystemError(error) && error.code === 'ENOENT') || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

/** Writes the file, or takes it over from a service that has ended. Errors: a running service has it. */
async function take(path: string, own: Holder, folder: string): Promise<void> {
  if (await create(path, own)) return;
  await checkUnclaimed(folder);
  await removeStale(path);
  await take(path, own, folder);
}

/** Writes `holder` to a file beside `path`. */
async function write(path: string, { address, ...holder }: Holder): Promise<string> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify({ ...holder, at: address }));
  return draft;
}

/** Creates the file, whole from its beginning; false where there is one. */
const create = async (path: string, holder: Holder): Promise<boolean> =>
  place(await write(path, holder), path);

/** Moves `draft` to `path`, unless there is a file. */
async function place(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft);
  }
}

/** Removes the file of a service that has ended. Only one of several starts can rename it; a newer file is put back. */
async function removeStale(path: string): Promise<void> {
  const removed = `${path}.${randomUUID()}`;
  try {
    await rename(path, removed);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return;
    throw error;
  }
  const holder = await holderIn(removed);
  if (holder !== undefined && (await runs(holder))) await place(removed, path);
  else await rm(removed);
}

async function holderIn(path: string): Promise<Holder | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { pid, begun, at }: Readonly<Record<string, unknown>> =
      typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
    if (typeof pid !== 'number' || typeof begun !== 'string') return undefined;
    return typeof at === 'string' ? { pid, begun, address: at } : { pid, begun };
  } catch {
    return undefined; // An incomplete file: its service has ended.
  }
}

async function runs({ pid, begun }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(isSystemError(error) && error.code === 'EPERM')) return false;
  }
  return (await beginOf(pid)) === begun;
}

/** The boot and the 22nd field of Linux' stat; the same for all processes without /proc. */
async function beginOf(pid: number): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return `${boot.trim()}:${stat.slice(stat.lastIndexOf(')')).split(' ')[20]}`;
  } catch {
    return '';
  }
}

const isSystemError = (error: unknown): error is { readonly code: string } =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
