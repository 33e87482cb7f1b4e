/** Serves the job explorer at /: its files, and the facts about the service for its start (docs/explorer.md). */
import type { Hono } from 'hono';
import { addPage, builtFile } from './pages.js';
import type { WebApp } from './web-app.js';

/** Facts for the page from outside of the HTTP listener. */
export interface Explorer {
  /** `identity`: roles of an identity service decide, and some reach beyond the domain of their token. */
  readonly auth: 'none' | 'jwt' | 'identity';
  /** The address of the gRPC listener. */
  readonly grpc: string;
  /** Domains to offer; empty if the reader has to name one. */
  readonly domains: readonly string[];
  /** The keys to suggest for conditions. */
  readonly fields: readonly string[];
  /** With `on` the page may have its calls explained. */
  readonly explain: 'on' | 'off';
}

const POLICY = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Adds / with its files. */
export function addExplorerPages(
  app: Hono<WebApp>,
  { auth, grpc, domains, fields, explain }: Explorer,
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
    explain,
  };
  addPage(app, POLICY, [
    ['/', 'text/html', builtFile('explorer/index.html')],
    ['/explorer/main.js', 'text/javascript', builtFile('explorer/main.js')],
    ['/explorer/style.css', 'text/css', builtFile('explorer/style.css')],
    ['/explorer/icon.svg', 'image/svg+xml', builtFile('explorer/icon.svg')],
    ['/explorer/settings.json', 'application/json', JSON.stringify(settings)],
  ]);
}
