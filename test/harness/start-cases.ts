// Failing starts, each with its symptom in docs/troubleshooting.md.
import { join } from 'node:path';
import type { Settings, Start } from './program.js';
import { PASSWORD, portOf } from './start-world.js';
import type { World } from './start-world.js';

/** The time for starts that wait for another holder of the port or the data. */
const LATE_LINE_MS = 15_000;

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

export const ENDS: readonly Case[] = [
  { symptom: 'a URI of something else', settings: always({ MONGODB_URI: '127.0.0.1:27017' }) },
  { symptom: 'a password with `/`', settings: always(uri(`me:${PASSWORD}/x@127.0.0.1`)) },
  {
    symptom: 'a password with `@`, or an invalid host',
    settings: always(uri(`me:${PASSWORD}@x@127.0.0.1`)),
  },
  {
    symptom: 'an option unknown to the driver',
    settings: always(uri(`me:${PASSWORD}@127.0.0.1`, 'replicaset_=a')),
  },
  { symptom: 'a compressor without its module', settings: always(uri('127.0.0.1', 'compressors=snappy')) },
  {
    symptom: 'a mechanism without its module',
    settings: always(uri('me@127.0.0.1', 'authMechanism=GSSAPI')),
  },
  {
    symptom: 'a missing CA file',
    settings: always(uri('127.0.0.1', 'tls=true&tlsCAFile=/nowhere/ca.pem')),
  },
  {
    symptom: 'a CA file without certificates',
    settings: ({ folder }) => uri('127.0.0.1', `tls=true&tlsCAFile=${folder}/key.pem`),
  },
  {
    symptom: 'a certificate without its key',
    settings: ({ folder }) => uri('127.0.0.1', `tls=true&tlsCertificateKeyFile=${folder}/ca.pem`),
  },
  {
    symptom: 'two databases',
    settings: always({ MONGODB_URI: 'mongodb://127.0.0.1/jobs', MONGODB_DATABASE: 'inventory' }),
  },
  { symptom: 'a wrong value', settings: always({ GRPC_PORT: '70000' }) },
  { symptom: 'a setting of a later version', settings: always({ TOTAL_COUNT_LIMIT: '10' }) },
  { symptom: 'one port twice', settings: always({ HTTP_PORT: '9090', ADMIN_PORT: '9090' }) },
  {
    symptom: 'a gRPC port in use',
    settings: ({ taken }) => ({ ...uri('127.0.0.1:1'), GRPC_PORT: taken.grpc }),
  },
  {
    symptom: 'an HTTP port in use',
    settings: ({ taken }) => ({ ...uri('127.0.0.1:1'), HTTP_PORT: taken.http }),
  },
  {
    symptom: 'an admin port in use',
    settings: ({ taken }) => ({ ...uri('127.0.0.1:1'), ADMIN_PORT: taken.admin }),
  },
  {
    symptom: 'an address of another machine',
    settings: always({ ...uri('127.0.0.1:1'), HOST: '192.0.2.1' }),
  },
  {
    symptom: 'an unknown host name',
    settings: always({ ...uri('127.0.0.1:1'), HOST: 'nowhere.invalid' }),
  },
  { symptom: 'a second start on the same data', settings: embedded('data') },
  {
    symptom: 'another mongod on the same data',
    settings: embedded('foreign'),
    within: LATE_LINE_MS,
  },
  { symptom: 'an unwritable folder', settings: embedded('key.pem/data') },
  {
    symptom: 'an unusable MONGOD_BINARY',
    settings: embedded('binary', { MONGOD_BINARY: '/nowhere/mongod' }),
  },
  {
    symptom: 'no mongod and no Python',
    settings: embedded('none', {
      PATH: '/nowhere',
      MONGOD_BINARY: '',
      MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:1',
    }),
    // A copy without the mongod cache of this build.
    start: ({ folder }) => ({ main: join(folder, 'copy/build/src/main.js') }),
    within: LATE_LINE_MS,
  },
  {
    symptom: 'missing keys',
    settings: always({ ...uri('127.0.0.1:1'), AUTH: 'jwt', AUTH_PUBLIC_KEYS: '/nowhere/keys.json' }),
  },
  {
    symptom: 'missing certificates',
    settings: always({ ...uri('127.0.0.1:1'), TLS_CERT_FILE: '/nowhere/a', TLS_KEY_FILE: '/nowhere/b' }),
  },
  { symptom: 'an old Node', settings: always({ NODE_OPTIONS: `--import ${OLD_NODE}` }) },
  {
    symptom: 'an unknown argument',
    settings: always({}),
    start: () => ({ args: ['--port', '1'] }),
    code: 2,
  },
];

