// Claims the folder of the embedded mongod's data for one service: a file in it names the process of that service.
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const fileName = 'inventory-job.json';

type Holder = {
  readonly pid: number;
  /** The start of the process, as the system counts it: another one may have got its number. */
  readonly begun: string;
  /** The address of the service; undefined: not yet known. */
  readonly address?: string;
};

export type Claim = {
  /** Writes the address of the service into the file. */
  announce(address: string): Promise<void>;
  release(): Promise<void>;
};

/** Refuses the folder of a running service. */
export async function refuseHeld(dataDir: string): Promise<void> {
  const folder = resolve(dataDir);
  const holder = await holderIn(join(folder, fileName));
  if (holder === undefined || !(await runs(holder))) return;
  const state = holder.address === undefined ? 'it is starting' : `at ${holder.address}`;
  throw new Error(
    `already running, pid ${holder.pid}, ${state}; stop it, or set EMBEDDED_DATA_DIR to another folder than ${folder}`,
  );
}

/** Claims `dataDir`. Errors: a running service has it, or it is not writable. */
export async function claimFolder(dataDir: string): Promise<Claim> {
  const folder = resolve(dataDir);
  const path = join(folder, fileName);
  const own: Holder = { pid: process.pid, begun: await beginOf(process.pid) };
  try {
    await makeFolder(folder);
    if (!(await create(path, own))) await takeOver(path, own, folder);
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
      await writeFile(`${path}.new`, JSON.stringify({ ...own, at: address }));
      await rename(`${path}.new`, path);
    },
    release: () => rm(path, { force: true }),
  };
}

/** Makes a folder and its parents. `recursive` would never end where the system reports a missing parent in vain, as in /proc. */
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

/** Creates the file; false where there is one. */
async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify(holder));
    await file.close();
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes over the folder of a service that has ended. */
async function takeOver(path: string, own: Holder, folder: string): Promise<void> {
  await refuseHeld(folder);
  await writeFile(path, JSON.stringify(own));
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

const isSystemError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string';
