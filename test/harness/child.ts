// Child processes: questions over their IPC channel, and their end.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const ANSWER_TIMEOUT_MS = 60_000;

/** Sends `message` to `child` and returns its next message. Errors: no answer within a minute. */
export async function askChild(child: ChildProcess, message: object | string): Promise<unknown> {
  const answer: Promise<readonly unknown[]> = once(child, 'message', {
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  child.send(message);
  return (await answer)[0];
}

export const isRunning = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

/** Sends `signal` to `child` and waits for its exit; a child that has exited stays as it is. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
