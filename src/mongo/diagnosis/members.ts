/** Finds faults of a replica set by the roles of its members. */
import type { Document } from 'mongodb';
import { innerCode } from './connection-failures.js';
import { enumerate } from './facts.js';
import type { Facts, Rule } from './facts.js';
import type { Heartbeat } from './heartbeats.js';

/** Names the role of a server, by its reply to a heartbeat. */
function roleOf(reply: Document): string {
  if (reply['msg'] === 'isdbgrid') return 'a mongos';
  if (reply['isreplicaset'] === true) return 'not initiated';
  if (typeof reply['setName'] !== 'string') return 'a standalone';
  if (reply['isWritablePrimary'] === true) return 'primary';
  if (reply['secondary'] === true) return 'secondary';
  return reply['arbiterOnly'] === true ? 'an arbiter' : 'starting or recovering';
}

const replies = ({ heartbeats }: Facts): readonly (readonly [address: string, reply: Document])[] =>
  [...heartbeats].flatMap(([address, heartbeat]) =>
    'reply' in heartbeat ? [[address, heartbeat.reply] as const] : [],
  );

/** The addresses of the servers with a role. */
export const withRole = (facts: Facts, role: string): readonly string[] =>
  replies(facts).flatMap(([address, reply]) => (roleOf(reply) === role ? [address] : []));

const describeMember = ([address, heartbeat]: readonly [string, Heartbeat]): string =>
  `${address} ${'reply' in heartbeat ? roleOf(heartbeat.reply) : innerCode(heartbeat.failure) || 'silent'}`;

const describeMembers = ({ heartbeats }: Facts): string =>
  [...heartbeats].map(describeMember).sort().join(', ');

export const uninitiated: Rule = (facts) => {
  const [address] = withRole(facts, 'not initiated');
  if (address === undefined) return undefined;
  return {
    reason: 'replica_set',
    text: `the replica set of ${address} is not initiated; run rs.initiate() there`,
  };
};

export const otherReplicaSet: Rule = (facts) => {
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

export const onlyArbiters: Rule = (facts) => {
  const arbiters = withRole(facts, 'an arbiter');
  if (arbiters.length === 0 || arbiters.length < facts.heartbeats.size) return undefined;
  return {
    reason: 'replica_set',
    text: `${enumerate(arbiters)} is an arbiter, which holds no data; name other members in MONGODB_URI`,
  };
};

export const recovering: Rule = (facts) => {
  const [address] = withRole(facts, 'starting or recovering');
  if (address === undefined || withRole(facts, 'primary').length > 0) return undefined;
  return {
    reason: 'starting',
    text: `the members of the replica set are starting or recovering (${describeMembers(facts)}); wait, or look at their logs`,
  };
};

export const noSecondary: Rule = (facts) => {
  const { mode } = facts.subject.readPreference;
  if (mode !== 'secondary' || withRole(facts, 'secondary').length > 0) return undefined;
  const [address] = withRole(facts, 'primary');
  if (address === undefined) return undefined;
  return {
    reason: 'replica_set',
    text: `the replica set of ${address} has no secondary that answers, and MONGODB_URI has readPreference=secondary; write secondaryPreferred there`,
  };
};

export const noPrimary: Rule = (facts) => {
  if (withRole(facts, 'primary').length > 0 || withRole(facts, 'secondary').length === 0) return undefined;
  const [, reply] = replies(facts)[0] ?? [];
  return {
    reason: 'replica_set',
    text: `the replica set ${String(reply?.['setName'])} has no primary (${describeMembers(facts)}); bring a majority of its members back`,
  };
};
