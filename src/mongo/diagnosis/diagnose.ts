/**
 * Diagnoses why the database cannot be served from, with a remedy, by the errors of the driver and the servers' heartbeats
 * (docs/troubleshooting.md «Not serving»).
 */
import { MongoCompatibilityError, MongoError, MongoParseError } from 'mongodb';
import type { MonotonicClock } from '../../clock.js';
import type { Diagnosis, Reason } from '../../reasons.js';
import { missingRights, noToken, noUser, refusedUser } from './access.js';
import { classifyFailure, codeOf } from './connection-failures.js';
import { enumerate, errorsWithin, hostList, serverErrors, TLS_FILES } from './facts.js';
import type { Facts, Rule, Subject } from './facts.js';
import type { Heartbeats } from './heartbeats.js';
import {
  noPrimary,
  noSecondary,
  onlyArbiters,
  otherReplicaSet,
  recovering,
  uninitiated,
  withRole,
} from './members.js';
import { outdatedVersion } from './versions.js';

const isOfDns = (error: unknown): boolean =>
  error instanceof MongoParseError ||
  (error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('query'));

const noSrvRecord: Rule = ({ subject, errors }) => {
  const { srvHost } = subject;
  const failure = srvHost === undefined ? undefined : errors.find(isOfDns);
  if (srvHost === undefined || !(failure instanceof Error)) return undefined;
  return {
    reason: 'dns',
    text: `the DNS has no usable SRV record _mongodb._tcp.${srvHost} (${codeOf(failure) || failure.message}); check the host in MONGODB_URI and the DNS`,
  };
};

/** Files of TLS are read again for each new client, also long after the start. */
const missingTlsFile: Rule = ({ subject, errors }) => {
  const isOf = (path: unknown) => (error: unknown) =>
    error instanceof Error && 'path' in error && error.path === path;
  for (const option of TLS_FILES) {
    const failure = errors.find(isOf(subject[option]));
    if (failure !== undefined)
      return {
        reason: 'tls',
        text: `${option} ${subject[option] ?? ''} cannot be read (${codeOf(failure)}); put the file back, or name another in MONGODB_URI`,
      };
  }
  return undefined;
};

const noLoadBalancer: Rule = ({ subject, errors }) => {
  if (!errors.some((error) => error instanceof MongoCompatibilityError && /load balanc/i.test(error.message)))
    return undefined;
  return {
    reason: 'replica_set',
    text: `the database at ${hostList(subject)} is behind no load balancer; leave loadBalanced out of MONGODB_URI`,
  };
};

/** Roles of servers to serve from: beside a server with one of them, the failure of another server is not the cause. */
const SERVING_ROLES = ['primary', 'a standalone', 'a mongos'] as const;

/** Reasons by gravity, the permanent ones first. */
const BY_GRAVITY: readonly Reason[] = ['tls', 'dns', 'unreachable'];

const failedConnections: Rule = (facts) => {
  const { subject, heartbeats } = facts;
  if (SERVING_ROLES.some((role) => withRole(facts, role).length > 0)) return undefined;
  const failed = [...heartbeats].flatMap(([address, heartbeat]) =>
    'failure' in heartbeat
      ? [{ address, ...classifyFailure(heartbeat.failure, subject.tls, heartbeat.speaksTls) }]
      : [],
  );
  const reason = BY_GRAVITY.find((each) => failed.some((failure) => failure.reason === each));
  const [first] = failed.filter((failure) => failure.reason === reason);
  if (reason === undefined || first === undefined) return undefined;
  const alike = failed.filter(({ cause }) => cause === first.cause).map(({ address }) => address);
  return { reason, text: `${enumerate(alike.sort())} ${first.cause}; ${first.remedy}` };
};

const otherServerError: Rule = (facts) => {
  const [error] = serverErrors(facts);
  if (error === undefined) return undefined;
  return {
    reason: 'unreachable',
    text: `the database at ${hostList(facts.subject)} answers with the error ${error.codeName ?? 'of code'} (${error.code}); look at its log`,
  };
};

/** The driver does not export the class. */
const POOL_TIMEOUT = 'MongoWaitQueueTimeoutError';

const noConnection: Rule = ({ subject, errors }) => {
  if (!errors.some((error) => error instanceof MongoError && error.name === POOL_TIMEOUT)) return undefined;
  return {
    reason: 'unreachable',
    text: `no connection to the database at ${hostList(subject)} within waitQueueTimeoutMS; write a longer time in MONGODB_URI, or leave it out`,
  };
};

/** The rules in order; the first match counts. Certain causes come before passing ones. */
const RULES: readonly Rule[] = [
  outdatedVersion,
  noUser,
  refusedUser,
  missingRights,
  noSrvRecord,
  noLoadBalancer,
  missingTlsFile,
  noToken,
  uninitiated,
  otherReplicaSet,
  onlyArbiters,
  noSecondary,
  recovering,
  noPrimary,
  failedConnections,
  otherServerError,
  noConnection,
];

function causeIn(facts: Facts): Diagnosis | undefined {
  for (const rule of RULES) {
    const found = rule(facts);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The diagnosis of a database without an answer or a refusal. */
const noAnswer = (subject: Subject): Diagnosis => ({
  reason: 'unreachable',
  text: `the database at ${hostList(subject)} does not answer; check MONGODB_URI, the network, and its load`,
});

/** The lifetime of a diagnosis while no attempt shows another: attempts to connect are a second apart. */
const DIAGNOSIS_TTL_MS = 6000;

export interface Diagnostician {
  /** Finds the cause of `error`. */
  diagnose(error: unknown): Diagnosis;
  /** Forgets earlier diagnoses, since the database answers. */
  reset(): void;
}

/** Diagnoses failures of `subject`; an attempt without a cause leaves the diagnosis as it is. */
export function createDiagnostician(
  subject: Subject,
  heartbeats: () => Heartbeats,
  monotonicNow: MonotonicClock,
): Diagnostician {
  let last: { readonly diagnosis: Diagnosis; readonly time: number } | undefined;
  return {
    diagnose(error) {
      const found = causeIn({ subject, errors: errorsWithin(error), heartbeats: heartbeats() });
      if (found !== undefined) last = { diagnosis: found, time: monotonicNow() };
      const isFresh = last !== undefined && monotonicNow() - last.time < DIAGNOSIS_TTL_MS;
      return isFresh && last !== undefined ? last.diagnosis : noAnswer(subject);
    },
    reset() {
      last = undefined;
    },
  };
}
