/** Finds faults of the user: none in MONGODB_URI, none known by a token, one rejected by the database, or one without rights. */
import { MongoAWSError, MongoError, MongoOIDCError, MongoServerError } from 'mongodb';
import { AUTHENTICATION_FAILED, UNAUTHORIZED } from '../errors.js';
import { codeOf } from './connection-failures.js';
import { enumerate, hostList, ReadFailed, serverErrors, UserDropped } from './facts.js';
import type { Facts, Rule } from './facts.js';

export const noUser: Rule = (facts) => {
  const { subject } = facts;
  if (subject.credentials !== undefined) return undefined;
  if (serverErrors(facts).every(({ code }) => code !== UNAUTHORIZED)) return undefined;
  return {
    reason: 'auth',
    text: `the database at ${hostList(subject)} requires authentication, and MONGODB_URI has no user; add user:password@ before the host`,
  };
};

const isRefusedRead = (error: unknown): error is ReadFailed =>
  error instanceof ReadFailed && error.cause instanceof MongoServerError && error.cause.code === UNAUTHORIZED;

export const missingRights: Rule = ({ subject, errors }) => {
  const refused = errors.filter(isRefusedRead).map(({ collection }) => `${subject.database}.${collection}`);
  if (refused.length === 0) return undefined;
  const names = enumerate([...new Set(refused)].sort());
  return {
    reason: 'rights',
    text: `the user ${subject.credentials?.username ?? ''} may not read ${names}; grant it find on ${names} (docs/deploy.md «Database»)`,
  };
};

/** The refusal of a login, in a word. */
function refusalIn(facts: Facts): string | undefined {
  const refusal = serverErrors(facts).find(
    (error) => error.code === AUTHENTICATION_FAILED || error.hasErrorLabel('HandshakeError'),
  );
  if (refusal !== undefined) return refusal.codeName ?? String(refusal.code);
  return facts.errors.some((error) => error instanceof UserDropped) ? 'UserNotFound' : undefined;
}

export const refusedUser: Rule = (facts) => {
  const { credentials } = facts.subject;
  const refusal = refusalIn(facts);
  if (refusal === undefined || credentials === undefined) return undefined;
  const { username, source, mechanism } = credentials;
  const byMechanism = /^DEFAULT$/i.test(mechanism) ? '' : ` by ${mechanism}`;
  return {
    reason: 'auth',
    text: `the database at ${hostList(facts.subject)} rejects the user ${username}${byMechanism} (${refusal}, authSource=${source}); check user, password, authSource and authMechanism in MONGODB_URI`,
  };
};

const TOKEN_MECHANISMS: ReadonlySet<string> = new Set(['MONGODB-OIDC', 'MONGODB-AWS']);

/** The driver passes on what the file or the service of a token fails with; its own errors of the network have classes. */
const isOfToken = (error: unknown): error is Error =>
  error instanceof MongoOIDCError ||
  error instanceof MongoAWSError ||
  (error instanceof Error && 'syscall' in error && !(error instanceof MongoError));

export const noToken: Rule = ({ subject: { credentials }, errors }) => {
  if (credentials === undefined || !TOKEN_MECHANISMS.has(credentials.mechanism)) return undefined;
  const failure = errors.find(isOfToken);
  if (failure === undefined) return undefined;
  return {
    reason: 'auth',
    text: `there is no token for ${credentials.mechanism} (${codeOf(failure) || failure.name}); check authMechanismProperties in MONGODB_URI, and what issues the token`,
  };
};
