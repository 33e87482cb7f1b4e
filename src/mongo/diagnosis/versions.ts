/** Finds servers of an unsupported version by their wire versions. */
import { enumerate } from './facts.js';
import type { Rule } from './facts.js';
import type { Heartbeat, Heartbeats } from './heartbeats.js';

/** A server of an unsupported version. */
export class VersionRefused extends Error {}

/** The lowest supported wire version, of MongoDB 5.0. */
const MIN_WIRE_VERSION = 13;
/** The wire versions before it, by the first release of each. */
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

/** Describes the servers of an unsupported version. */
export const outdatedServers = (heartbeats: Heartbeats): readonly string[] =>
  [...heartbeats].flatMap(([address, heartbeat]) => {
    const version = wireVersionOf(heartbeat);
    return version < MIN_WIRE_VERSION ? [`${address} is MongoDB ${releaseOf(version)}`] : [];
  });

export const outdatedVersion: Rule = ({ heartbeats }) => {
  const outdated = outdatedServers(heartbeats);
  if (outdated.length === 0) return undefined;
  return {
    reason: 'version',
    text: `${enumerate(outdated)}; MongoDB 5.0 or newer is needed: upgrade it, or set MONGODB_URI to another`,
  };
};
