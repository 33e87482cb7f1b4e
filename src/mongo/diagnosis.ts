/**
 * Tells from the errors of the driver and the heartbeats of the servers why the database cannot be served from, and what
 * helps (docs/troubleshooting.md «Not serving»).
 */
import { MongoCompatibilityError, MongoParseError, MongoServerError } from 'mongodb';
import type { Document, MongoOptions } from 'mongodb';
import type { Reason } from '../reasons.js';
import { AUTHENTICATION_FAILED, UNAUTHORIZED } from './errors.js';
import { codeOf, innerCode, troubleOf } from './connection-failures.js';
import type { Heartbeat, Heartbeats } from './heartbeats.js';

/** The database as MONGODB_URI describes it. */
export type Subject = Pick<
  MongoOptions,
  'hosts' | 'srvHost' | 'replicaSet' | 'tls' | 'credentials' | 'readPreference'
> & { readonly database: string };

export interface Diagnosis {
  readonly reason: Reason;
  /** The cause and the remedy in one line for the log: it names hosts and the user. */
  readonly text: string;
}

/** A collection that could not be read. */
export class ReadFailed extends Error {
  constructor(
    readonly collection: string,
    override readonly cause: unknown,
  ) {
    super(`${collection} cannot be read`);
  }
}

/** A server of a version that is not supported. */
export class VersionRefused extends Error {}

interface Facts {
  readonly subject: Subject;
  readonly errors: readonly unknown[];
  readonly heartbeats: Heartbeats;
}

/** Answers undefined where the facts do not show this cause. */
type Rule = (facts: Facts) => Diagnosis | undefined;

