/** The version of this package. */
import { readFileSync } from 'node:fs';

function versionOf(): string {
  const about: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version =
    typeof about === 'object' && about !== null && 'version' in about ? about.version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

export const VERSION = versionOf();
