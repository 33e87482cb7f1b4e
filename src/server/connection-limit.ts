/** Derives the connection limit from the file descriptor limit of the process (docs/configure.md «Connections»). */

/** The limit assumed where the system reports none. */
export const DEFAULT_DESCRIPTORS = 4096;

/** Bounds of the connections of each listener, for any number of descriptors. */
export const MAX_CONNECTIONS = 4096;
const MIN_CONNECTIONS = 8;
/** Those of gRPC and HTTP. */
const LISTENERS = 2;

/** A separate limit for the admin port: probes are answered while clients use all of their connections. */
export const ADMIN_CONNECTIONS = 16;

/** Descriptors for files, listeners, the identity service, and the driver's monitoring of the database's members. */
const OWN_DESCRIPTORS = 48;

/** Returns the connection limit of each listener, given `database` connections to the database. */
export function connectionLimit(descriptors: number, database: number): number {
  const left = descriptors - database - ADMIN_CONNECTIONS - OWN_DESCRIPTORS;
  return Math.min(MAX_CONNECTIONS, Math.max(MIN_CONNECTIONS, Math.floor(left / LISTENERS)));
}
