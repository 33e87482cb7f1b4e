/** Explains a failure to listen on a port, naming the process that holds it (docs/troubleshooting.md «A start that ends»). */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { messageOf } from '../errors.js';

/** The kernel's name for a socket in the state LISTEN. */
const LISTEN_STATE = '0A';

async function lines(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').slice(1);
}

/** Finds the inodes of the sockets listening on `port`. */
async function socketsOn(port: number, proc: string): Promise<ReadonlySet<string>> {
  const tables = await Promise.all([`${proc}/net/tcp`, `${proc}/net/tcp6`].map(lines));
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = tables.flat().map((line) => line.trim().split(/\s+/));
  return new Set(
    sockets.flatMap(([, local = '', , state, , , , , , inode]) =>
      local.endsWith(ending) && state === LISTEN_STATE && inode !== undefined ? [`socket:[${inode}]`] : [],
    ),
  );
}

async function hasOpen(folder: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return targets.some((target) => sockets.has(target));
}

/** Finds the process listening on `port`, as far as the system shows it: Linux shows a user's own processes. */
export async function listenerOf(port: number, proc = '/proc'): Promise<string | undefined> {
  const sockets = await socketsOn(port, proc);
  if (sockets.size === 0) return undefined;
  const processes = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    if (!(await hasOpen(`${proc}/${pid}/fd`, sockets))) continue;
    const name = await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => '');
    return `${name.trim()}, pid ${pid}`;
  }
  return undefined;
}

/** Extracts the code of an error; the gRPC library has it only in the text. */
function codeIn(error: unknown): string {
  const text = messageOf(error);
  const [code] = /\bE[A-Z]{2,}(?:_[A-Z]+)*\b/.exec(text) ?? [];
  return code ?? (text.startsWith('Name resolution failed') ? 'ENOTFOUND' : '');
}

/** Answers the line about `variable`, given the error of listening on `port` of `host`. */
async function portComplaint(variable: string, port: number, host: string, error: unknown): Promise<string> {
  const code = codeIn(error);
  const other = `set ${variable} to another port`;
  switch (code) {
    case 'EADDRINUSE': {
      const holder = await listenerOf(port);
      return `${variable}: port ${port} of ${host} is in use${holder === undefined ? '' : ` by ${holder}`}; stop that, or ${other}`;
    }
    case 'EACCES':
      return `${variable}: port ${port} needs privileges that this user lacks (EACCES); ${other}, above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return `HOST: ${host} is not an address of this machine (${code}); set HOST to one, such as 127.0.0.1 or 0.0.0.0`;
    default:
      return `${variable}: port ${port} of ${host} cannot be listened on (${code || 'no reason given'}); ${other}`;
  }
}

/** Waits until `opening` listens on `port`. Errors: one for a person, about `variable`. */
export async function withListenErrors<T>(
  variable: string,
  port: number,
  host: string,
  opening: Promise<T>,
): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw new Error(await portComplaint(variable, port, host, error), { cause: error });
  }
}
