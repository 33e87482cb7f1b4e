/** Kills sessions on every server where their operations may run (docs/configure.md «Deadlines»). */
import type { ClientSession, Db } from 'mongodb';

export type SessionId = NonNullable<ClientSession['id']>;

/**
 * Kills the operations of a session and waits for the reply. It never fails: closing the connection is the last resort.
 * `reason` is the reason of the end of an operation, given with its first kill.
 */
export type Kill = (id: SessionId, reason?: unknown) => Promise<void>;

const KILL_TIMEOUT_MS = 2000;

/**
 * Creates a killer on one server. It sends one command at a time, and sessions that arrive meanwhile go into the next: a
 * busy server takes some ten milliseconds for each command, and a queue of commands would only grow.
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

/** Creates a killer on the current servers; the list may change. */
export const createSessionKiller =
  (servers: () => readonly Kill[]): Kill =>
  async (id) => {
    await Promise.all(servers().map((kill) => kill(id)));
  };
