/**
 * Starts a real mongod as a child process: a replica set of one, on a free port of 127.0.0.1. It ends with this process,
 * even after a kill.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient, MongoServerError } from 'mongodb';
import type { Document } from 'mongodb';
import { findMongod } from './mongod.js';

const REPLICA_SET = 'embedded';
/** MongoDB's error code. */
const ALREADY_INITIALIZED = 23;
const CACHE_DIR = fileURLToPath(new URL('../../../.cache/mongod', import.meta.url));
const KILLER = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js');

/** The mongod of a killed service is left to the killer process, and that takes some seconds to notice. */
const MAX_ATTEMPTS = 10;
const RETRY_DELAY_MS = 500;
/** A mongod that recovers large data takes as long as it needs, but is never silent for so long. */
const SILENCE_TIMEOUT_MS = 10 * 60_000;
const PROGRESS_INTERVAL_MS = 10_000;
const STOP_TIMEOUT_MS = 2000;
/** A mongod with shorter lives, so many times in a row, is not restarted once more. */
const SHORT_LIFE_MS = 5000;
const MAX_SHORT_LIVES = 3;

export interface EmbeddedOptions {
  /** undefined: a temporary folder, removed by `stop`. */
  readonly dataDir: string | undefined;
  /** undefined: one is searched for. */
  readonly binary: string | undefined;
  readonly log: (message: string) => void;
  /** The time after which a starting mongod that logs nothing is killed. */
  readonly silenceTimeoutMs?: number;
}

export interface Embedded {
  readonly uri: string;
  stop(): Promise<void>;
}

interface Running {
  readonly host: string;
  /** Resolves with the reason of its end. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

interface Failed {
  readonly failure: string;
}

interface Launch extends Pick<EmbeddedOptions, 'log' | 'silenceTimeoutMs'> {
  readonly path: string;
  readonly dataDir: string;
  /** Aborted: a start is given up. */
  readonly signal?: AbortSignal;
}

export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { path, version } = await findMongod(options.binary, CACHE_DIR, options.log);
  const { dataDir, removeData } = await dataFolder(options.dataDir);
  const mongod = await superviseMongod({ ...options, path, dataDir });
  const stop = async (): Promise<void> => {
    await mongod.stop();
    await removeData();
  };
  const uri = `mongodb://${mongod.host}/?replicaSet=${REPLICA_SET}`;
  try {
    await formReplicaSet(mongod.host);
    await waitForPrimary(uri);
  } catch (error) {
    await stop();
    throw error;
  }
  options.log(`embedded mongod ${version} on ${mongod.host}, data in ${dataDir}`);
  return { uri, stop };
}

async function dataFolder(
  wanted: string | undefined,
): Promise<{ dataDir: string; removeData(): Promise<void> }> {
  if (wanted === undefined) {
    const dataDir = await mkdtemp(join(tmpdir(), 'embedded-mongod-'));
    return { dataDir, removeData: () => rm(dataDir, { recursive: true, force: true }) };
  }
  const dataDir = resolve(wanted);
  await mkdir(dataDir, { recursive: true });
  return { dataDir, removeData: async () => {} };
}

/** Launches a mongod, and restarts it on the same port when it ends by itself. Restarts in vain are a fault of this process. */
async function superviseMongod(options: Launch): Promise<Pick<Running, 'host' | 'stop'>> {
  let mongod = await launch(options);
  const { host } = mongod;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  async function watch(shortLives = 0): Promise<void> {
    const started = performance.now();
    const how = await mongod.ended;
    if (isStopping()) return;
    const next = performance.now() - started < SHORT_LIFE_MS ? shortLives + 1 : 0;
    if (next > MAX_SHORT_LIVES) throw new Error(`the embedded mongod keeps exiting: ${how}`);
    options.log(`the embedded mongod exited: ${how}; restarting it`);
    mongod = await launch({ ...options, signal: stopping.signal }, host);
    await (isStopping() ? mongod.stop() : watch(next));
  }
  const watching = watch();
  return {
    host,
    async stop() {
      stopping.abort();
      await mongod.stop();
      await watching.catch(() => undefined);
    },
  };
}

