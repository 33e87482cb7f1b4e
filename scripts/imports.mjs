// The sources of this project with their imports, for the layer check and for the table of rooms.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { ROOMS } from './rooms.mjs';

const IMPORT =
  /\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,]+?\s+from\s+)?(?:'([^']+)'|"([^"]+)")|\bimport\(\s*(?:'([^']+)'|"([^"]+)")/g;

/** Every .ts and .tsx file below `folders`, with its code without comments and the targets of its imports. */
export function sourcesBelow(root, folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .filter((path) => /\.tsx?$/.test(path))
      .sort(),
  );
  const known = new Set(files);
  return files.map((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
    const imports = [...code.matchAll(IMPORT)].map(([, type, ...specifiers]) => ({
      to: targetOf(
        file,
        specifiers.find((each) => each !== undefined),
        known,
      ),
      isType: type !== undefined,
    }));
    return { file, text, code, imports };
  });
}

/** A package stays as it is named; a relative import becomes the source file it means. */
function targetOf(file, specifier, known) {
  if (!specifier.startsWith('.')) return specifier;
  const path = posix.join(dirname(file), specifier);
  return (
    [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')].find((each) => known.has(each)) ?? path
  );
}

/** Circles of imports, types aside: each as the files on the way round. */
export function circlesOf(sources) {
  const targets = new Map(
    sources.map(({ file, imports }) => [file, imports.filter(({ isType }) => !isType).map(({ to }) => to)]),
  );
  const circles = [];
  const done = new Set();
  function visit(file, path) {
    const start = path.indexOf(file);
    if (start !== -1) circles.push([...path.slice(start), file]);
    if (start !== -1 || done.has(file)) return;
    for (const to of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  }
  for (const file of targets.keys()) visit(file, []);
  return circles;
}

const ALL = ROOMS.flatMap((line, depth) => line.map(([name]) => ({ name, depth }))).sort(
  (one, other) => other.name.length - one.name.length,
);

/** The room of a file, with its depth: 0 is the top line. undefined: a package, or a file of no room. */
export const roomOf = (file) => ALL.find(({ name }) => file.startsWith(name));
