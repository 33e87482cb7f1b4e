/** Serves the files of pages with a content security policy, revalidated on each request (docs/http.md, docs/explorer.md). */
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import type { WebApp } from './web-app.js';

/** A path, a content type without charset, and the content. */
export type PageFile = readonly [path: string, type: string, text: string];

/** Reads a file placed beside this one by the build. */
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
