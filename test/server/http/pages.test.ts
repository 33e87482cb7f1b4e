// Files of pages: their codings and validators, and the memory of answers that nobody reads.
import { gunzipSync, inflateSync } from 'node:zlib';
import { Hono } from 'hono';
import { describe, expect, test } from '@jest/globals';
import { addFile } from '../../../src/server/http/pages.js';
import type { WebApp } from '../../../src/server/http/web-app.js';
import { rawRequest, sendRaw } from '../../harness/raw-http.js';
import { useService } from '../../harness/use-service.js';

const service = useService('pages', { corsOrigins: ['https://console.example.org'] });

const ask = (target: string, ...lines: readonly string[]) =>
  sendRaw(service.http, rawRequest(target, ['host: localhost', ...lines]));

const SCRIPT = '/docs/swagger-ui-bundle.js';
const PATHS = ['/', '/explorer/main.js', '/explorer/settings.json', '/docs', SCRIPT, '/openapi.json'];

const identity = (bytes: Buffer): Buffer => bytes;

describe('a file', () => {
  test.each([
    ['gzip', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'gzip', gunzipSync],
    ['deflate', 'deflate', inflateSync],
    ['deflate;q=0.5, GZIP;q=0.7', 'gzip', gunzipSync],
    ['gzip;q=0', undefined, identity],
    ['gzip;q=0.5, identity', undefined, identity],
    ['br', undefined, identity],
    ['', undefined, identity],
  ])('for which %j is accepted comes whole, coded as %s', async (accepted, coding, decode) => {
    const [plain, coded] = await Promise.all([
      ask(`GET ${SCRIPT}`),
      ask(`GET ${SCRIPT}`, `accept-encoding: ${accepted}`),
    ]);
    expect(plain.body.length).toBeGreaterThan(1_000_000);
    expect(coded.headers.get('content-encoding')).toBe(coding);
    expect(coded.headers.get('content-length')).toBe(String(coded.body.length));
    expect(coded.headers.get('vary')).toBe('Accept-Encoding, Origin');
    expect(decode(coded.body).equals(plain.body)).toBe(true);
  });

  test.each(PATHS)('of %s comes without its content to HEAD', async (path) => {
    const [whole, head] = await Promise.all([ask(`GET ${path}`), ask(`HEAD ${path}`)]);
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(whole.body.length).toBeGreaterThan(0);
    for (const name of ['content-length', 'content-type', 'etag', 'cache-control'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
  });

  const CONDITIONS: readonly (readonly [string, number, (tag: string) => string])[] = [
    ['its tag', 304, (tag) => tag],
    ['the strong form of its tag', 304, (tag) => tag.replace('W/', '')],
    ['a list with its tag', 304, (tag) => `"other", ${tag}`],
    ['any tag', 304, () => '*'],
    ['another tag', 200, () => '"other"'],
    ['a part of its tag', 200, (tag) => tag.slice(0, -3)],
  ];

  test.each(PATHS.flatMap((path) => CONDITIONS.map((condition) => [path, ...condition] as const)))(
    'of %s that the client has under %s is answered by %i',
    async (path, _, status, condition) => {
      const tag = (await ask(`GET ${path}`)).headers.get('etag') ?? '';
      for (const method of ['GET', 'HEAD']) {
        const answer = await ask(`${method} ${path}`, `if-none-match: ${condition(tag)}`);
        expect(answer.status).toBe(status);
        expect(answer.headers.get('etag')).toBe(tag);
        expect(answer.headers.get('cache-control')).toBe('no-cache');
      }
    },
  );
});

test.each(['identity', 'gzip', 'deflate'])('all answers of a file in %s share its bytes', async (coding) => {
  const app = new Hono<WebApp>();
  addFile(app, '/file', 'text '.repeat(1000), { 'content-type': 'text/plain' });
  const bodyOf = async (): Promise<unknown> => {
    const response = await app.request('/file', { headers: { 'accept-encoding': coding } });
    const body: ReadableStream<Uint8Array> | null = response.body;
    const read = await body?.getReader().read();
    return read?.value?.buffer;
  };
  const [first, second] = await Promise.all([bodyOf(), bodyOf()]);
  expect(first).toBeInstanceOf(ArrayBuffer);
  expect(second).toBe(first);
});