export const NOT_SERVING: readonly Case[] = [
  { symptom: 'nothing listens there', settings: always(uri('127.0.0.1:1')) },
  { symptom: 'a database that hangs', settings: against('silent') },
  { symptom: 'something other than a database', settings: ({ taken }) => uri(`127.0.0.1:${taken.http}`) },
  { symptom: 'an unknown database host', settings: always(uri('nowhere.invalid')) },
  {
    symptom: 'a missing SRV record',
    settings: always({ MONGODB_URI: `mongodb+srv://me:${PASSWORD}@nowhere.invalid/` }),
  },
  { symptom: 'TLS, and the database has none', settings: against('auth', 'tls=true') },
  {
    symptom: 'TLS, and the server speaks none',
    settings: ({ taken }) => uri(`127.0.0.1:${taken.http}`, 'tls=true'),
  },
  { symptom: 'no TLS, and the database wants it', settings: against('tls') },
  { symptom: 'an untrusted certificate', settings: byTls('tls', '') },
  { symptom: 'a certificate of another name', settings: byTls('tls', 'tlsCAFile=$/ca.pem', '127.0.0.1') },
  { symptom: 'an expired certificate', settings: byTls('expired', 'tlsCAFile=$/ca.pem') },
  { symptom: 'a database that wants a certificate', settings: byTls('strict', 'tlsCAFile=$/ca.pem') },
  { symptom: 'a wrong password', settings: asUser('all', `${PASSWORD}x`) },
  { symptom: 'no user', settings: against('auth') },
  {
    symptom: 'a mechanism unknown to the database',
    settings: asUser('all', PASSWORD, 'authMechanism=PLAIN'),
  },
  { symptom: 'a user without the right to read jobs', settings: asUser('nojob') },
  { symptom: 'a user without the right to read collectors', settings: asUser('nocollector') },
  { symptom: 'a user without the right to read either', settings: asUser('nothing') },
  { symptom: 'another name of the replica set', settings: against('set', 'replicaSet=other') },
  { symptom: 'a standalone, and replicaSet is set', settings: against('auth', 'replicaSet=rs0') },
  { symptom: 'a mongos, and replicaSet is set', settings: against('mongos', 'replicaSet=rs0') },
  { symptom: 'an uninitiated replica set', settings: against('ghost') },
  { symptom: 'an arbiter', settings: against('arbiter') },
  { symptom: 'no primary', settings: against('secondary', 'replicaSet=rs0') },
  {
    symptom: 'readPreference=secondary, and there is none',
    settings: against('set', 'replicaSet=embedded&readPreference=secondary'),
  },
  {
    symptom: 'loadBalanced, and there is no load balancer',
    settings: against('auth', 'loadBalanced=true'),
  },
  { symptom: 'a member that starts', settings: against('recovering', 'replicaSet=rs0') },
  { symptom: 'an embedded mongod that starts', settings: embedded('new') },
  { symptom: 'MongoDB 4.4', settings: against('4.4') },
  { symptom: 'MongoDB 4.0', settings: against('4.0') },
];

export const SERVING: readonly Case[] = [
  { symptom: 'lists are slow', settings: asUser('all') },
  { symptom: 'missing indexes are not noticed', settings: asUser('nolist') },
  { symptom: 'deletes are refused', settings: asUser('noremove') },
  {
    symptom: 'a variable without effect',
    settings: (world) => ({ ...asUser('all')(world), GRPC_PROT: '1' }),
  },
  {
    symptom: 'the sample is served, and a database was meant',
    settings: (world) => ({ ...asUser('all')(world), MONGO_URI: 'mongodb://127.0.0.1/' }),
  },
];
