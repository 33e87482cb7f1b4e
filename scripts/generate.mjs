// Generates src/gen, the TypeScript stubs and the descriptor set, from proto/. With --check it changes nothing, and fails
// when src/gen is stale. It never touches proto/contract.binpb: that is the baseline that `buf breaking` compares with.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const GENERATED = join('src', 'gen');

function buf(...args) {
  const launcher = join(root, 'node_modules', '@bufbuild', 'buf', 'bin', 'buf');
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  execFileSync(process.execPath, [launcher, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
}

function generateInto(folder) {
  buf('generate', '--output', folder);
  buf('build', '--as-file-descriptor-set', '--output', join(folder, GENERATED, 'descriptor.binpb'));
}

/** The files below a folder, by path relative to it. */
function contents(folder) {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}

function staleFiles(present, fresh) {
  const names = [...new Set([...present.keys(), ...fresh.keys()])].sort();
  return names.filter((name) => {
    const [before, after] = [present.get(name), fresh.get(name)];
    return before === undefined || after === undefined || !before.equals(after);
  });
}

/** Only what differs is written, so that files that stay keep their times. */
function replace(name, fresh, from, to) {
  if (!fresh.has(name)) return rmSync(join(to, name));
  mkdirSync(dirname(join(to, name)), { recursive: true });
  copyFileSync(join(from, name), join(to, name));
}

function main(check) {
  const temporary = mkdtempSync(join(tmpdir(), 'generate-'));
  try {
    generateInto(temporary);
    const [from, to] = [join(temporary, GENERATED), join(root, GENERATED)];
    const fresh = contents(from);
    const stale = staleFiles(contents(to), fresh);
    if (!check) return stale.forEach((name) => replace(name, fresh, from, to));
    if (stale.length === 0) return;
    console.error(`Stale, run npm run generate:\n${stale.map((name) => join(GENERATED, name)).join('\n')}`);
    process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

main(process.argv.includes('--check'));
