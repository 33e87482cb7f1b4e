/** How many connections clients may have, by the descriptors that the process may open (docs/operations.md «Connections»). */
import { readFile } from 'node:fs/promises';

/** Where Linux tells a process of its limits, and what is taken for the limit elsewhere. */
const LIMITS_FILE = '/proc/self/limits';
const DEFAULT_DESCRIPTORS = 4096;

/** Connections of each transport, however many descriptors there are, and however few. */
export const MAX_CONNECTIONS = 4096;
const MIN_CONNECTIONS = 8;
const TRANSPORTS = 2;

/** Connections of the admin port, which has its own: probes are answered while clients have all of theirs. */
export const ADMIN_CONNECTIONS = 16;

/** For files, the listeners, the identity service, and how the driver watches the members of the database. */
const OWN_DESCRIPTORS = 48;

/** The descriptors that this process may have open; Infinity: any number. */
export async function descriptorLimit(file = LIMITS_FILE): Promise<number> {
  // There is no such file but on Linux.
  const limits = await readFile(file, 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === 'unlimited') return Infinity;
  return soft === undefined ? DEFAULT_DESCRIPTORS : Number(soft);
}

/** The connections that each transport may have beside `database` connections to the database. */
export function connectionLimit(descriptors: number, database: number): number {
  const left = descriptors - database - ADMIN_CONNECTIONS - OWN_DESCRIPTORS;
  return Math.min(MAX_CONNECTIONS, Math.max(MIN_CONNECTIONS, Math.floor(left / TRANSPORTS)));
}
