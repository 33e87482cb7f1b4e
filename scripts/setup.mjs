// What must be there before anything of ours runs: the dependencies, the generated and the compiled code. Each step is
// skipped when the hash of what it reads is the one that it left behind. Node's own modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const sources = ['src', 'explorer', 'test', 'bench', 'trust', 'mutate'];
const compiled = [...sources, 'tsconfig.json', 'package-lock.json', 'scripts/setup.mjs'];
const generated = [
  'proto',
  'buf.yaml',
  'buf.gen.yaml',
  'scripts/generate.mjs',
  'src/gen',
  'package-lock.json',
];

/** What is not compiled but read at run time, by where it lies in build/src. */
const viewer = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE'];
const copied = [
  ['src/gen/descriptor.binpb', 'gen/descriptor.binpb'],
  ...['index.html', 'style.css', 'icon.svg'].map((file) => [`explorer/${file}`, `server/explorer/${file}`]),
  ...viewer.map((file) => [`node_modules/swagger-ui-dist/${file}`, `server/swagger-ui/${file}`]),
];

/** The explorer as one script; `npm run lint` checks its types. */
const bundled = [
  ...['explorer/main.tsx', '--file', 'build/src/server/explorer/main.js'],
  ...['--tsconfig', 'explorer/tsconfig.json', '--format', 'esm', '--platform', 'browser', '--minify'],
];

/** The stamp holds the hash of `of` as it is after the step: what a step writes may be among what it depends on. */
const steps = [
  { name: 'install', of: ['package-lock.json'], stamp: 'node_modules/.stamp', run: install },
  { name: 'generate', of: generated, stamp: '.cache/generated.stamp', run: generate },
  { name: 'compile', of: compiled, stamp: 'build/.stamp', run: compile },
];

export function prepare() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) stop(`Node 20 or newer is needed; this is ${process.version}`);
  for (const { name, of, stamp, run } of steps) {
    const path = join(root, stamp);
    if (existsSync(path) && readFileSync(path, 'utf8') === hashOf(of)) continue;
    const begun = performance.now();
    process.stderr.write(`${name} … `);
    run();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, hashOf(of));
    process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  }
}

function install() {
  const npm = process.env.npm_execpath ?? '';
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  if (npm.endsWith('npm-cli.js')) return quietly(process.execPath, [npm, ...args]);
  return process.platform === 'win32' ? quietly('cmd', ['/c', 'npm', ...args]) : quietly('npm', args);
}

function generate() {
  quietly(process.execPath, ['scripts/generate.mjs']);
}

/** From nothing: a compiled file whose source is gone must not live on. */
function compile() {
  rmSync(join(root, 'build'), { recursive: true, force: true });
  quietly(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  quietly(process.execPath, ['node_modules/rolldown/bin/cli.mjs', ...bundled]);
  for (const [from, to] of copied) cpSync(join(root, from), join(root, 'build/src', to));
}

function quietly(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  stop(`failed\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesIn)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Every file below a path, in the same order everywhere; none when there is nothing. */
function filesIn(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesIn(`${path}/${name}`));
}
