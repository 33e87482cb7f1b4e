/** The routes /livez and /readyz of every HTTP listener (docs/monitor.md «Health»). */
import type { Context, Env, Hono } from 'hono';
import { REASONS } from '../reasons.js';
import type { ServingState } from './serving-state.js';

function readinessText(state: ServingState): string {
  const reason = state.reason() ?? 'starting';
  return `${reason}: ${REASONS[reason]}`;
}

/** Answers a probe in a text that is not compressed, and not kept by anybody. */
const reply = (context: Context, status: 200 | 405 | 503, text: string): Response =>
  context.text(text, status, {
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
  });

/** Adds /livez, independent of the database, and /readyz, dependent on it. */
export function addHealthRoutes<AppEnv extends Env>(app: Hono<AppEnv>, state: ServingState): void {
  app.get('/livez', (context) => reply(context, 200, 'ok\n'));
  app.get('/readyz', (context) =>
    state.serving()
      ? reply(context, 200, 'ok\n')
      : reply(context, 503, `not serving: ${readinessText(state)}\n`),
  );
  for (const path of ['/livez', '/readyz'])
    app.all(path, (context) => {
      context.header('allow', 'GET, HEAD');
      return reply(context, 405, 'only GET and HEAD\n');
    });
}
