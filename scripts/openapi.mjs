// Writes docs/openapi.json, the description that the service serves at /openapi.json. With --check it changes nothing, and
// fails when the file is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const { openapi } = await import('../build/src/server/http/openapi.js');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const path = join(root, 'docs/openapi.json');
const fresh = `${JSON.stringify(openapi(version), null, 2)}\n`;
const stale = !existsSync(path) || readFileSync(path, 'utf8') !== fresh;
if (stale && process.argv.includes('--check')) {
  process.stderr.write('Stale, run npm run generate: docs/openapi.json\n');
  process.exitCode = 1;
} else if (stale) writeFileSync(path, fresh);
