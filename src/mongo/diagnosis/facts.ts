/** Holds the facts for a diagnosis: the database of MONGODB_URI, the errors of a probe and the servers' heartbeats. */
import { MongoServerError } from 'mongodb';
import type { MongoOptions } from 'mongodb';
import type { Diagnosis } from '../../reasons.js';
import type { Heartbeats } from './heartbeats.js';

/** The options of MONGODB_URI that name a file of TLS. */
export const TLS_FILES = ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile'] as const;

/** The database as MONGODB_URI describes it. */
export type Subject = Pick<
  MongoOptions,
  'hosts' | 'srvHost' | 'replicaSet' | 'tls' | 'credentials' | 'readPreference' | (typeof TLS_FILES)[number]
> & { readonly database: string };

export interface Facts {
  readonly subject: Subject;
  readonly errors: readonly unknown[];
  readonly heartbeats: Heartbeats;
}

/** Finds one cause; undefined: the facts do not show it. */
export type Rule = (facts: Facts) => Diagnosis | undefined;

/** A collection could not be read. */
export class ReadFailed extends Error {
  constructor(
    readonly collection: string,
    override readonly cause: unknown,
  ) {
    super(`${collection} cannot be read`);
  }
}

/** Connections have no user any more. */
export class UserDropped extends Error {}

/** Lists all errors within `error`: those of several attempts, and the causes of failed reads. */
export function errorsWithin(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError) return error.errors.flatMap(errorsWithin);
  return error instanceof ReadFailed ? [error, ...errorsWithin(error.cause)] : [error];
}

export const serverErrors = ({ errors }: Facts): readonly MongoServerError[] =>
  errors.filter((error) => error instanceof MongoServerError);

/** Joins items as in a sentence: a, b and c. */
export const enumerate = (items: readonly string[]): string =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;

export const hostsOf = ({ hosts, srvHost }: Pick<Subject, 'hosts' | 'srvHost'>): readonly string[] =>
  srvHost === undefined ? hosts.map(String) : [srvHost];

export const hostList = (subject: Subject): string => enumerate(hostsOf(subject));
