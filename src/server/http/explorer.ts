/** The job explorer at /: its files, and what it has to know of the service before it calls (docs/explorer.md). */
import type { Hono } from 'hono';
import { etag } from 'hono/etag';
import { COLLECTOR_SHOWN, JOB_SCHEMA } from '../../job/schema.js';
import { addPage, builtFile } from './pages.js';
import type { WebApp } from './listener.js';

/** What the page is told beside what its door knows. */
export interface Explorer {
  readonly auth: 'none' | 'jwt';
  /** The address of the gRPC door. */
  readonly grpc: string;
  /** Domains to begin with; none: the reader knows. */
  readonly domains: readonly string[];
}

const POLICY = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** The names that conditions are offered on: what a job has, what its errors have, and what its collector has. */
const FIELDS: readonly string[] = [
  ...JOB_SCHEMA.fields.keys(),
  ...['errors.error_code', 'errors.message'],
  ...COLLECTOR_SHOWN.map((name) => `collector.${name}`),
];

/** Adds / with what it consists of. */
export function addExplorerPages(
  app: Hono<WebApp>,
  { auth, grpc, domains }: Explorer,
  version: string,
  isEncrypted: boolean,
): void {
  const settings = {
    version,
    auth,
    tls: isEncrypted ? 'on' : 'off',
    grpc_port: Number(grpc.split(':').at(-1)),
    domains,
    fields: FIELDS,
  };
  app.use('/explorer/*', etag());
  addPage(app, POLICY, [
    ['/', 'text/html', builtFile('explorer/index.html')],
    ['/explorer/main.js', 'text/javascript', builtFile('explorer/main.js')],
    ['/explorer/style.css', 'text/css', builtFile('explorer/style.css')],
    ['/explorer/icon.svg', 'image/svg+xml', builtFile('explorer/icon.svg')],
    ['/explorer/settings.json', 'application/json', JSON.stringify(settings)],
  ]);
}
