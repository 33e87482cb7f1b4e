// The databases, files and listeners of failing starts.
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { MongoClient } from 'mongodb';
import { authority } from './certificates.js';
import { startHelloProxy } from './hello-proxy.js';
import type { Edit } from './hello-proxy.js';
import { startMongod } from './mongod.js';
import { startProgram } from './program.js';
import { listen, portOf } from './tcp.js';
import type { Listening } from './tcp.js';

const ROOT = process.cwd();
/** The password of every user; no output of the program may contain it. */
export const PASSWORD = 'Planted-9';

/** The environment of the cases. */
export interface World {
  readonly folder: string;
  /** `127.0.0.1:port` of each database and listener. */
  readonly at: Readonly<Record<string, string>>;
  /** The ports of a program that runs on `folder`/data. */
  readonly taken: Readonly<Record<'grpc' | 'http' | 'admin', string>>;
}

type Cleanups = (() => unknown)[];

const member = (hello: Parameters<Edit>[0], address: string) => ({
  ...hello,
  ...{ setName: 'rs0', hosts: [address], me: address, primary: undefined },
  ...{ isWritablePrimary: false, ismaster: false, secondary: false },
});

/** Edits of `hello` that make a real mongod pass for another server. */
const SAID: Readonly<Record<string, Edit>> = {
  '4.4': (hello) => ({ ...hello, maxWireVersion: 9 }),
  '4.0': (hello) => ({ ...hello, maxWireVersion: 7 }),
  mongos: (hello) => ({ ...hello, msg: 'isdbgrid' }),
  arbiter: (hello, address) => ({ ...member(hello, address), arbiterOnly: true }),
  secondary: (hello, address) => ({ ...member(hello, address), secondary: true }),
  recovering: member,
};

const RIGHTS: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  all: [
    ['job', ['find', 'remove', 'listIndexes']],
    ['collector', ['find']],
  ],
  nojob: [
    ['job', ['remove', 'listIndexes']],
    ['collector', ['find']],
  ],
  nocollector: [['job', ['find', 'remove', 'listIndexes']]],
  nolist: [
    ['job', ['find', 'remove']],
    ['collector', ['find']],
  ],
  noremove: [
    ['job', ['find', 'listIndexes']],
    ['collector', ['find']],
  ],
  nothing: [],
  changing: [
    ['job', ['find', 'remove', 'listIndexes']],
    ['collector', ['find']],
  ],
};

/** Grants to a user, or revokes, the right to read collectors. */
export async function letRead(address: string, user: string, right: 'grant' | 'revoke'): Promise<void> {
  const root = new MongoClient(`mongodb://root:${PASSWORD}@${address}/`);
  const command = { grant: 'grantPrivilegesToRole', revoke: 'revokePrivilegesFromRole' }[right];
  const resource = { db: 'inventory', collection: 'collector' };
  await root.db('admin').command({ [command]: user, privileges: [{ resource, actions: ['find'] }] });
  await root.close();
}

/** Creates a user for each set of rights, each with a role of its name. */
export async function makeUsers(address: string): Promise<void> {
  const first = new MongoClient(`mongodb://${address}/`);
  await first.db('admin').command({ createUser: 'root', pwd: PASSWORD, roles: ['root'] });
  await first.close();
  const root = new MongoClient(`mongodb://root:${PASSWORD}@${address}/`);
  const admin = root.db('admin');
  for (const [name, rights] of Object.entries(RIGHTS)) {
    const privileges = rights.map(([collection, actions]) => ({
      resource: { db: 'inventory', collection },
      actions,
    }));
    await admin.command({ createRole: name, privileges, roles: [] });
    await admin.command({ createUser: name, pwd: PASSWORD, roles: [name] });
  }
  await root.close();
}

/** Copies this build, without its cache of mongods. */
function copyBuild(folder: string): void {
  const copy = join(folder, 'copy');
  mkdirSync(join(copy, 'build'), { recursive: true });
  cpSync(join(ROOT, 'build/src'), join(copy, 'build/src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
}

/** A program with the version of a mongod, which ends at once. */
const ENDING_MONGOD = `#!/bin/sh
[ "$1" = --version ] && echo 'db version v6.0.0' && exit
exit 3
`;

const PAST = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-01-02') };

/** Creates everything; `cleanups` undo it in reverse order. `set` is the address of a member of a replica set. */
export async function makeWorld(cleanups: Cleanups, set: string): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'start-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  copyBuild(folder);
  const ca = await authority('of the tests');
  const { cert, key } = await ca.issue('01', [{ type: 'dns', value: 'localhost' }]);
  const expired = await ca.issue('02', [{ type: 'dns', value: 'localhost' }], PAST);
  await writeFile(join(folder, 'ca.pem'), ca.cert);
  await writeFile(join(folder, 'vanishing.pem'), ca.cert);
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'server.pem'), `${cert}\n${key}`);
  mkdirSync(join(folder, 'foreign'));
  await writeFile(join(folder, 'ending-mongod'), ENDING_MONGOD, { mode: 0o755 });
  const tls = ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', join(folder, 'server.pem')];
  const strict = [...tls, '--tlsCAFile', join(folder, 'ca.pem')];
  const mongod = async (options: readonly string[], data?: string): Promise<string> => {
    const { host, stop } = await startMongod(options, data);
    cleanups.push(stop);
    return host;
  };
  const opened = async (opening: Promise<Listening>): Promise<string> => {
    const listening = await opening;
    cleanups.push(listening[Symbol.asyncDispose]);
    return listening.address;
  };
  const holder = startProgram({ EMBEDDED_DATA_DIR: join(folder, 'data'), SAMPLE_DATA: 'false' });
  cleanups.push(() => holder.kill());
  const [auth, plain, withTls, withBoth, ghost] = await Promise.all([
    mongod(['--auth']),
    mongod([], join(folder, 'foreign')),
    mongod([...strict, '--tlsAllowConnectionsWithoutCertificates']),
    mongod(strict),
    mongod(['--replSet', 'rs0']),
  ]);
  const proxies = await Promise.all(
    Object.entries(SAID).map(async ([name, edit]) => {
      return [name, await opened(startHelloProxy(plain, edit))] as const;
    }),
  );
  const [{ grpc, http, admin }] = await Promise.all([holder.addresses(), makeUsers(auth)]);
  return {
    folder,
    taken: { grpc: portOf(grpc), http: portOf(http), admin: portOf(admin) },
    at: {
      ...Object.fromEntries(proxies),
      ...{ auth, tls: withTls, strict: withBoth, ghost },
      // It presents its certificate, and nothing more.
      expired: await opened(listen(createTlsServer(expired).on('tlsClientError', () => undefined))),
      // It accepts connections, and never answers.
      silent: await opened(listen(createServer())),
      set,
    },
  };
}
