// The process named in a complaint of a port in use, from what Linux shows of sockets and processes.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withListenErrors, listenerOf } from '../../src/server/ports.js';
import { listen } from '../harness/tcp.js';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const [LISTENS, CONNECTED] = ['0A', '01'];
/** A line of a table of sockets. */
const socket = (port: string, state: string, inode: number): string =>
  `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0`;

const table = (...lines: readonly string[]): string => [HEADER, ...lines, ''].join('\n');

/** The texts and links of a system: port 8080 is 1F90, and port 80 is 0050. */
const FILES: Readonly<Record<string, string>> = {
  'net/tcp': table(socket('1F90', LISTENS, 11), socket('0050', CONNECTED, 12), socket('1F91', LISTENS, 16)),
  'net/tcp6': table(socket('0050', LISTENS, 13), socket('2382', LISTENS, 14), socket('2383', LISTENS, 15)),
  // A process of another user, which may not be looked into.
  '1/comm': 'init\n',
  '20/comm': 'client\n',
  '21/comm': 'server of 8080\n',
  '22/comm': 'server of 80\n',
  'self/comm': 'not a process\n',
};
const LINKS: Readonly<Record<string, string>> = {
  '20/fd/0': '/dev/null',
  '20/fd/1': 'socket:[12]',
  '21/fd/0': '/dev/null',
  '21/fd/1': 'socket:[11]',
  '22/fd/3': 'socket:[13]',
  // Without a name.
  '23/fd/1': 'socket:[14]',
  'self/fd/1': 'socket:[16]',
};

let proc: string;

async function inFolder(path: string): Promise<string> {
  const full = join(proc, path);
  await mkdir(dirname(full), { recursive: true });
  return full;
}

beforeAll(async () => {
  proc = await mkdtemp(join(tmpdir(), 'ports-'));
  for (const [path, text] of Object.entries(FILES)) await writeFile(await inFolder(path), text);
  for (const [path, target] of Object.entries(LINKS)) await symlink(target, await inFolder(path));
  await writeFile(await inFolder('21/fd/2'), 'no link');
});
afterAll(() => rm(proc, { recursive: true }));

describe('the listener of a port', () => {
  test.each([
    ['by IPv4', 8080, 'server of 8080, pid 21'],
    ['by IPv6, beside a connection from the same port', 80, 'server of 80, pid 22'],
    ['without a name', 0x2382, ', pid 23'],
    ['of another user', 0x2383, undefined],
    ['under a name that is no process', 0x1f91, undefined],
    ['that is free', 8082, undefined],
    ['that ends alike', 0x50 + 0x1000, undefined],
  ])('%s', async (_, port, expected) => {
    expect(await listenerOf(port, proc)).toBe(expected);
  });

  test('of a system without such files is not known', async () => {
    expect(await listenerOf(8080, join(proc, 'nowhere'))).toBeUndefined();
  });
});

const refused = (code: string, message = `listen ${code}`): Promise<never> =>
  Promise.reject(Object.assign(new Error(message), { code }));

describe('the complaint of a port', () => {
  test.each([
    ['EACCES', /^GRPC_PORT: port 80 needs privileges that this user lacks \(EACCES\); set GRPC_PORT/],
    ['EADDRNOTAVAIL', /^HOST: 192\.0\.2\.1 is not an address of this machine \(EADDRNOTAVAIL\); set HOST/],
    ['ENOTFOUND', /^HOST: 192\.0\.2\.1 is not an address of this machine \(ENOTFOUND\); set HOST/],
    ['EAI_AGAIN', /^HOST: 192\.0\.2\.1 is not an address of this machine \(EAI_AGAIN\); set HOST/],
    ['EINVAL', /^HOST: 192\.0\.2\.1 is not an address of this machine \(EINVAL\); set HOST/],
    ['EMFILE', /^GRPC_PORT: port 80 of 192\.0\.2\.1 cannot be listened on \(EMFILE\); set GRPC_PORT/],
  ])('that fails by %s', async (code, line) => {
    await expect(withListenErrors('GRPC_PORT', 80, '192.0.2.1', refused(code))).rejects.toThrow(line);
  });

  test.each([
    ['Name resolution failed for target', /\(ENOTFOUND\)/],
    ['getaddrinfo EAI_AGAIN nowhere', /^HOST: nowhere is not an address of this machine \(EAI_AGAIN\)/],
    ['No address added out of total 1 resolved', /\(no reason given\)/],
  ])('that fails with the text «%s»', async (message, line) => {
    const failed = withListenErrors('GRPC_PORT', 80, 'nowhere', refused('', message));
    await expect(failed).rejects.toThrow(line);
  });

  test('in use names this process, which holds it', async () => {
    await using held = await listen(createServer());
    const failed = withListenErrors('HTTP_PORT', held.port, '127.0.0.1', refused('EADDRINUSE'));
    await expect(failed).rejects.toThrow(
      new RegExp(
        `^HTTP_PORT: port ${held.port} of 127\\.0\\.0\\.1 is in use by .+, pid ${process.pid}; stop`,
      ),
    );
  });

  test('that opens is none', async () => {
    expect(await withListenErrors('HTTP_PORT', 80, '127.0.0.1', Promise.resolve('open'))).toBe('open');
  });
});
