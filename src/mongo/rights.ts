/** Logs rights that the service's own user lacks and no probe tests, before a call fails for them (docs/deploy.md «Database»). */
import { MongoServerError } from 'mongodb';
import type { Db } from 'mongodb';
import { UNAUTHORIZED } from './errors.js';

/** The rights on one collection, each with the consequence of its absence for the log. */
export interface RequiredRights {
  readonly collection: string;
  readonly rights: readonly RequiredRight[];
}

export interface RequiredRight {
  /** MongoDB's name of the action. */
  readonly action: string;
  readonly consequence: string;
}

interface Resource {
  readonly db?: string;
  readonly collection?: string;
  readonly anyResource?: boolean;
}

interface Privilege {
  readonly resource: Resource;
  readonly actions: readonly string[];
}

export interface ConnectionStatus {
  readonly authInfo?: {
    readonly authenticatedUsers?: readonly { readonly user: string }[];
    readonly authenticatedUserPrivileges?: readonly Privilege[];
  };
}

/** An empty name covers all databases or collections but the server's own. */
const covers = (resource: Resource, db: string, collection: string): boolean =>
  resource.anyResource === true ||
  ((resource.db === '' || resource.db === db) &&
    (resource.collection === '' || resource.collection === collection));

interface MissingRights {
  readonly user: string;
  readonly missing: readonly RequiredRight[];
}

/** What the check needs of a database. */
export type AskedDatabase = Pick<Db, 'databaseName' | 'command'>;

/** Finds the user and the rights that it lacks; undefined for a database without authentication. */
async function findMissingRights(
  db: AskedDatabase,
  { collection, rights }: RequiredRights,
  signal: AbortSignal,
): Promise<MissingRights | undefined> {
  const command = { connectionStatus: 1, showPrivileges: true };
  const { authInfo }: ConnectionStatus = await db.command(command, { signal });
  const [user] = authInfo?.authenticatedUsers ?? [];
  if (user === undefined) return undefined;
  const privileges = authInfo?.authenticatedUserPrivileges ?? [];
  const granted = privileges.filter(({ resource }) => covers(resource, db.databaseName, collection));
  const missing = rights.filter(({ action }) => !granted.some(({ actions }) => actions.includes(action)));
  return { user: user.user, missing };
}

export const isUnauthorized = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === UNAUTHORIZED;

/** Summarizes an error of the database in a few words, without its echo of a command. */
export const errorSummary = (error: unknown): string =>
  error instanceof MongoServerError
    ? `${error.codeName ?? 'code'} ${error.code}`
    : error instanceof Error
      ? error.name
      : 'no error';

export interface RightsLog {
  info(message: string): void;
  warn(message: string): void;
}

/** Logs one line for each right, when the user begins or ceases to lack it. */
export function createRightsLog(
  required: RequiredRights,
  log: RightsLog,
): { check(db: AskedDatabase, signal: AbortSignal): Promise<void> } {
  let lacked: readonly RequiredRight[] = [];
  return {
    async check(db, signal) {
      // A database that does not report privileges refuses the operation itself later.
      const found = await findMissingRights(db, required, signal).catch(() => undefined);
      if (found === undefined) return;
      const { user, missing } = found;
      const name = `${db.databaseName}.${required.collection}`;
      for (const { action, consequence } of missing.filter((right) => !lacked.includes(right)))
        log.warn(
          `the user ${user} lacks ${action} on ${name}: ${consequence}; grant it (docs/deploy.md «Database»)`,
        );
      for (const { action } of lacked.filter((right) => !missing.includes(right)))
        log.info(`the user ${user} now has ${action} on ${name}`);
      lacked = missing;
    },
  };
}
