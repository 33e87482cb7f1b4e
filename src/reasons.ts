/** The reasons for not serving, each with its words for clients (docs/troubleshooting.md «Not serving»). */

export const REASONS = {
  starting: 'the service or its database is starting',
  unreachable: 'the database cannot be reached',
  dns: 'the name of the database cannot be resolved',
  tls: 'TLS to the database fails',
  auth: 'authentication with the database fails',
  rights: 'this service lacks rights on the database',
  replica_set: 'the replica set cannot serve',
  version: 'the version of the database is not supported',
  stopping: 'the service is stopping',
} as const;

export type Reason = keyof typeof REASONS;

/** The cause of not serving. */
export interface Diagnosis {
  readonly reason: Reason;
  /** The cause and the remedy in one line for the log, with hosts and the user. */
  readonly text: string;
}

const isReason = (name: string): name is Reason => Object.hasOwn(REASONS, name);

export const ALL_REASONS: readonly Reason[] = Object.keys(REASONS).filter(isReason);
