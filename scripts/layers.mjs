// The layer check: a module imports only from its own layer and from those listed above it. Prints a line for each
// violation, and notes the files that have grown long.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const longFile = 400;

/** From the layer that knows nothing to the one that knows all. The first that matches a file is its layer. */
const layers = [
  /^src\/gen\//,
  /^src\/(reasons|version)\.ts$/,
  /^src\/errors\.ts$/,
  /^src\/config\.ts$/,
  /^src\/(near-misses|arguments)\.ts$/,
  /^src\/log\.ts$/,
  /^src\/wire\//,
  /^src\/query\/schema\.ts$/,
  /^src\/query\/(?!model|parse|references|confine|compile)[\w-]+\.ts$/, // the tables: values, operators, stages
  /^src\/query\/model\.ts$/,
  /^src\/query\/parse[\w-]*\.ts$/,
  /^src\/query\/compile\.ts$/,
  /^src\/query\/references\.ts$/,
  /^src\/query\/confine\.ts$/,
  /^src\/job\/schema\.ts$/,
  /^src\/job\/(command-size|connection-failures|connections|database-errors|database|diagnosis|heartbeats|indexes|killing|listing|members|memory|operation|pace|preflight|readiness|rights|sharing|stored|ties|turns)\.ts$/,
  /^src\/job\/store\.ts$/,
  /^src\/job\/(message|answer|filters|collectors|malformed|rows|total)\.ts$/,
  /^src\/job\/service\.ts$/,
  /^src\/auth\//,
  /^src\/server\//,
  /^src\/embedded\//,
  /^src\/(access|serving-log)\.ts$/,
  /^src\/database\.ts$/,
  /^src\/(app|make-indexes)\.ts$/,
  /^src\/main\.ts$/,
];

/** The generated stubs take Struct and Value from a module of ours. */
const allowed = [{ from: /^src\/gen\//, to: /^src\/wire\/struct\.ts$/ }];

const forbidden = [
  { in: /^src\/embedded\//, to: /^src\/(?!embedded\/)/ },
  { in: /^src\/(query\/|job\/service\.ts$)/, to: /^@grpc\/grpc-js/ },
  { in: /^src\/server\//, to: /^(mongodb($|\/)|src\/query\/)/ },
];

/** What only the edges of the program may touch. */
const edges = /^src\/(config|app|database|main|make-indexes|log)\.ts$|^src\/(embedded|gen)\//;
const edgeOnly = [
  /\bprocess\.env\b/,
  /\bnew Date\(\s*\)/,
  /\bDate\.now\b/,
  /\bconsole\./,
  /\bnew MongoClient\b/,
];

const importPattern = /\b(?:from|import)\s*\(?\s*'([^']+)'/g;

function violationsOf(file, text) {
  const layer = layerOf(file);
  if (layer === -1) return [`${file}: belongs to no layer`];
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const targets = [...code.matchAll(importPattern)].map(([, specifier]) => targetOf(file, specifier));
  return [
    ...targets.filter((to) => !mayImport(file, layer, to)).map((to) => `${file}: must not import ${to}`),
    ...edgeOnly
      .filter((pattern) => !edges.test(file) && pattern.test(code))
      .map(
        (pattern) =>
          `${file}: has ${pattern.source.replaceAll(/\\[bs]\*?|\\/g, '')}, which belongs to the edges`,
      ),
  ];
}

function mayImport(file, layer, to) {
  if (forbidden.some((rule) => rule.in.test(file) && rule.to.test(to))) return false;
  if (!to.startsWith('src/')) return true;
  if (allowed.some((rule) => rule.from.test(file) && rule.to.test(to))) return true;
  const target = layerOf(to);
  return target !== -1 && target <= layer;
}

function layerOf(file) {
  return layers.findIndex((pattern) => pattern.test(file));
}

/** A package stays as it is named; a relative import becomes the source file that it means. */
function targetOf(file, specifier) {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(dirname(file), specifier).replace(/\.js$/, '.ts');
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => `src/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts'))
  .sort();
const violations = [];
for (const file of files) {
  const text = readFileSync(join(root, file), 'utf8');
  violations.push(...violationsOf(file, text));
  const lines = text.split('\n').length - 1;
  if (lines > longFile && !file.startsWith('src/gen/'))
    process.stdout.write(`note: ${file} has ${lines} lines\n`);
}
for (const violation of violations) process.stdout.write(`${violation}\n`);
process.stdout.write(`layers: ${files.length} files, ${violations.length} violations\n`);
process.exitCode = violations.length === 0 ? 0 : 1;
