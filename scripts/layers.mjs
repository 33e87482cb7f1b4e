// The layer check over src, explorer, test, bench and mutate: a folder imports only from folders below it, no two files
// import each other in a circle, each folder has a purpose, and only the edges of the program touch the environment.
// Prints a line for each violation.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { circlesOf, roomOf, sourcesBelow } from './imports.mjs';
import { FOLDERS, ROOMS } from './rooms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Imports allowed against the order: the generated stubs take Struct and Value from this service. */
const ALLOWED = [{ from: 'src/gen/', to: 'src/wire/struct.ts' }];

/** Imports forbidden beside the order; `types` says that type imports are fine. */
const FORBIDDEN = [
  { from: 'src/embedded/', to: /^src\/(?!embedded\/)/ },
  { from: 'src/server/', to: /^(?:mongodb(?:$|\/)|src\/(?:query|mongo)\/)/ },
  { from: 'src/server/', to: /^src\/job\//, types: true },
  { from: 'src/auth/', to: /^(?:@grpc\/grpc-js\/server|src\/(?:job|server)\/)/ },
  { from: 'src/job/', to: /^(?:@grpc\/grpc-js|hono)/ },
  { from: 'src/query/', to: /^(?:@grpc\/grpc-js|src\/(?:job|mongo)\/)/ },
  { from: 'explorer/', to: /^src\/(?!wire\/csv\.ts$|query\/dates\.ts$)/, types: true },
];

/** Rooms whose folders import nothing of each other. */
const APART = ['explorer/views/'];

/** The edges of the program, and what belongs to them alone. */
const EDGES =
  /^src\/(?:app|main|make-indexes)\.ts$|^src\/(?:config|embedded|gen|telemetry)\/|^src\/mongo\/connect\.ts$/;
const EDGE_ONLY = [
  /\bprocess\.env\b/,
  /\bnew Date\(\s*\)/,
  /\bDate\.now\b/,
  /\bperformance\.now\b/,
  /\bprocess\.(?:stdout|stderr|hrtime)\b/,
  /\bconsole\./,
  /\bnew MongoClient\b/,
];

/** The folder of a file right below one of the rooms in APART. */
function folderOf(file) {
  const room = APART.find((each) => file.startsWith(each));
  return room === undefined ? undefined : file.slice(room.length).split('/')[0];
}

function complaintOf(file, { to, isType }) {
  const forbidden = FORBIDDEN.find((rule) => file.startsWith(rule.from) && rule.to.test(to));
  if (forbidden !== undefined && !(forbidden.types === true && isType)) return `must not import ${to}`;
  const target = roomOf(to);
  if (target === undefined) return undefined;
  if (ALLOWED.some((rule) => file.startsWith(rule.from) && to === rule.to)) return undefined;
  const own = roomOf(file);
  if (own.name === target.name)
    return folderOf(file) === folderOf(to) ? undefined : `must not import ${to}, another view`;
  return target.depth > own.depth ? undefined : `must not import ${to}, which is not below ${own.name}`;
}

const PURPOSES = [...ROOMS.flat(), ...FOLDERS].map(([name]) => name);

/** The folders beside src that tests mirror by name. */
const MIRRORED = ['explorer', 'monitoring'];

/** Tests stand in folders named as what they test; a folder named as a test holds its data. */
const mirrorsSource = (name) =>
  MIRRORED.includes(name.split('/', 1)[0]) ||
  [`src/${name}`, `src/${name}.ts`, `test/${name}.test.ts`].some((path) => existsSync(root + path));

/** A folder has a purpose by itself, or is generated, or one of views or of tests. */
function hasPurpose(file) {
  const folder = dirname(file);
  if (PURPOSES.includes(`${folder}/`) || PURPOSES.includes(file) || file.startsWith('src/gen/')) return true;
  if (folder.startsWith('test/')) return mirrorsSource(folder.slice('test/'.length));
  return folderOf(file) !== undefined;
}

const sources = sourcesBelow(root, ['src', 'explorer', 'test', 'bench', 'mutate']);
const violations = [];
for (const { file, code, imports } of sources) {
  if (!hasPurpose(file)) violations.push(`${file}: its folder has no purpose in scripts/rooms.mjs`);
  for (const each of imports) {
    const complaint = complaintOf(file, each);
    if (complaint !== undefined) violations.push(`${file}: ${complaint}`);
  }
  if (!file.startsWith('src/') || EDGES.test(file)) continue;
  for (const pattern of EDGE_ONLY.filter((each) => each.test(code)))
    violations.push(
      `${file}: has ${pattern.source.replaceAll(/\\[bs]\*?|\\/g, '')}, which belongs to the edges`,
    );
}
for (const circle of circlesOf(sources)) violations.push(`a circle: ${circle.join(' → ')}`);

for (const violation of violations) process.stdout.write(`${violation}\n`);
process.stdout.write(`layers: ${sources.length} files, ${violations.length} violations\n`);
process.exitCode = violations.length === 0 ? 0 : 1;
