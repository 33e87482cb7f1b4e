// Python environments with client packages, kept between runs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The time to install missing packages. */
export const INSTALL_TIMEOUT_MS = 240_000;

function run(command: string, args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** The first Python able to create an environment. */
function python(): string {
  const works = (command: string): boolean =>
    spawnSync(command, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
  const found = ['python3', 'python', '/usr/bin/python3'].find(works);
  if (found === undefined) throw new Error('no Python with venv and ensurepip was found');
  return found;
}

/**
 * The Python of the environment `name` with the packages in the file `requirements`: created once, and again after a change
 * of its ingredients.
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
