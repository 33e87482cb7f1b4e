/** The job explorer at /: its files, and what it has to know of the service before it calls (docs/explorer.md). */
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import { etag } from 'hono/etag';
import { COLLECTOR_SHOWN, JOB } from '../job/schema.js';
import type { WebApp } from './web.js';

/** What the page is told of the service. */
export interface Explorer {
  readonly version: string;
  readonly auth: 'none' | 'jwt';
  readonly tls: boolean;
  /** Where gRPC is served. */
  readonly grpcPort: number;
  /** Domains to begin with; none: the reader knows. */
  readonly domains: readonly string[];
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FILES = [
  ['/', 'index.html', 'text/html'],
  ['/explorer/main.js', 'main.js', 'text/javascript'],
  ['/explorer/style.css', 'style.css', 'text/css'],
  ['/explorer/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

/** The names that conditions are offered on: what a job has, what its errors have, and what its collector has. */
const FIELDS: readonly string[] = [
  ...JOB.fields.keys(),
  ...['errors.error_code', 'errors.message'],
  ...COLLECTOR_SHOWN.map((name) => `collector.${name}`),
];

const headers = (type: string): Record<string, string> => ({
  'content-type': `${type}; charset=utf-8`,
  'cache-control': 'no-cache',
  'content-security-policy': CONTENT_SECURITY_POLICY,
});

/** Adds / with what it consists of. */
export function explorerPages(app: Hono<WebApp>, { version, auth, tls, grpcPort, domains }: Explorer): void {
  const told = { version, auth, tls: tls ? 'on' : 'off', grpc_port: grpcPort, domains, fields: FIELDS };
  const settings = JSON.stringify(told);
  app.use('/explorer/*', etag());
  app.get('/explorer/settings.json', (context) => context.body(settings, 200, headers('application/json')));
  for (const [path, file, type] of FILES) {
    const text = readFileSync(new URL(`./explorer/${file}`, import.meta.url), 'utf8');
    app.get(path, (context) => context.body(text, 200, headers(type)));
  }
}
