// Writes the table of rooms in docs/architecture.md, purpose and size of each, and the list of their imports below it;
// prints the sizes of files and functions. With --check it fails where the table or the list is
// stale, or sizes are over their bounds.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';
import { roomOf, sourcesBelow } from './imports.mjs';
import { FOLDERS, ROOMS } from './rooms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}docs/architecture.md`;
const [BEGIN, END] = ['<!-- rooms: written by scripts/architecture.mjs -->', '<!-- end of rooms -->'];

const sources = sourcesBelow(root, ['src', 'explorer', 'test', 'bench', 'mutate']).map((source) => ({
  ...source,
  room: roomOf(source.file)?.name,
}));
const order = ROOMS.flat().map(([name]) => name);

const linesOf = (text) => text.split('\n').length - 1;

const filesOf = (name) => sources.filter(({ room }) => room === name);

function rowOf([name, purpose]) {
  const own = filesOf(name);
  const lines = own.reduce((sum, { text }) => sum + linesOf(text), 0);
  return `| \`${name}\` | ${purpose} | ${own.length} | ${lines} |`;
}

const MAX_COLUMNS = 120;

/** Breaks an item of a list between its words; further lines are indented. */
function wrap(item) {
  const lines = [];
  let line = '';
  for (const word of item.split(' ')) {
    if (`${line} ${word}`.length > MAX_COLUMNS) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** The item of a room in the list of imports; none for a room without imports. */
function importsOf(name) {
  const used = new Set(filesOf(name).flatMap(({ imports }) => imports.map(({ to }) => roomOf(to)?.name)));
  const below = order.filter((each) => each !== name && used.has(each)).map((each) => `\`${each}\``);
  return below.length === 0 ? [] : [wrap(`- \`${name}\`: ${below.join(', ')}`)];
}

const rooms = [
  '| room | purpose | files | lines |',
  '| --- | --- | ---: | ---: |',
  ...ROOMS.flat().map(rowOf),
  '',
  'Folders within rooms, which import from their room and it from them:',
  '',
  ...FOLDERS.map(([name, purpose]) => wrap(`- \`${name}\`: ${purpose}`)),
  '',
  'The rooms import:',
  '',
  ...order.flatMap(importsOf),
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
  return { median: at(0.5), p90: at(0.9), largest: at(1) };
}

const shown = ({ median, p90, largest }) => `median ${median}, p90 ${p90}, largest ${largest}`;

/** The largest sizes in lines; the linter holds those of single files and functions. */
const BOUNDS = [
  { name: 'src', folder: 'src/', medianFile: 90, medianFunction: 6, p90Function: 17 },
  { name: 'explorer', folder: 'explorer/', medianFile: 90, medianFunction: 6, p90Function: 20 },
];

const violations = [];
for (const { name, folder, medianFile, medianFunction, p90Function } of BOUNDS) {
  const own = sources.filter(({ file }) => file.startsWith(folder) && !file.startsWith('src/gen/'));
  const files = spread(own.map(({ text }) => linesOf(text)));
  const functions = spread(own.flatMap(functionsIn));
  process.stdout.write(`${name}: ${own.length} files in lines: ${shown(files)}\n`);
  process.stdout.write(`${name}: functions in lines: ${shown(functions)}\n`);
  if (files.median > medianFile) violations.push(`${name}: the median file has over ${medianFile} lines`);
  if (functions.median > medianFunction || functions.p90 > p90Function)
    violations.push(
      `${name}: functions have over ${medianFunction} lines by median, or ${p90Function} by p90`,
    );
}
for (const violation of violations) process.stdout.write(`${violation}\n`);

const before = readFileSync(page, 'utf8');
const [head, tail] = [before.split(BEGIN)[0], before.split(END)[1]];
if (tail === undefined) throw new Error(`${page} has no place for the rooms: ${BEGIN}`);
const options = await prettier.resolveConfig(page);
const after = await prettier.format(`${head}${BEGIN}\n\n${rooms}\n\n${END}${tail}`, {
  ...options,
  filepath: page,
});

if (process.argv.includes('--check')) {
  const isStale = after !== before;
  if (isStale) process.stdout.write('docs/architecture.md: the rooms are stale: npm run generate\n');
  process.exitCode = isStale || violations.length > 0 ? 1 : 0;
} else writeFileSync(page, after);
