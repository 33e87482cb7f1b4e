// Failing starts, each with its symptom in docs/troubleshooting.md.
import { join } from 'node:path';
import type { Settings, Start } from './program.js';
import { PASSWORD } from './start-world.js';
import { portOf } from './tcp.js';
import type { World } from './start-world.js';

/** The time for starts that wait for another holder of the port or the data. */
const LATE_LINE_MS = 30_000;

export interface Case {
  readonly symptom: string;
  readonly settings: (world: World) => Settings;
  readonly start?: (world: World) => Start;
  /** The exit code; undefined: the program keeps running. */
  readonly code?: number;
  readonly within?: number;
}

const uri = (address: string | undefined, options = ''): Settings => ({
  MONGODB_URI: `mongodb://${address ?? ''}/?${options}`,
});
const asUser =
  (user: string, password = PASSWORD, options = '') =>
  ({ at }: World): Settings =>
    uri(`${user}:${password}@${at['auth'] ?? ''}`, options);
const against =
  (name: string, options = '') =>
  ({ at }: World): Settings =>
    uri(at[name], options);
const byTls =
  (name: string, options: string, host = 'localhost') =>
  ({ at, folder }: World): Settings =>
    uri(`${host}:${portOf(at[name] ?? '')}`, `tls=true&${options.replaceAll('$', folder)}`);
const always = (settings: Settings) => (): Settings => settings;
const embedded =
  (name: string, settings: Settings = {}) =>
  ({ folder }: World): Settings => ({ EMBEDDED_DATA_DIR: join(folder, name), ...settings });