async function launch(options: Launch, host?: string): Promise<Running> {
  const { dataDir, log, signal } = options;
  for (let attempt = 1; ; attempt++) {
    const outcome = await launchOnce(options, host ?? `127.0.0.1:${await freePort()}`);
    if (!('failure' in outcome)) return outcome;
    const inUse = outcome.failure.includes('DBPathInUse');
    if (signal?.aborted === true || (!inUse && !/address already in use/i.test(outcome.failure))) {
      throw new Error(
        `the embedded mongod did not start on EMBEDDED_DATA_DIR ${dataDir}: ${outcome.failure}; use another folder, or repair this one`,
      );
    }
    if (attempt === MAX_ATTEMPTS) {
      throw new Error(
        `EMBEDDED_DATA_DIR ${dataDir} is in use by another mongod${await holderOf(dataDir)}; stop it or name another folder`,
      );
    }
    if (attempt === 1 && inUse) log(`waiting for another mongod to leave ${dataDir}`);
    await pause(RETRY_DELAY_MS);
  }
}

/** The process named by mongod's own lock. */
async function holderOf(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, 'mongod.lock'), 'utf8').catch(() => '');
  return /^\d+$/.test(text.trim()) ? `, pid ${text.trim()}` : '';
}

async function launchOnce(options: Launch, host: string): Promise<Running | Failed> {
  const { path, dataDir } = options;
  // Detached: a Ctrl-C in the terminal is for the service; it stops mongod after its calls.
  const child = spawn(path, argumentsFor(host, dataDir), {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(`it ended with ${signal ?? code}`));
  });
  if (child.pid === undefined) return { failure: await ended };
  spawn(process.execPath, [KILLER, String(process.pid), String(child.pid)], {
    detached: true,
    stdio: 'ignore',
  }).unref();

  const output = outputOf(child.stdout);
  const failure = await awaitStart(Promise.race([output.ready, ended]), child, options);
  if (failure !== undefined) return { failure: output.complaint() ?? failure };

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(insist);
  };
  return { host, ended, stop };
}

/** Waits for `started`, and tells so; a mongod that logs nothing for too long is killed. */
async function awaitStart<Outcome>(
  started: Promise<Outcome>,
  child: ChildProcessByStdio<null, Readable, null>,
  { dataDir, log, signal, silenceTimeoutMs = SILENCE_TIMEOUT_MS }: Launch,
): Promise<Outcome> {
  const begun = performance.now();
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    log(`waiting for mongod to start on ${dataDir}: ${seconds} s so far`);
  }, PROGRESS_INTERVAL_MS);
  const kill = (): void => void child.kill('SIGKILL');
  const giveUp = setTimeout(kill, silenceTimeoutMs);
  signal?.addEventListener('abort', kill);
  const postpone = (): void => void giveUp.refresh();
  child.stdout.on('data', postpone);
  try {
    return await started;
  } finally {
    child.stdout.off('data', postpone);
    signal?.removeEventListener('abort', kill);
    clearTimeout(giveUp);
    clearInterval(progress);
  }
}

function argumentsFor(host: string, dataDir: string): string[] {
  const [ip = '', port = ''] = host.split(':');
  return [
    ['--bind_ip', ip],
    ['--port', port],
    ['--nounixsocket'],
    ['--replSet', REPLICA_SET],
    ['--storageEngine', 'wiredTiger'],
    ['--dbpath', dataDir],
    ['--noscripting'],
  ].flat();
}

/** mongod's log, a JSON object a line: read to its end, or mongod would wait for a reader. */
function outputOf(stdout: Readable): { ready: Promise<undefined>; complaint(): string | undefined } {
  let complaint: string | undefined;
  const ready = new Promise<undefined>((settle) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.includes('"Waiting for connections"')) settle(undefined);
      if (/"s":"[EF]"/.test(line)) complaint ??= /"error":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    });
  });
  return { ready, complaint: () => complaint };
}

/** Forms the replica set. Kept data names the host of its last run, on another port: the member is corrected by force. */
async function formReplicaSet(host: string): Promise<void> {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`);
  try {
    const admin = client.db('admin');
    const members = [{ _id: 0, host }];
    try {
      await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
    } catch (error) {
      if (!(error instanceof MongoServerError && error.code === ALREADY_INITIALIZED)) throw error;
      const { config }: { readonly config?: Document } = await admin.command({ replSetGetConfig: 1 });
      await admin.command({ replSetReconfig: { ...config, members }, force: true });
    }
  } finally {
    await client.close();
  }
}

async function waitForPrimary(uri: string): Promise<void> {
  const client = new MongoClient(uri, { minHeartbeatFrequencyMS: 50 });
  try {
    await client.db('admin').command({ ping: 1 });
  } finally {
    await client.close();
  }
}

/** Finds a free port of 127.0.0.1, for a server with an address announced before its start. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
