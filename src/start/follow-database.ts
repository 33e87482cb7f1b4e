/** Follows the database with the serving state and the log (docs/monitor.md «Health»). */
import type { KeptDatabase } from '../mongo/connect.js';
import type { ServingState } from '../server/serving-state.js';
import type { ServingLog } from '../telemetry/serving-log.js';
import type { Cleanups } from './context.js';

/** Milliseconds to the first line about a silent database. */
const FIRST_LINE_MS = 1500;

/** Follows the database until the cleanups run. Resolves once it has answered, or once the log has a reason why not. */
export function followDatabase(
  { connections, diagnostician }: KeptDatabase,
  state: ServingState,
  log: ServingLog,
  cleanups: Cleanups,
): Promise<void> {
  let stopped = false;
  cleanups.push(() => {
    stopped = true;
    state.set(false, 'stopping');
    return Promise.resolve();
  });

  function answered(): void {
    diagnostician.reset();
    const isNew = !state.serving();
    state.set(true);
    if (isNew) log.serving();
  }

  function failed(failure: Error): void {
    const diagnosis = diagnostician.diagnose(failure);
    state.set(false, diagnosis.reason);
    log.notServing(diagnosis);
  }

  return new Promise((resolve) => {
    const update = (failure: Error | undefined): void => {
      clearTimeout(firstLine);
      if (stopped) return;
      if (failure === undefined) answered();
      else failed(failure);
      resolve();
    };
    const firstLine = setTimeout(() => {
      update(new Error('no answer yet'));
    }, FIRST_LINE_MS);
    connections.watch(update);
  });
}
