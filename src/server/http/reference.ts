/** Serves /openapi.json, and Swagger UI for it at /docs, without files of other hosts (docs/http.md «OpenAPI»). */
import type { Hono } from 'hono';
import { openapi } from './openapi.js';
import { addFile, addPage, builtFile } from './pages.js';
import type { WebApp } from './web-app.js';

/** Allows scripts of this server only; Swagger UI needs inline styles, and images in its style sheet. */
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
    <link rel="stylesheet" href="/docs/page.css">
    <script src="/docs/swagger-ui-bundle.js" defer></script>
    <script src="/docs/start.js" type="module"></script>
  </head>
  <body>
    <nav><a href="/">Job explorer</a> · <a href="/openapi.json">openapi.json</a></nav>
    <main id="reference"></main>
    <noscript>The reference needs JavaScript; its source is <a href="/openapi.json">/openapi.json</a>.</noscript>
  </body>
</html>
`;

/** The page has one style sheet for its frame; Swagger UI has no dark one of its own. */
const STYLE = `body {
  margin: 0;
}

nav {
  padding: 0.6rem 1.25rem;
  font: 15px system-ui, sans-serif;
}

@media (prefers-color-scheme: dark) {
  html {
    background: #141414;
    color-scheme: dark;
  }

  nav a {
    color: #7fb0ff;
  }

  nav {
    color: #a0abbb;
  }

  #reference {
    color-scheme: light;
    background: #fff;
    filter: invert(0.92) hue-rotate(180deg);
  }
}
`;

/** Needs no token, and shows no lock. */
const WITHOUT_LOCKS = `
.auth-wrapper,
.authorization__btn {
  display: none !important;
}
`;

/**
 * Starts Swagger UI: without the external validator, with requests open for editing, schemas closed, and delete last and
 * asked for. Exclusions of members have no words there, and numbers show 0 in place of the least of their type.
 */
const START = `const ORDER = ['get', 'list', 'stat', 'delete'];
const place = (operation) => ORDER.indexOf(operation.get('path').split('/').at(-1));
const readable = (schema) => {
  delete schema.allOf;
  for (const property of Object.values(schema.properties ?? {}))
    if (property.minimum < 0) property.example = 0;
};
const spec = await (await fetch('/openapi.json')).json();
Object.values(spec.components.schemas).forEach(readable);
SwaggerUIBundle({
  dom_id: '#reference',
  spec,
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  operationsSorter: (one, other) => place(one) - place(other),
});
const ask = (event) => {
  if (event.target.closest('[id$=_delete] .execute') === null) return;
  if (!confirm('Delete this job? It does not come back.')) event.stopPropagation();
};
document.addEventListener('click', ask, true);
`;

/** Adds /openapi.json. */
export function addDescriptionPage(app: Hono<WebApp>, version: string): void {
  addFile(app, '/openapi.json', JSON.stringify(openapi(version)), { 'content-type': 'application/json' });
}

/** Adds /docs with its files. */
export function addReferencePages(app: Hono<WebApp>, needsToken: boolean): void {
  addPage(app, POLICY, [
    ['/docs', 'text/html', PAGE],
    ['/docs/page.css', 'text/css', needsToken ? STYLE : STYLE + WITHOUT_LOCKS],
    ['/docs/start.js', 'text/javascript', START],
    ['/docs/swagger-ui-bundle.js', 'text/javascript', builtFile('swagger-ui/swagger-ui-bundle.js')],
    ['/docs/swagger-ui.css', 'text/css', builtFile('swagger-ui/swagger-ui.css')],
  ]);
}
