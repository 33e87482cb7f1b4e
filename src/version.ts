/** The version of this package. */
import { readFileSync } from 'node:fs';

function versionOf(): string {
  const about: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version =
    typeof about === 'object' && about !== null && 'version' in about ? about.version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

/** The commit in the file of that name, written by the build of an image. */
function commitOf(): string {
  try {
    return readFileSync(new URL('../../commit', import.meta.url), 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

export const VERSION = versionOf();

/** The build, with its commit where the image names it. */
export const BUILD = {
  version: VERSION,
  commit: commitOf(),
  node: process.versions.node,
} as const;
