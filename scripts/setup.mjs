// Prepares every command: installs the dependencies, and makes the generated and the compiled code. Each step is
// skipped when the hash of what it reads is the one that it left behind. Node's own modules only.
import { spawn, spawnSync } from 'node:child_process';
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

const sources = ['src', 'explorer', 'test', 'bench', 'mutate'];
const compiled = [...sources, 'tsconfig.json', 'package-lock.json', 'scripts/setup.mjs'];
const generated = [
  'proto',
  'buf.yaml',
  'buf.gen.yaml',
  'scripts/generate.mjs',
  'src/gen',
  'package-lock.json',
];

/** Files read at run time and not compiled: each is copied to its place in build/src. */
const viewer = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE'];
const copied = [
  ['src/gen/descriptor.binpb', 'gen/descriptor.binpb'],
  ...['index.html', 'icon.svg'].map((file) => [`explorer/${file}`, `server/http/explorer/${file}`]),
  ...viewer.map((file) => [`node_modules/swagger-ui-dist/${file}`, `server/http/swagger-ui/${file}`]),
];

/** The explorer as one script; tsc checks its types beside. */
const bundled = [
  ...['explorer/main.tsx', '--file', 'build/src/server/http/explorer/main.js'],
  ...['--tsconfig', 'explorer/tsconfig.json', '--format', 'esm', '--platform', 'browser', '--minify'],
];

/** The stamp holds the hash of `of` after the step: a step may write its own dependencies. */
const steps = [
  {
    name: 'install',
    what: 'the dependencies in package-lock.json, by npm ci',
    of: ['package-lock.json'],
    stamp: 'node_modules/.stamp',
    isDone: isInstalled,
    run: install,
  },
  {
    name: 'generate',
    what: 'src/gen from proto, by buf',
    of: generated,
    stamp: '.cache/generated.stamp',
    isDone: isCommitted,
    run: generate,
  },
  {
    name: 'compile',
    what: 'TypeScript into build, by tsc and rolldown',
    of: compiled,
    stamp: 'build/.stamp',
    isDone: () => false,
    run: compile,
  },
];

const MIN_NODE = 20;
/** Milliseconds between two signs of life of a step. */
const SIGN_OF_LIFE_MS = 2500;

export async function prepare() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < MIN_NODE)
    stop(
      `Node ${MIN_NODE} or newer is needed, and this is ${process.versions.node}; install it from https://nodejs.org`,
    );
  for (const step of steps) {
    try {
      await bring(step);
    } catch (error) {
      const cause = typeof error?.code === 'string' ? ` (${error.code})` : '';
      stop(
        `${step.name}: ${error.path ?? root} cannot be used${cause}; it has to be readable and writable for this user`,
      );
    }
  }
}

/** Does a step unless its stamp, or what has been done by hand, says that it is done. */
async function bring({ name, what, of, stamp, isDone, run }) {
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, 'utf8') === hashOf(of)) return;
  if (!isDone()) {
    const begun = performance.now();
    process.stderr.write(`${name}: ${what} … `);
    const alive = setInterval(() => process.stderr.write('. '), SIGN_OF_LIFE_MS);
    try {
      await run();
    } catch (error) {
      process.stderr.write('failed\n');
      throw error;
    } finally {
      clearInterval(alive);
    }
    process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, hashOf(of));
}

/** Answers whether node_modules, by npm's own record, is what package-lock.json asks for. */
function isInstalled() {
  const present = packagesIn('node_modules/.package-lock.json');
  const asked = Object.entries(packagesIn('package-lock.json') ?? {});
  if (present === undefined) return false;
  return asked.every(([path, { version, integrity, optional, link }]) => {
    if (path === '' || link === true || (optional === true && present[path] === undefined)) return true;
    return present[path]?.version === version && present[path]?.integrity === integrity;
  });
}

function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Answers whether src/gen and its sources are as git has them: CI fails where a commit has a stale src/gen. */
function isCommitted() {
  const args = ['status', '--porcelain', '--', ...generated];
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 && stdout === '' && existsSync(join(root, 'src/gen/descriptor.binpb'));
}

function install() {
  const npm = process.env.npm_execpath ?? '';
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  if (npm.endsWith('npm-cli.js')) return quietly('npm ci', process.execPath, [npm, ...args]);
  return process.platform === 'win32'
    ? quietly('npm ci', 'cmd', ['/c', 'npm', ...args])
    : quietly('npm ci', 'npm', args);
}

function generate() {
  return quietly('npm run generate', process.execPath, ['scripts/generate.mjs']);
}

/** From nothing: a compiled file whose source is gone must not live on. */
async function compile() {
  rmSync(join(root, 'build'), { recursive: true, force: true });
  await Promise.all([
    quietly('npx tsc -p .', process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']),
    quietly('npx tsc -p explorer', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'explorer']),
    quietly('npx rolldown', process.execPath, ['node_modules/rolldown/bin/cli.mjs', ...bundled]),
  ]);
  for (const [from, to] of copied) cpSync(join(root, from), join(root, 'build/src', to));
  writeFileSync(join(root, 'build/src/server/http/explorer/style.css'), bundledStyles());
}

/** The files that explorer/style.css imports, in its order, as one. */
function bundledStyles() {
  const index = readFileSync(join(root, 'explorer/style.css'), 'utf8');
  const files = [...index.matchAll(/^@import '(.+)';$/gm)].map(([, file]) => join(root, 'explorer', file));
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

/** Runs a command; after a failure its output is shown, followed by the reason. */
async function quietly(shown, command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => (said += chunk));
  const how = await new Promise((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(code === 0 ? undefined : `it ended with ${signal ?? code}`));
  });
  if (how !== undefined) stop(`failed\n${said}${shown} failed: ${how}; fix the error above, and start again`);
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
