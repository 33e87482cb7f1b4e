// Python environments with packages that tests are clients of, kept between runs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Milliseconds to fetch packages, where they are not there yet. */
export const FETCHING = 240_000;

function run(command: string, args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: FETCHING,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** The first Python that can make an environment. */
function python(): string {
  const works = (command: string): boolean =>
    spawnSync(command, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
  const found = ['python3', 'python', '/usr/bin/python3'].find(works);
  if (found === undefined) throw new Error('no Python with venv and ensurepip was found');
  return found;
}

/**
 * The Python of the environment `name` that holds what the file `requirements` lists: made once, and again when what it
 * is made of changes.
 */
export function pythonWith(name: string, requirements: string): string {
  const environment = join(process.cwd(), '.cache', name);
  const base = python();
  const made = `${run(base, ['--version'])}${readFileSync(requirements, 'utf8')}`;
  const stamp = createHash('sha256').update(made).digest('hex');
  const stampFile = join(environment, 'stamp');
  const own = join(environment, 'bin/python');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return own;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(dirname(environment), { recursive: true });
  run(base, ['-m', 'venv', environment]);
  run(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stampFile, stamp);
  return own;
}
