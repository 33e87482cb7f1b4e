// Writes the tables of metrics in docs/monitor.md from their definitions. With --check it changes nothing, and fails where
// the tables are stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import prettier from 'prettier';
import { prepare, root } from './setup.mjs';

await prepare();
const { GROUPS } = await import('../build/src/telemetry/metrics/definitions.js');
const page = join(root, 'docs/monitor.md');
const [BEGIN, END] = ['<!-- metrics: written by scripts/metrics.mjs -->', '<!-- end of metrics -->'];

/** Labels with long lists of values are described by their number. */
const MAX_VALUES = 10;
const cell = (text) => text.replaceAll('|', '\\|');
const valuesOf = (values) => {
  const shown = values.filter((value) => value !== '').map((value) => `\`${value}\``);
  return shown.length > MAX_VALUES ? `${shown.slice(0, MAX_VALUES).join(' ')} …` : shown.join(' ');
};
const labelsOf = (labels) =>
  Object.entries(labels)
    .map(([name, values]) => `\`${name}\`: ${valuesOf(values)}`)
    .join('<br>');
const typeOf = ({ type, buckets }) => (buckets === undefined ? type : `${type}: ${buckets.join(' ')}`);

const tables = GROUPS.map(([title, definitions]) =>
  [
    `### ${title}`,
    '',
    '| metric | type, buckets | is | labels |',
    '| --- | --- | --- | --- |',
    ...Object.entries(definitions).map(
      ([name, definition]) =>
        `| ${[`\`${name}\``, typeOf(definition), definition.help, labelsOf(definition.labels)].map(cell).join(' | ')} |`,
    ),
  ].join('\n'),
).join('\n\n');

const before = readFileSync(page, 'utf8');
const [head, tail] = [before.split(BEGIN)[0], before.split(END)[1]];
if (tail === undefined) throw new Error(`${page} has no place for the tables: ${BEGIN}`);
const options = await prettier.resolveConfig(page);
const after = await prettier.format(`${head}${BEGIN}\n\n${tables}\n\n${END}${tail}`, {
  ...options,
  filepath: page,
});
const isStale = after !== before;
if (isStale && process.argv.includes('--check')) {
  process.stderr.write('Stale, run npm run generate: the tables of metrics in docs/monitor.md\n');
  process.exitCode = 1;
} else if (isStale) writeFileSync(page, after);
