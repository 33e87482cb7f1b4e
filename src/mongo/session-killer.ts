/** Ends what runs in sessions, on each server that it may run on (docs/operations.md «Deadlines»). */
import type { ClientSession, Db } from 'mongodb';

export type SessionId = NonNullable<ClientSession['id']>;

/** Ends what runs in a session, and waits for that; where it cannot be had, closing the connection remains. */
export type Kill = (id: SessionId) => Promise<void>;

/** Milliseconds to wait for a server to kill. */
const KILL_TIMEOUT_MS = 2000;

/**
 * Kills on one server, by one command at a time: the sessions that come meanwhile are the next one's. A server that has
 * much to do takes some ten milliseconds for each command, and a queue of them would only grow.
 */
export function killSessionsOn(server: Db): Kill {
  let waiting = new Set<SessionId>();
  let running = Promise.resolve();
  let next: Promise<void> | undefined;

  async function send(): Promise<void> {
    await Promise.all([running, new Promise(setImmediate)]);
    const command = { killSessions: [...waiting] };
    waiting = new Set();
    next = undefined;
    const done = (): void => undefined;
    running = server
      .admin()
      .command(command, { signal: AbortSignal.timeout(KILL_TIMEOUT_MS) })
      .then(done, done);
    await running;
  }

  return (id) => {
    waiting.add(id);
    next ??= send();
    return next;
  };
}

/** Kills by each of `servers`, which change. */
export const createSessionKiller =
  (servers: () => readonly Kill[]): Kill =>
  async (id) => {
    await Promise.all(servers().map((kill) => kill(id)));
  };
