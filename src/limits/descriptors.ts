/** Reads the file descriptor limit of this process. */
import { readFile } from 'node:fs/promises';

/** The file with the limits of the process, on Linux only. */
const LIMITS_FILE = '/proc/self/limits';

/** Returns the limit; Infinity: there is none, undefined: the system reports none. */
export async function descriptorLimit(file = LIMITS_FILE): Promise<number | undefined> {
  const limits = await readFile(file, 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === 'unlimited') return Infinity;
  return soft === undefined ? undefined : Number(soft);
}