/** Simulates another version of Node. */
const OLD_NODE = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process.versions, 'node', { value: '18.20.4' })",
)}`;

/** Simulates a user without privileges: ports below 1024 are refused to it. */
const UNPRIVILEGED = `data:text/javascript,${encodeURIComponent(
  `import { Server } from 'node:net';
  const { listen } = Server.prototype;
  Server.prototype.listen = function (...args) {
    const { port } = Object(args[0]);
    if (port !== 80) return listen.apply(this, args);
    const refused = Object.assign(new Error('listen EACCES: permission denied'), { code: 'EACCES' });
    process.nextTick(() => this.emit('error', refused));
    return this;
  };`,
)}`;

/** Removes a file once it has been read. */
const VANISHING = `data:text/javascript,${encodeURIComponent(
  `import { promises, rmSync } from 'node:fs';
  const { readFile } = promises;
  promises.readFile = async (path, ...options) => {
    const content = await readFile(path, ...options);
    if (String(path).endsWith('vanishing.pem')) rmSync(path);
    return content;
  };`,
)}`;

const when = (symptom: string, settings: Case['settings'], more: Partial<Case> = {}): Case => ({
  symptom,
  settings,
  ...more,
});

export const ENDS: readonly Case[] = [
  when('a URI of something else', always({ MONGODB_URI: '127.0.0.1:27017' })),
  when('a password with `/`', always(uri(`me:${PASSWORD}/x@127.0.0.1`))),
  when('a password with `@`, or an invalid host', always(uri(`me:${PASSWORD}@x@127.0.0.1`))),
  when('an option unknown to the driver', always(uri(`me:${PASSWORD}@127.0.0.1`, 'replicaset_=a'))),
  when('a minimum over the maximum', always(uri('127.0.0.1', 'minPoolSize=9&maxPoolSize=8'))),
  when('a compressor without its module', always(uri('127.0.0.1', 'compressors=snappy'))),
  when('a mechanism without its module', always(uri('me@127.0.0.1', 'authMechanism=GSSAPI'))),
  when('a proxy without its module', always(uri('127.0.0.1', 'proxyHost=proxy'))),
  when('an option for programs', always(uri('127.0.0.1', 'tls=true&pfx=x'))),
  when('a value that TLS does not take', always(uri('127.0.0.1', 'tls=true&ecdhCurve=x'))),
  when('a missing CA file', always(uri('127.0.0.1', 'tls=true&tlsCAFile=/nowhere/ca.pem'))),
  when('a CA file without certificates', ({ folder }) =>
    uri('127.0.0.1', `tls=true&tlsCAFile=${folder}/key.pem`),
  ),
  when('a certificate without its key', ({ folder }) =>
    uri('127.0.0.1', `tls=true&tlsCertificateKeyFile=${folder}/ca.pem`),
  ),
  when('two databases', always({ MONGODB_URI: 'mongodb://127.0.0.1/jobs', MONGODB_DATABASE: 'inventory' })),
  when('a wrong value', always({ GRPC_PORT: '70000' })),
  when('a setting of a later version', always({ TOTAL_COUNT_LIMIT: '10' })),
  when('one port twice', always({ HTTP_PORT: '9090', ADMIN_PORT: '9090' })),
  when('a gRPC port in use', ({ taken }) => ({ ...uri('127.0.0.1:1'), GRPC_PORT: taken.grpc })),
  when('an HTTP port in use', ({ taken }) => ({ ...uri('127.0.0.1:1'), HTTP_PORT: taken.http })),
  when('an admin port in use', ({ taken }) => ({ ...uri('127.0.0.1:1'), ADMIN_PORT: taken.admin })),
  when(
    'a port that needs privileges',
    always({ ...uri('127.0.0.1:1'), GRPC_PORT: '80', NODE_OPTIONS: `--import ${UNPRIVILEGED}` }),
  ),
  when('an address of another machine', always({ ...uri('127.0.0.1:1'), HOST: '192.0.2.1' })),
  when('an unknown host name', always({ ...uri('127.0.0.1:1'), HOST: 'nowhere.invalid' })),
  when('a second start on the same data', embedded('data')),
  when('another mongod on the same data', embedded('foreign'), { within: LATE_LINE_MS }),
  when('an unwritable folder', embedded('key.pem/data')),
  when('an embedded mongod that ends', ({ folder }) => ({
    EMBEDDED_DATA_DIR: join(folder, 'ending'),
    MONGOD_BINARY: join(folder, 'ending-mongod'),
  })),
  when('an unusable MONGOD_BINARY', embedded('binary', { MONGOD_BINARY: '/nowhere/mongod' })),
  when(
    'no mongod and no Python',
    embedded('none', { PATH: '/nowhere', MONGOD_BINARY: '', MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:1' }),
    {
      // A copy without the mongod cache of this build.
      start: ({ folder }) => ({ main: join(folder, 'copy/build/src/main.js') }),
      within: LATE_LINE_MS,
    },
  ),
  when(
    'missing keys',
    always({ ...uri('127.0.0.1:1'), AUTH: 'jwt', AUTH_PUBLIC_KEYS: '/nowhere/keys.json' }),
  ),
  when(
    'missing certificates',
    always({ ...uri('127.0.0.1:1'), TLS_CERT_FILE: '/nowhere/a', TLS_KEY_FILE: '/nowhere/b' }),
  ),
  when('an old Node', always({ NODE_OPTIONS: `--import ${OLD_NODE}` })),
  when('an unknown argument', always({}), { start: () => ({ args: ['--port', '1'] }), code: 2 }),
];

export const NOT_SERVING: readonly Case[] = [
  when('nothing listens there', always(uri('127.0.0.1:1'))),
  when('a database that hangs', against('silent')),
  when('something other than a database', ({ taken }) => uri(`127.0.0.1:${taken.http}`)),
  when('a host out of reach', always(uri('255.255.255.255'))),
  when('a pool that gives no connection', asUser('all', PASSWORD, 'waitQueueTimeoutMS=1')),
  when('a read concern of another kind of database', asUser('all', PASSWORD, 'readConcernLevel=snapshot')),
  when('an unknown database host', always(uri('nowhere.invalid'))),
  when('a missing SRV record', always({ MONGODB_URI: `mongodb+srv://me:${PASSWORD}@nowhere.invalid/` })),
  when('TLS, and the database has none', against('auth', 'tls=true')),
  when('TLS, and the server speaks none', ({ taken }) => uri(`127.0.0.1:${taken.http}`, 'tls=true')),
  when('versions of TLS with nothing in common', byTls('expired', 'secureProtocol=TLSv1_1_method')),
  when('no TLS, and the database wants it', against('tls')),
  when('an untrusted certificate', byTls('tls', '')),
  when('a certificate of another name', byTls('tls', 'tlsCAFile=$/ca.pem', '127.0.0.1')),
  when('an expired certificate', byTls('expired', 'tlsCAFile=$/ca.pem')),
  when('a database that wants a certificate', byTls('strict', 'tlsCAFile=$/ca.pem')),
  when('a CA file that vanishes', (world) => ({
    ...byTls('tls', 'tlsCAFile=$/vanishing.pem')(world),
    NODE_OPTIONS: `--import ${VANISHING}`,
  })),
  when('a wrong password', asUser('all', `${PASSWORD}x`)),
  when('no user', against('auth')),
  when('no token', against('auth', 'authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s')),
  when('a mechanism unknown to the database', asUser('all', PASSWORD, 'authMechanism=PLAIN')),
  when('a user without the right to read jobs', asUser('nojob')),
  when('a user without the right to read collectors', asUser('nocollector')),
  when('a user without the right to read either', asUser('nothing')),
  when('another name of the replica set', against('set', 'replicaSet=other')),
  when('a standalone, and replicaSet is set', against('auth', 'replicaSet=rs0')),
  when('a mongos, and replicaSet is set', against('mongos', 'replicaSet=rs0')),
  when('an uninitiated replica set', against('ghost')),
  when('an arbiter', against('arbiter')),
  when('no primary', against('secondary', 'replicaSet=rs0')),
  when(
    'readPreference=secondary, and there is none',
    against('set', 'replicaSet=embedded&readPreference=secondary'),
  ),
  when('loadBalanced, and there is no load balancer', against('auth', 'loadBalanced=true')),
  when('a member that starts', against('recovering', 'replicaSet=rs0')),
  when('an embedded mongod that starts', embedded('new')),
  when('MongoDB 4.4', against('4.4')),
  when('MongoDB 4.0', against('4.0')),
];

export const SERVING: readonly Case[] = [
  when('lists are slow', asUser('all')),
  when('missing indexes are not noticed', asUser('nolist')),
  when('deletes are refused', asUser('noremove')),
  when('a variable without effect', (world) => ({ ...asUser('all')(world), GRPC_PROT: '1' })),
  when('the sample is served, and a database was meant', (world) => ({
    ...asUser('all')(world),
    MONGO_URI: 'mongodb://127.0.0.1/',
  })),
];
