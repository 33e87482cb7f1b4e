/** What the pages for people consist of: files with a type and a policy, asked for again each time (docs/http.md, docs/explorer.md). */
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import type { WebApp } from './web-app.js';

/** Where it is served, its content type without a charset, and what is in it. */
export type PageFile = readonly [path: string, type: string, text: string];

/** A file that the build has put beside this one. */
export const builtFile = (path: string): string =>
  readFileSync(new URL(`./${path}`, import.meta.url), 'utf8');

/** Adds `files`, under a content security policy of these directives. */
export function addPage(app: Hono<WebApp>, policy: readonly string[], files: readonly PageFile[]): void {
  for (const [path, type, text] of files) {
    const headers = {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-cache',
      'content-security-policy': policy.join('; '),
    };
    app.get(path, (context) => context.body(text, 200, headers));
  }
}
