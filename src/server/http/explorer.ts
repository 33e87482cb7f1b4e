/** The job explorer at /: its files, and what it has to know of the service before it calls (docs/explorer.md). */
import type { Hono } from 'hono';
import { etag } from 'hono/etag';
import { addPage, builtFile } from './pages.js';
import type { WebApp } from './web-app.js';

/** What the page is told beside what its door knows. */
export interface Explorer {
  readonly auth: 'none' | 'jwt';
  /** The address of the gRPC door. */
  readonly grpc: string;
  /** Domains to begin with; none: the reader knows. */
  readonly domains: readonly string[];
  /** The keys that are suggested for conditions. */
  readonly fields: readonly string[];
}

const POLICY = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Adds / with what it consists of. */
export function addExplorerPages(
  app: Hono<WebApp>,
  { auth, grpc, domains, fields }: Explorer,
  version: string,
  isEncrypted: boolean,
): void {
  const settings = {
    version,
    auth,
    tls: isEncrypted ? 'on' : 'off',
    grpc_port: Number(grpc.split(':').at(-1)),
    domains,
    fields,
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
