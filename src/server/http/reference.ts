/** The pages for people: /openapi.json, and Swagger UI that shows it at /docs, all from this server (docs/http.md «OpenAPI»). */
import type { Hono } from 'hono';
import { etag } from 'hono/etag';
import { openapi } from './openapi.js';
import { addPage, builtFile } from './pages.js';
import type { WebApp } from './web-app.js';

/** Scripts come from this server only; Swagger UI sets styles on its elements, and has pictures in its style sheet. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Inventory jobs: API reference</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <script src="/docs/swagger-ui-bundle.js" defer></script>
    <script src="/docs/start.js" defer></script>
  </head>
  <body>
    <div id="reference"></div>
    <noscript>The reference needs JavaScript; its source is <a href="/openapi.json">/openapi.json</a>.</noscript>
  </body>
</html>
`;

/** No validator of another host, and the requests can be edited and sent without another click. */
const START = `SwaggerUIBundle({
  dom_id: '#reference',
  url: '/openapi.json',
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: true,
});
`;

/** Adds /openapi.json. */
export function addDescriptionPage(app: Hono<WebApp>, version: string): void {
  const description = JSON.stringify(openapi(version));
  app.get('/openapi.json', (context) =>
    context.body(description, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' }),
  );
}

/** Adds /docs with what it consists of. */
export function addReferencePages(app: Hono<WebApp>): void {
  app.use('/docs/*', etag());
  addPage(app, POLICY, [
    ['/docs', 'text/html', PAGE],
    ['/docs/start.js', 'text/javascript', START],
    ['/docs/swagger-ui-bundle.js', 'text/javascript', builtFile('swagger-ui/swagger-ui-bundle.js')],
    ['/docs/swagger-ui.css', 'text/css', builtFile('swagger-ui/swagger-ui.css')],
  ]);
}
