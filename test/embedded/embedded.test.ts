// The embedded mongod: it ends with its parent, keeps its data, and reports a fault in one line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { startEmbedded, type Embedded } from '../../src/embedded/embedded.js';
import { findMongod } from '../../src/embedded/mongod.js';
import { until } from '../harness/until.js';

/** The time for a second mongod to try a folder ten times. */
const STARTS_TIMEOUT_MS = 60_000;
const binary = process.env.MONGOD_BINARY;
const CACHE_DIR = fileURLToPath(new URL('../../../.cache/mongod', import.meta.url));
const said: string[] = [];
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-test-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

const start = (): Promise<Embedded> => startEmbedded({ dataDir, binary, log: () => {} });

async function withClient<Result>(
  uri: string,
  work: (client: MongoClient) => Promise<Result>,
): Promise<Result> {
  const client = new MongoClient(uri);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const write = (uri: string, note: string): Promise<unknown> =>
  withClient(uri, (client) =>
    client
      .db('kept')
      .collection<{ _id: string }>('note')
      .insertOne({ _id: note }, { writeConcern: { w: 1, journal: true } }),
  );

const notes = (uri: string): Promise<string[]> =>
  withClient(uri, async (client) => {
    const found = await client
      .db('kept')
      .collection<{ _id: string }>('note')
      .find()
      .sort({ _id: 1 })
      .toArray();
    return found.map(({ _id }) => _id);
  });

const pidOf = (uri: string): Promise<number> =>
  withClient(uri, async (client) => Number((await client.db('admin').command({ serverStatus: 1 })).pid));

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: there is no such process
  }
}

/** A service in a process of its own, to be killed. */
async function serviceProcess(): Promise<{ uri: string; kill(): Promise<void> }> {
  const program = `
    const { startEmbedded } = await import(${JSON.stringify(new URL('../../src/embedded/embedded.js', import.meta.url))});
    const { uri } = await startEmbedded({ dataDir: process.argv[1], binary: process.env.MONGOD_BINARY, log() {} });
    console.log(uri);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: unknown[] = await once(createInterface({ input: child.stdout }), 'line');
  const kill = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { uri: lines.map(String).join(), kill };
}

describe('the embedded mongod', () => {
  test('ends within 10 s after its service was killed', async () => {
    const service = await serviceProcess();
    const pid = await pidOf(service.uri);
    expect(alive(pid)).toBe(true);
    // A process group of its own: a Ctrl-C in the terminal is for the service.
    expect(alive(-pid)).toBe(true);
    await service.kill();
    await until('mongod is gone', () => !alive(pid), 10_000);
  });

  test('starts on the data of a service killed just before', async () => {
    const service = await serviceProcess();
    await write(service.uri, 'before the kill');
    await service.kill();
    const again = await start();
    const found = await notes(again.uri);
    await again.stop();
    expect(found).toEqual(['before the kill']);
  });

  test('keeps its data between two starts, on any port', async () => {
    const first = await start();
    await write(first.uri, 'first');
    await first.stop();
    const second = await start();
    await write(second.uri, 'second');
    const found = await notes(second.uri);
    await second.stop();
    expect(second.uri).not.toBe(first.uri);
    expect(found).toEqual(['first', 'second']);
  });

  test('is restarted on its port when it was killed', async () => {
    const { uri, stop } = await startEmbedded({ dataDir, binary, log: (line) => said.push(line) });
    await write(uri, 'before the kill');
    const pid = await pidOf(uri);
    process.kill(pid, 'SIGKILL');
    await until('mongod is gone', () => !alive(pid), 5000);
    expect(await notes(uri)).toEqual(['before the kill']);
    await stop();
    expect(said).toContainEqual('the embedded mongod exited: it ended with SIGKILL; restarting it');
  });

  test('ends with its service even if it hangs', async () => {
    const { uri, stop } = await start();
    const pid = await pidOf(uri);
    // A stopped process receives SIGTERM only once it continues.
    process.kill(pid, 'SIGSTOP');
    await stop();
    expect(alive(pid)).toBe(false);
  });

  test('has no connection and no timer of its launcher once it has started, and no folder of its own at its end', async () => {
    const countOf = (kind: string) =>
      process.getActiveResourcesInfo().filter((name) => name.startsWith(kind)).length;
    await until('connections of earlier tests have ended', () => countOf('TCP') === 0, 2000);
    const timers = countOf('Timeout');
    const lines: string[] = [];
    const { stop } = await startEmbedded({ dataDir: undefined, binary, log: (line) => lines.push(line) });
    const isReleased = () => countOf('TCP') === 0 && countOf('Timeout') <= timers;
    await until('the launcher has released all', isReleased, 2000).finally(stop);
    const [, folder = ''] = /data in (.*)$/.exec(lines.at(-1) ?? '') ?? [];
    await expect(access(dirname(folder))).resolves.toBeUndefined();
    await expect(access(folder)).rejects.toThrow('ENOENT');
    expect(countOf('Timeout')).toBeLessThanOrEqual(timers);
  });

  test(
    'refuses data that a running service uses, and names the setting',
    async () => {
      const first = await start();
      const pid = await pidOf(first.uri);
      const second = await start().then(
        () => 'started',
        (error: unknown) => String(error),
      );
      await first.stop();
      expect(second).toBe(
        `Error: EMBEDDED_DATA_DIR ${dataDir} is in use by another mongod, pid ${pid}; stop it or name another folder`,
      );
    },
    STARTS_TIMEOUT_MS,
  );

  /** A mongod that says something every second for as long as a recovery of `seconds`, and then starts. */
  async function recovering(seconds: number): Promise<string> {
    const script = join(dataDir, 'recovering-mongod');
    const { path } = await findMongod(binary, CACHE_DIR, () => undefined);
    const recovery = `for second in $(seq ${seconds}); do echo recovering; sleep 1; done`;
    const lines = ['#!/bin/sh', `[ "$1" = --version ] || ${recovery}`, `exec ${path} "$@"`, ''];
    await writeFile(script, lines.join('\n'), { mode: 0o755 });
    return script;
  }

  test('has all the time that it needs to recover its data', async () => {
    const options = { dataDir, binary: await recovering(8), log: () => {}, silenceTimeoutMs: 5000 };
    const { uri, stop } = await startEmbedded(options);
    await write(uri, 'recovered');
    await stop();
  });

  test('is killed if it logs nothing at its start', async () => {
    const options = { dataDir, binary: await recovering(8), log: () => {}, silenceTimeoutMs: 100 };
    await expect(startEmbedded(options)).rejects.toThrow('it ended with SIGKILL');
  });

  test('is a replica set of one that runs no scripts', async () => {
    const { uri, stop } = await start();
    const outcome = await withClient(uri, async (client) => {
      const hello: { readonly setName?: unknown; readonly hosts?: unknown } = await client
        .db('admin')
        .command({ hello: 1 });
      const where = client.db('kept').collection('note').find({ $where: 'true' }).toArray();
      return {
        setName: hello.setName,
        hosts: hello.hosts,
        where: await where.then(
          () => 'ran',
          () => 'refused',
        ),
      };
    });
    await stop();
    expect(outcome).toEqual({ setName: 'embedded', hosts: [new URL(uri).host], where: 'refused' });
  });
});
