/** Derives the connection limit from the file descriptor limit of the process (docs/configure.md «Connections»). */
import { readFile } from 'node:fs/promises';

/** The file with the limits of the process on Linux, and the limit assumed on other systems. */
const LIMITS_FILE = '/proc/self/limits';
const DEFAULT_DESCRIPTORS = 4096;

/** Bounds of the connections of each transport, for any number of descriptors. */
export const MAX_CONNECTIONS = 4096;
const MIN_CONNECTIONS = 8;
const TRANSPORTS = 2;

/** A separate limit for the admin port: probes are answered while clients use all of their connections. */
export const ADMIN_CONNECTIONS = 16;

/** Descriptors for files, listeners, the identity service, and the driver's monitoring of the database's members. */
const OWN_DESCRIPTORS = 48;

/** Answers the file descriptor limit of this process; Infinity for no limit. */
export async function descriptorLimit(file = LIMITS_FILE): Promise<number> {
  // The file exists on Linux only.
  const limits = await readFile(file, 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === 'unlimited') return Infinity;
  return soft === undefined ? DEFAULT_DESCRIPTORS : Number(soft);
}

/** Answers the connection limit of each transport, given `database` connections to the database. */
export function connectionLimit(descriptors: number, database: number): number {
  const left = descriptors - database - ADMIN_CONNECTIONS - OWN_DESCRIPTORS;
  return Math.min(MAX_CONNECTIONS, Math.max(MIN_CONNECTIONS, Math.floor(left / TRANSPORTS)));
}
