/** Serves files that do not change, revalidated on each request (docs/http.md, docs/explorer.md). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { chooseType } from './content.js';
import type { RequestContext, WebApp } from './web-app.js';

/** A path, a content type without charset, and the content. */
export type PageFile = readonly [path: string, type: string, text: string];

/** Reads a file placed beside this one by the build. */
export const builtFile = (path: string): string =>
  readFileSync(new URL(`./${path}`, import.meta.url), 'utf8');

const IDENTITY = 'identity';

const CODERS: ReadonlyMap<string, (content: Buffer) => Promise<Buffer>> = new Map([
  ['gzip', promisify<Buffer, Buffer>(gzip)],
  ['deflate', promisify<Buffer, Buffer>(deflate)],
]);

const acceptedCoding = (context: RequestContext): string =>
  accepts(context, {
    header: 'Accept-Encoding',
    supports: [...CODERS.keys(), IDENTITY],
    default: IDENTITY,
    match: chooseType,
  });

/** Answers the forms of `content` by their codings; each is made once, by the first request for it. */
function createForms(content: Buffer): (coding: string) => Promise<Buffer> {
  const forms = new Map<string, Promise<Buffer>>();
  return (coding) => {
    const form = forms.get(coding) ?? CODERS.get(coding)?.(content) ?? Promise.resolve(content);
    forms.set(coding, form);
    // Memory that is short now may be free for the next request.
    form.catch(() => forms.delete(coding));
    return form;
  };
}

/** Whether `header`, an If-None-Match, names the tag; the weak comparison of HTTP. */
const isNamed = (header: string, tag: string): boolean =>
  header === '*' || header.match(/"[^"]*"/g)?.includes(tag) === true;

/**
 * Serves `text` at `path`. The answers to all requests share its bytes, since a client may leave many of them unread.
 */
export function addFile(
  app: Hono<WebApp>,
  path: string,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  const content = Buffer.from(text);
  const tag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  const formOf = createForms(content);
  app.get(path, async (context) => {
    context.header('cache-control', 'no-cache');
    context.header('vary', 'Accept-Encoding', { append: true });
    // Weak: one for all codings.
    context.header('etag', `W/${tag}`);
    if (isNamed(context.req.header('if-none-match') ?? '', tag)) return context.body(null, 304);
    const coding = acceptedCoding(context);
    const form = await formOf(coding);
    if (coding !== IDENTITY) context.header('content-encoding', coding);
    context.header('content-length', String(form.length));
    // A body of bytes would be copied.
    return context.body(ReadableStream.from([form]), 200, headers);
  });
}

/** Adds `files`, under a content security policy of these directives. */
export function addPage(app: Hono<WebApp>, policy: readonly string[], files: readonly PageFile[]): void {
  for (const [path, type, text] of files)
    addFile(app, path, text, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy.join('; '),
    });
}
