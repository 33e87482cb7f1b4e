/** The admin listener: /livez, /readyz and /metrics, for probes and monitoring (docs/monitor.md «Health»). */
import { Hono } from 'hono';
import { METRICS_TYPE, scrapeText } from '../../telemetry/metrics/exposition.js';
import type { Metrics } from '../../telemetry/metrics/registry.js';
import type { ConnectionLog } from '../connections.js';
import { ADMIN_CONNECTIONS } from '../connection-limit.js';
import { addHealthRoutes } from '../health-routes.js';
import { openHttpServer } from '../http-server.js';
import type { HttpEnv } from '../http-server.js';
import type { Listener } from '../listener.js';
import type { ServingState } from '../serving-state.js';

export interface AdminListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly log: ConnectionLog;
  /** The time for a client to take an answer. */
  readonly answerTimeoutMs?: number | undefined;
}

/** Requests of one connection without an answer: each holds a scrape, and monitoring sends one after the other. */
const MAX_DUE = 8;

/** Opens the admin listener, with connections of its own. Errors: the port cannot be listened on. */
export function openAdminListener(state: ServingState, options: AdminListenerOptions): Promise<Listener> {
  const app = new Hono<HttpEnv>();
  addHealthRoutes(app, state);
  app.get('/metrics', async (context) =>
    context.text(await scrapeText(options.metrics), 200, { 'content-type': METRICS_TYPE }),
  );
  app.notFound((context) => context.text('not found: /livez, /readyz and /metrics are served here\n', 404));
  const limits = { maxConnections: ADMIN_CONNECTIONS, maxDue: MAX_DUE };
  return openHttpServer(app, { ...options, ...limits, name: 'admin' });
}