const listed = (items: readonly string[], last = 'and'): string =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1) ?? ''}`;

export const hostsOf = ({ hosts, srvHost }: Pick<Subject, 'hosts' | 'srvHost'>): readonly string[] =>
  srvHost === undefined ? hosts.map(String) : [srvHost];

const hostList = (subject: Subject): string => listed(hostsOf(subject));

/** All errors within `error`: those of several attempts, and the causes of reads that failed. */
export function errorsWithin(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError) return error.errors.flatMap(errorsWithin);
  return error instanceof ReadFailed ? [error, ...errorsWithin(error.cause)] : [error];
}

/** The first wire version that is served from, and those before it by the release that has them. */
const MIN_WIRE_VERSION = 13;
const RELEASES: readonly (readonly [wireVersion: number, release: string])[] = [
  [9, '4.4'],
  [8, '4.2'],
  [7, '4.0'],
  [6, '3.6'],
  [0, '3.4 or older'],
];

const releaseOf = (wireVersion: number): string =>
  RELEASES.find(([first]) => wireVersion >= first)?.[1] ?? 'of an unknown version';

function wireVersionOf(heartbeat: Heartbeat): number {
  if ('reply' in heartbeat) return Number(heartbeat.reply['maxWireVersion'] ?? 0);
  const [, reported] = /reports maximum wire version (\d+)/.exec(heartbeat.failure.message) ?? [];
  return reported === undefined ? MIN_WIRE_VERSION : Number(reported);
}

/** The servers that are older than what is supported. */
export const outdated = (heartbeats: Heartbeats): readonly string[] =>
  [...heartbeats].flatMap(([address, heartbeat]) => {
    const version = wireVersionOf(heartbeat);
    return version < MIN_WIRE_VERSION ? [`${address} is MongoDB ${releaseOf(version)}`] : [];
  });

const version: Rule = ({ heartbeats }) => {
  const old = outdated(heartbeats);
  if (old.length === 0) return undefined;
  return {
    reason: 'version',
    text: `${listed(old)}; MongoDB 5.0 or newer is needed: upgrade it, or set MONGODB_URI to another`,
  };
};

const serverErrors = ({ errors }: Facts): readonly MongoServerError[] =>
  errors.filter((error) => error instanceof MongoServerError);

const nobody: Rule = (facts) => {
  const { subject } = facts;
  if (subject.credentials !== undefined) return undefined;
  if (serverErrors(facts).every(({ code }) => code !== UNAUTHORIZED)) return undefined;
  return {
    reason: 'auth',
    text: `the database at ${hostList(subject)} wants a user, and MONGODB_URI has none; write user and password in front of the host there`,
  };
};

const rights: Rule = ({ subject, errors }) => {
  const refused = errors.flatMap((error) =>
    error instanceof ReadFailed &&
    error.cause instanceof MongoServerError &&
    error.cause.code === UNAUTHORIZED
      ? [`${subject.database}.${error.collection}`]
      : [],
  );
  if (refused.length === 0) return undefined;
  const names = listed([...new Set(refused)].sort());
  return {
    reason: 'rights',
    text: `the user ${subject.credentials?.username ?? ''} may not read ${names}; grant it find on ${names} (docs/operations.md «Database»)`,
  };
};

const auth: Rule = (facts) => {
  const { credentials } = facts.subject;
  const refusal = serverErrors(facts).find(
    (error) => error.code === AUTHENTICATION_FAILED || error.hasErrorLabel('HandshakeError'),
  );
  if (refusal === undefined || credentials === undefined) return undefined;
  const { username, source, mechanism } = credentials;
  const how = /^DEFAULT$/i.test(mechanism) ? '' : ` by ${mechanism}`;
  return {
    reason: 'auth',
    text: `the database at ${hostList(facts.subject)} does not let the user ${username}${how} in (${refusal.codeName ?? refusal.code}, authSource=${source}); check user, password, authSource and authMechanism in MONGODB_URI`,
  };
};

const srv: Rule = ({ subject, errors }) => {
  const { srvHost } = subject;
  if (srvHost === undefined) return undefined;
  const failure = errors.find(
    (error) =>
      error instanceof MongoParseError ||
      (error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('query')),
  );
  if (!(failure instanceof Error)) return undefined;
  return {
    reason: 'dns',
    text: `the DNS has no usable SRV record _mongodb._tcp.${srvHost} (${codeOf(failure) || failure.message}); check the host in MONGODB_URI and the DNS`,
  };
};

const loadBalancer: Rule = ({ subject, errors }) => {
  if (!errors.some((error) => error instanceof MongoCompatibilityError && /load balanc/i.test(error.message)))
    return undefined;
  return {
    reason: 'replica_set',
    text: `the database at ${hostList(subject)} is behind no load balancer; leave loadBalanced out of MONGODB_URI`,
  };
};

/** Names the role of a server, by its reply. */
function roleOf(reply: Document): string {
  if (reply['msg'] === 'isdbgrid') return 'a mongos';
  if (reply['isreplicaset'] === true) return 'not initiated';
  if (typeof reply['setName'] !== 'string') return 'a standalone';
  if (reply['isWritablePrimary'] === true) return 'primary';
  if (reply['secondary'] === true) return 'secondary';
  return reply['arbiterOnly'] === true ? 'an arbiter' : 'starting or recovering';
}

const replies = ({ heartbeats }: Facts): readonly (readonly [string, Document])[] =>
  [...heartbeats].flatMap(([address, heartbeat]) =>
    'reply' in heartbeat ? [[address, heartbeat.reply] as const] : [],
  );

const withRole = (facts: Facts, role: string): readonly string[] =>
  replies(facts).flatMap(([address, reply]) => (roleOf(reply) === role ? [address] : []));

const uninitiated: Rule = (facts) => {
  const [address] = withRole(facts, 'not initiated');
  if (address === undefined) return undefined;
  return {
    reason: 'replica_set',
    text: `the replica set of ${address} is not initiated; run rs.initiate() there`,
  };
};

const otherSet: Rule = (facts) => {
  const { replicaSet } = facts.subject;
  const found = replies(facts).find(([, reply]) => reply['setName'] !== replicaSet);
  if (typeof replicaSet !== 'string' || found === undefined) return undefined;
  const [address, reply] = found;
  const setName: unknown = reply['setName'];
  return {
    reason: 'replica_set',
    text:
      typeof setName === 'string'
        ? `${address} is of the replica set ${setName}, not of ${replicaSet}; write replicaSet=${setName} in MONGODB_URI`
        : `${address} is ${roleOf(reply)}, no member of the replica set ${replicaSet}; leave replicaSet out of MONGODB_URI`,
  };
};

const arbiter: Rule = (facts) => {
  const arbiters = withRole(facts, 'an arbiter');
  if (arbiters.length === 0 || arbiters.length < facts.heartbeats.size) return undefined;
  return {
    reason: 'replica_set',
    text: `${listed(arbiters)} is an arbiter, which holds no data; name other members in MONGODB_URI`,
  };
};

const shown = ([address, heartbeat]: readonly [string, Heartbeat]): string =>
  `${address} ${'reply' in heartbeat ? roleOf(heartbeat.reply) : innerCode(heartbeat.failure) || 'silent'}`;

const recovering: Rule = (facts) => {
  const [address] = withRole(facts, 'starting or recovering');
  if (address === undefined || withRole(facts, 'primary').length > 0) return undefined;
  const state = [...facts.heartbeats].map(shown).sort().join(', ');
  return {
    reason: 'starting',
    text: `the members of the replica set are starting or recovering (${state}); wait, or look at their logs`,
  };
};

const noSecondary: Rule = (facts) => {
  const { mode } = facts.subject.readPreference;
  if (mode !== 'secondary' || withRole(facts, 'secondary').length > 0) return undefined;
  const [address] = withRole(facts, 'primary');
  if (address === undefined) return undefined;
  return {
    reason: 'replica_set',
    text: `the replica set of ${address} has no secondary that answers, and MONGODB_URI has readPreference=secondary; write secondaryPreferred there`,
  };
};

const noPrimary: Rule = (facts) => {
  if (withRole(facts, 'primary').length > 0 || withRole(facts, 'secondary').length === 0) return undefined;
  const [, reply] = replies(facts)[0] ?? [];
  const state = [...facts.heartbeats].map(shown).sort().join(', ');
  return {
    reason: 'replica_set',
    text: `the replica set ${String(reply?.['setName'])} has no primary (${state}); bring a majority of its members back`,
  };
};

/** Beside a server of these roles, the failure of another one is not the reason. */
const SERVING_ROLES = ['primary', 'a standalone', 'a mongos'] as const;

/** Reasons that do not pass by waiting come first. */
const GRAVE: readonly Reason[] = ['tls', 'dns', 'unreachable'];

const failures: Rule = (facts) => {
  const { subject, heartbeats } = facts;
  if (SERVING_ROLES.some((role) => withRole(facts, role).length > 0)) return undefined;
  const failed = [...heartbeats].flatMap(([address, heartbeat]) =>
    'failure' in heartbeat
      ? [{ address, ...troubleOf(heartbeat.failure, subject.tls, heartbeat.speaksTls) }]
      : [],
  );
  const reason = GRAVE.find((grave) => failed.some((each) => each.reason === grave));
  const [first] = failed.filter((each) => each.reason === reason);
  if (reason === undefined || first === undefined) return undefined;
  const alike = failed.filter((each) => each.what === first.what).map(({ address }) => address);
  return { reason, text: `${listed(alike.sort())} ${first.what}; ${first.remedy}` };
};

const otherErrors: Rule = (facts) => {
  const [error] = serverErrors(facts);
  if (error === undefined) return undefined;
  return {
    reason: 'unreachable',
    text: `the database at ${hostList(facts.subject)} answers with the error ${error.codeName ?? 'of code'} (${error.code}); look at its log`,
  };
};

/** The first that holds. What is certain comes before what may pass. */
const RULES: readonly Rule[] = [
  ...[version, nobody, rights, auth, srv, loadBalancer, uninitiated, otherSet, arbiter],
  ...[noSecondary, recovering, noPrimary, failures, otherErrors],
];

/** Finds the cause; undefined where the facts show none. */
export const diagnose = (facts: Facts): Diagnosis | undefined => {
  for (const rule of RULES) {
    const found = rule(facts);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** For a database that has neither answered nor refused. */
const noAnswer = (subject: Subject): Diagnosis => ({
  reason: 'unreachable',
  text: `the database at ${hostList(subject)} does not answer; check MONGODB_URI, the network, and its load`,
});

/** Milliseconds for which a reason holds while nothing shows another: attempts to connect come a second apart. */
const HOLDS_MS = 6000;

export interface Explanation {
  /** Finds the cause of `error`. */
  explain(error: unknown): Diagnosis;
  /** Forgets what was: the database answers. */
  reset(): void;
}

/** Explains why `subject` is not served from; the reason does not change with attempts that show none. */
export function createExplanation(
  subject: Subject,
  heartbeats: () => Heartbeats,
  monotonicNow: () => number,
): Explanation {
  let last: { readonly diagnosis: Diagnosis; readonly at: number } | undefined;
  return {
    explain(error) {
      const found = diagnose({ subject, errors: errorsWithin(error), heartbeats: heartbeats() });
      if (found !== undefined) last = { diagnosis: found, at: monotonicNow() };
      const held = last !== undefined && monotonicNow() - last.at < HOLDS_MS ? last.diagnosis : undefined;
      return held ?? noAnswer(subject);
    },
    reset() {
      last = undefined;
    },
  };
}
