/** The rights of the service's own user that no read needs, looked up before a call fails for them (docs/operations.md «Database»). */
import { MongoServerError } from 'mongodb';
import type { Db } from 'mongodb';

interface Resource {
  readonly db?: string;
  readonly collection?: string;
  readonly anyResource?: boolean;
}

interface Privilege {
  readonly resource: Resource;
  readonly actions: readonly string[];
}

interface ConnectionStatus {
  readonly authInfo?: {
    readonly authenticatedUsers?: readonly { readonly user: string }[];
    readonly authenticatedUserPrivileges?: readonly Privilege[];
  };
}

/** Rights on `job` for a delete, and for a look at the indexes. */
const NEEDED = ['remove', 'listIndexes'] as const;

export type Right = (typeof NEEDED)[number];

/** An empty name stands for any that is not the server's own. */
const covers = ({ db, collection, anyResource }: Resource, database: string): boolean =>
  anyResource === true || ((db === '' || db === database) && (collection === '' || collection === 'job'));

/** The user, and what it lacks of the rights on `job`; undefined where the database asks for none. */
export async function missingRights(
  db: Db,
  signal: AbortSignal,
): Promise<{ readonly user: string; readonly missing: readonly Right[] } | undefined> {
  const command = { connectionStatus: 1, showPrivileges: true };
  const { authInfo }: ConnectionStatus = await db.command(command, { signal });
  const [user] = authInfo?.authenticatedUsers ?? [];
  if (user === undefined) return undefined;
  const privileges = authInfo?.authenticatedUserPrivileges ?? [];
  const granted = privileges.filter(({ resource }) => covers(resource, db.databaseName));
  const missing = NEEDED.filter((right) => !granted.some(({ actions }) => actions.includes(right)));
  return { user: user.user, missing };
}

const UNAUTHORIZED = 13;

export const isUnauthorized = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === UNAUTHORIZED;

/** An error of the database in a few words, without what it echoes of a command. */
export const summaryOf = (error: unknown): string =>
  error instanceof MongoServerError
    ? `${error.codeName ?? 'code'} ${error.code}`
    : error instanceof Error
      ? error.name
      : 'no error';

const WITHOUT: Readonly<Record<Right, string>> = {
  remove: 'calls of delete fail',
  listIndexes: 'missing indexes are not noticed',
};

/** A subset of pino's. */
export interface RightsLog {
  info(message: string): void;
  warn(message: string): void;
}

/** Says which rights the user of the service lacks, a line for each when that changes. */
export function createRightsLog(log: RightsLog): { look(db: Db, signal: AbortSignal): Promise<void> } {
  let lacked: readonly Right[] = [];
  return {
    async look(db, signal) {
      // A database that does not say what its user may do says so when the right is needed.
      const found = await missingRights(db, signal).catch(() => undefined);
      if (found === undefined) return;
      const { user, missing } = found;
      for (const right of missing.filter((each) => !lacked.includes(each)))
        log.warn(
          `the user ${user} lacks ${right} on ${db.databaseName}.job: ${WITHOUT[right]}; grant it (docs/operations.md «Database»)`,
        );
      for (const right of lacked.filter((each) => !missing.includes(each)))
        log.info(`the user ${user} has ${right} on ${db.databaseName}.job now`);
      lacked = missing;
    },
  };
}
