// Writes the table of rooms in docs/architecture.md: purpose, size and imports of each; prints the sizes of files and
// functions. With --check it fails where the table is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';
import { roomOf, sourcesBelow } from './imports.mjs';
import { ROOMS } from './rooms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}docs/architecture.md`;
const [BEGIN, END] = ['<!-- rooms: written by scripts/architecture.mjs -->', '<!-- end of rooms -->'];

const sources = sourcesBelow(root, ['src', 'explorer', 'test', 'bench', 'mutate']).map((source) => ({
  ...source,
  room: roomOf(source.file)?.name,
}));
const order = ROOMS.flat().map(([name]) => name);

const linesOf = (text) => text.split('\n').length - 1;

function rowOf([name, purpose]) {
  const own = sources.filter(({ room }) => room === name);
  const lines = own.reduce((sum, { text }) => sum + linesOf(text), 0);
  const used = new Set(own.flatMap(({ imports }) => imports.map(({ to }) => roomOf(to)?.name)));
  const below = order.filter((each) => each !== name && used.has(each)).map((each) => `\`${each}\``);
  return `| \`${name}\` | ${purpose} | ${own.length} | ${lines} | ${below.join(' ')} |`;
}

const table = [
  '| room | purpose | files | lines | imports from |',
  '| --- | --- | ---: | ---: | --- |',
  ...ROOMS.flat().map(rowOf),
].join('\n');

/** The lines of each function of a source that has a body of its own. */
function functionsIn({ file, text }) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = [];
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line;
  function visit(node) {
    if (ts.isFunctionLike(node) && node.body !== undefined)
      lines.push(lineAt(node.getEnd()) - lineAt(node.getStart(source)) + 1);
    ts.forEachChild(node, visit);
  }
  visit(source);
  return lines;
}

/** The median, the 90th percentile and the largest of `sizes`. */
function spread(sizes) {
  const sorted = sizes.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return `median ${at(0.5)}, p90 ${at(0.9)}, largest ${at(1)}`;
}

for (const [name, folder] of [
  ['src', 'src/'],
  ['explorer', 'explorer/'],
]) {
  const own = sources.filter(({ file }) => file.startsWith(folder) && !file.startsWith('src/gen/'));
  process.stdout.write(
    `${name}: ${own.length} files in lines: ${spread(own.map(({ text }) => linesOf(text)))}\n`,
  );
  process.stdout.write(`${name}: functions in lines: ${spread(own.flatMap(functionsIn))}\n`);
}

const before = readFileSync(page, 'utf8');
const [head, tail] = [before.split(BEGIN)[0], before.split(END)[1]];
if (tail === undefined) throw new Error(`${page} has no place for the table: ${BEGIN}`);
const options = await prettier.resolveConfig(page);
const after = await prettier.format(`${head}${BEGIN}\n\n${table}\n\n${END}${tail}`, {
  ...options,
  filepath: page,
});

if (process.argv.includes('--check')) {
  const isStale = after !== before;
  if (isStale) process.stdout.write('docs/architecture.md: the table of rooms is stale: npm run generate\n');
  process.exitCode = isStale ? 1 : 0;
} else writeFileSync(page, after);
