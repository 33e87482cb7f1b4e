/** The routes /livez and /readyz of every HTTP listener (docs/monitor.md «Health»). */
import type { Env, Hono } from 'hono';
import { REASONS } from '../reasons.js';
import type { ServingState } from './serving-state.js';

function explanation(state: ServingState): string {
  const reason = state.reason() ?? 'starting';
  return `${reason}: ${REASONS[reason]}`;
}

/** Adds /livez, independent of the database, and /readyz, dependent on it. */
export function addHealthRoutes<AppEnv extends Env>(app: Hono<AppEnv>, state: ServingState): void {
  app.get('/livez', (context) => context.text('ok\n'));
  app.get('/readyz', (context) =>
    state.serving() ? context.text('ok\n') : context.text(`not serving: ${explanation(state)}\n`, 503),
  );
  for (const path of ['/livez', '/readyz'])
    app.all(path, (context) => context.text('only GET and HEAD\n', 405, { allow: 'GET, HEAD' }));
}
