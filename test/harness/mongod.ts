// A mongod of a test's own, with options of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/embedded/embedded.js';
import { findMongod } from '../../src/embedded/mongod.js';
import { until } from './until.js';

const CACHE = fileURLToPath(new URL('../../../.cache/mongod', import.meta.url));
/** Milliseconds until it takes connections. */
const STARTING = 15_000;

export interface OwnMongod {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a mongod on 127.0.0.1 with `options` beside its port and its folder, `folder` where it is given. */
export async function startMongod(options: readonly string[], folder?: string): Promise<OwnMongod> {
  const { path } = await findMongod(process.env['MONGOD_BINARY'], CACHE, () => undefined);
  const port = await freePort();
  const data = folder ?? (await mkdtemp(join(tmpdir(), 'own-mongod-')));
  const at = ['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket', '--dbpath', data];
  const child = spawn(path, [...at, ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let listening = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    listening ||= line.includes('"Waiting for connections"');
  });
  await until(`mongod ${options.join(' ')} takes connections`, () => listening, STARTING);
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
