// Starts that go wrong, met for real: each gives the one line that docs/troubleshooting.md has for it, and no secret.
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { authority } from './support/certificates.js';
import { callHttp } from './support/http-client.js';
import { helloProxy } from './support/hello-proxy.js';
import type { Edit } from './support/hello-proxy.js';
import { startMongod } from './support/mongod.js';
import { startProgram } from './support/program.js';
import type { Program, Settings, Start } from './support/program.js';
import { mongodbUri } from './support/service.js';
import { until } from './support/until.js';

const ROOT = process.cwd();
const PASSWORD = 'Planted-9';
/** Programs at once, and milliseconds that a line may take: 3 s where nothing else runs. */
const AT_ONCE = 3;
const LINE_MS = 9000;
/** Milliseconds for one whose holder is waited for. */
const LATE_LINE_MS = 15_000;

interface Case {
  readonly symptom: string;
  readonly settings: (world: World) => Settings;
  readonly start?: (world: World) => Start;
  /** The exit code; undefined: it stays up. */
  readonly code?: number;
  readonly within?: number;
}

/** What the cases start against. */
interface World {
  readonly folder: string;
  /** `127.0.0.1:port` of each database and listener. */
  readonly at: Readonly<Record<string, string>>;
  /** The ports of a program that runs on `folder`/data. */
  readonly taken: Readonly<Record<'grpc' | 'http' | 'admin', string>>;
}

interface Outcome {
  readonly program: Program;
  /** Every line that a person reads, in order. */
  readonly lines: readonly string[];
  readonly readyz: string;
  readonly metrics: string;
  readonly refusal: unknown;
}

const ADDRESS: unknown = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
/** What the log has of the search for a mongod before it ends. */
const EMBEDDED_STEPS =
  /^(?:looking for the official|fetching |waiting for another mongod|not serving: the embedded)/;

/** The detail of an error that says why, for programs. */
const refusedFor = (reason: string): unknown =>
  expect.objectContaining({
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    metadata: { not_serving_reason: reason },
  });

const portOf = (address: string): string => address.split(':').at(-1) ?? '';
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

/** As another Node would run it. */
const OLD_NODE = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process.versions, 'node', { value: '18.20.4' })",
)}`;

const ENDS: readonly Case[] = [
  { symptom: 'a URI of something else', settings: always({ MONGODB_URI: '127.0.0.1:27017' }) },
  { symptom: 'a password with `/`', settings: always(uri(`me:${PASSWORD}/x@127.0.0.1`)) },
  {
    symptom: 'a password with `@`, or a host that is none',
    settings: always(uri(`me:${PASSWORD}@x@127.0.0.1`)),
  },
  {
    symptom: 'an option that the driver does not know',
    settings: always(uri(`me:${PASSWORD}@127.0.0.1`, 'replicaset_=a')),
  },
  { symptom: 'a compressor that is not installed', settings: always(uri('127.0.0.1', 'compressors=snappy')) },
  {
    symptom: 'a mechanism that is not installed',
    settings: always(uri('me@127.0.0.1', 'authMechanism=GSSAPI')),
  },
  {
    symptom: 'a file of authorities that is not there',
    settings: always(uri('127.0.0.1', 'tls=true&tlsCAFile=/nowhere/ca.pem')),
  },
  {
    symptom: 'a file of authorities that has none',
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
    symptom: 'a port that is taken',
    settings: ({ taken }) => ({ ...uri('127.0.0.1:1'), GRPC_PORT: taken.grpc }),
  },
  {
    symptom: 'a port that is taken, over HTTP',
    settings: ({ taken }) => ({ ...uri('127.0.0.1:1'), HTTP_PORT: taken.http }),
  },
  {
    symptom: 'a port that is taken, of the admin listener',
    settings: ({ taken }) => ({ ...uri('127.0.0.1:1'), ADMIN_PORT: taken.admin }),
  },
  {
    symptom: 'an address of another machine',
    settings: always({ ...uri('127.0.0.1:1'), HOST: '192.0.2.1' }),
  },
  {
    symptom: 'a host name that is not known',
    settings: always({ ...uri('127.0.0.1:1'), HOST: 'nowhere.invalid' }),
  },
  { symptom: 'a second start on the same data', settings: embedded('data') },
  {
    symptom: 'another mongod on the same data',
    settings: embedded('foreign'),
    within: LATE_LINE_MS,
  },
  { symptom: 'a folder that cannot be written', settings: embedded('key.pem/data') },
  {
    symptom: 'a MONGOD_BINARY that does not work',
    settings: embedded('binary', { MONGOD_BINARY: '/nowhere/mongod' }),
  },
  {
    symptom: 'no mongod and no Python',
    settings: embedded('none', {
      PATH: '/nowhere',
      MONGOD_BINARY: '',
      MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:1',
    }),
    // A copy without the cache of this one.
    start: ({ folder }) => ({ main: join(folder, 'copy/build/src/main.js') }),
    within: LATE_LINE_MS,
  },
  {
    symptom: 'keys that are not there',
    settings: always({ ...uri('127.0.0.1:1'), AUTH: 'jwt', AUTH_PUBLIC_KEYS: '/nowhere/keys.json' }),
  },
  {
    symptom: 'certificates that are not there',
    settings: always({ ...uri('127.0.0.1:1'), TLS_CERT_FILE: '/nowhere/a', TLS_KEY_FILE: '/nowhere/b' }),
  },
  { symptom: 'an old Node', settings: always({ NODE_OPTIONS: `--import ${OLD_NODE}` }) },
  {
    symptom: 'an argument that is none',
    settings: always({}),
    start: () => ({ args: ['--port', '1'] }),
    code: 2,
  },
];

const NOT_SERVING: readonly Case[] = [
  { symptom: 'nothing listens there', settings: always(uri('127.0.0.1:1')) },
  { symptom: 'a database that hangs', settings: against('silent') },
  { symptom: 'a host that is not known', settings: always(uri('nowhere.invalid')) },
  {
    symptom: 'an SRV record that is not there',
    settings: always({ MONGODB_URI: `mongodb+srv://me:${PASSWORD}@nowhere.invalid/` }),
  },
  { symptom: 'TLS, and the database has none', settings: against('auth', 'tls=true') },
  { symptom: 'no TLS, and the database wants it', settings: against('tls') },
  { symptom: 'a certificate that is not trusted', settings: byTls('tls', '') },
  { symptom: 'a certificate of another name', settings: byTls('tls', 'tlsCAFile=$/ca.pem', '127.0.0.1') },
  { symptom: 'a database that wants a certificate', settings: byTls('strict', 'tlsCAFile=$/ca.pem') },
  { symptom: 'a wrong password', settings: asUser('all', `${PASSWORD}x`) },
  { symptom: 'no user', settings: against('auth') },
  {
    symptom: 'a mechanism that the database does not have',
    settings: asUser('all', PASSWORD, 'authMechanism=PLAIN'),
  },
  { symptom: 'a user who may not read jobs', settings: asUser('nojob') },
  { symptom: 'a user who may not read collectors', settings: asUser('nocollector') },
  { symptom: 'a user who may read neither', settings: asUser('nothing') },
  { symptom: 'another name of the replica set', settings: against('set', 'replicaSet=other') },
  { symptom: 'a standalone, and replicaSet is set', settings: against('auth', 'replicaSet=rs0') },
  { symptom: 'a mongos, and replicaSet is set', settings: against('mongos', 'replicaSet=rs0') },
  { symptom: 'a replica set that was never initiated', settings: against('ghost') },
  { symptom: 'an arbiter', settings: against('arbiter') },
  { symptom: 'no primary', settings: against('secondary', 'replicaSet=rs0') },
  {
    symptom: 'loadBalanced, and there is no load balancer',
    settings: against('auth', 'loadBalanced=true'),
  },
  { symptom: 'a member that starts', settings: against('recovering', 'replicaSet=rs0') },
  { symptom: 'an embedded mongod that starts', settings: embedded('new') },
  { symptom: 'MongoDB 4.4', settings: against('4.4') },
  { symptom: 'MongoDB 4.0', settings: against('4.0') },
];

const SERVING: readonly Case[] = [
  { symptom: 'lists are slow', settings: asUser('all') },
  { symptom: 'missing indexes are not noticed', settings: asUser('nolist') },
  { symptom: 'deletes are refused', settings: asUser('noremove') },
  {
    symptom: 'a setting that does nothing',
    settings: (world) => ({ ...asUser('all')(world), GRPC_PROT: '1' }),
  },
  {
    symptom: 'the sample is served, and a database was meant',
    settings: (world) => ({ ...asUser('all')(world), MONGO_URI: 'mongodb://127.0.0.1/' }),
  },
];

const member = (hello: Parameters<Edit>[0], address: string) => ({
  ...hello,
  ...{ setName: 'rs0', hosts: [address], me: address, primary: undefined },
  ...{ isWritablePrimary: false, ismaster: false, secondary: false },
});

/** What the servers say of themselves that are a real mongod, and another in their words. */
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
};

async function makeUsers(address: string): Promise<void> {
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

/** A program of this build whose cache of mongods is empty. */
function copyBuild(folder: string): void {
  const copy = join(folder, 'copy');
  mkdirSync(join(copy, 'build'), { recursive: true });
  cpSync(join(ROOT, 'build/src'), join(copy, 'build/src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
}

const cleanups: (() => unknown)[] = [];
const outcomes = new Map<string, Outcome>();

async function silentServer(): Promise<string> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
}

async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'start-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  copyBuild(folder);
  const ca = await authority('of the tests');
  const { cert, key } = await ca.issue('01', [{ type: 'dns', value: 'localhost' }]);
  await writeFile(join(folder, 'ca.pem'), ca.cert);
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'server.pem'), `${cert}\n${key}`);
  mkdirSync(join(folder, 'foreign'));
  const tls = ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', join(folder, 'server.pem')];
  const strict = [...tls, '--tlsCAFile', join(folder, 'ca.pem')];
  const mongod = async (options: readonly string[], data?: string): Promise<string> => {
    const { port, stop } = await startMongod(options, data);
    cleanups.push(stop);
    return `127.0.0.1:${port}`;
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
      const proxy = await helloProxy(Number(portOf(plain)), edit);
      cleanups.push(proxy.close);
      return [name, proxy.address] as const;
    }),
  );
  const [{ grpc, http, admin }] = await Promise.all([holder.addresses(), makeUsers(auth)]);
  return {
    folder,
    taken: { grpc: portOf(grpc), http: portOf(http), admin: portOf(admin) },
    at: {
      ...Object.fromEntries(proxies),
      ...{ auth, tls: withTls, strict: withBoth, ghost },
      ...{ silent: await silentServer(), set: new URL(mongodbUri()).host },
    },
  };
}

/** Milliseconds for which a reason is watched: it must not change while nothing does. */
const WATCHED_MS = 1600;

const stderrOf = (program: Program): readonly string[] =>
  program
    .stderr()
    .split('\n')
    .filter((line) => line !== '');

const linesOf = (program: Program): readonly string[] => [
  ...program.log.map(({ msg }) => String(msg)),
  ...stderrOf(program),
];

const reasonsOf = ({ log }: Program): readonly string[] =>
  log.map(({ msg }) => String(msg)).filter((msg) => msg.startsWith('not serving'));

async function pageOf(program: Program, path: string): Promise<string> {
  const [first] = program.log;
  return (await fetch(`http://${String(first?.['admin'])}${path}`)).text();
}

/** Starts the program, and looks at it from all sides. */
type Meet = (program: Program, due: Case) => Promise<Outcome>;

const NO_OUTCOME = { readyz: '', metrics: '', refusal: undefined };

const meetEnd: Meet = async (program, { within = LINE_MS }) => {
  await until('it ends', () => Promise.race([program.ended.then(() => true), pause(50, false)]), within);
  return { ...NO_OUTCOME, program, lines: linesOf(program) };
};

const meetReason: Meet = async (program, { within = LINE_MS }) => {
  await until('it says why', () => reasonsOf(program).length > 0, within);
  const [first] = program.log;
  const refusal = await callHttp(String(first?.['http']), 'list', { domain_id: 'domain-1' });
  const [readyz, metrics] = await Promise.all(['/readyz', '/metrics'].map((path) => pageOf(program, path)));
  await pause(WATCHED_MS);
  await program.kill();
  return { program, lines: reasonsOf(program), readyz: readyz ?? '', metrics: metrics ?? '', refusal };
};

const WARNING = 40;

const meetWarning: Meet = async (program, { within = LINE_MS }) => {
  await program.ready();
  const warnings = (): readonly string[] =>
    program.log.filter(({ level }) => level === WARNING).map(({ msg }) => String(msg));
  await until('it warns', () => warnings().length > 0, within);
  await pause(WATCHED_MS);
  await program.kill();
  return { ...NO_OUTCOME, program, lines: warnings() };
};

async function meetAll(world: World): Promise<void> {
  const waiting: (readonly [Case, Meet])[] = [
    ...ENDS.map((each) => [each, meetEnd] as const),
    ...NOT_SERVING.map((each) => [each, meetReason] as const),
    ...SERVING.map((each) => [each, meetWarning] as const),
  ];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [due, meet] = next;
      const program = startProgram(due.settings(world), due.start?.(world));
      cleanups.push(() => program.kill());
      outcomes.set(due.symptom, await meet(program, due));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

beforeAll(async () => {
  await meetAll(await makeWorld());
}, 120_000);
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function outcomeOf(symptom: string): Outcome {
  const outcome = outcomes.get(symptom);
  if (outcome === undefined) throw new Error(`nothing came of «${symptom}»`);
  return outcome;
}

interface Row {
  readonly symptom: string;
  readonly reason: string;
  /** Matches the line, and nothing more. */
  readonly line: RegExp;
}

const HEADINGS = new Set(['symptom', ':---', '---']);

/** The rows of the page: a symptom, sometimes a reason, the line in backticks, and the remedy. */
function rows(): readonly Row[] {
  const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
  return [...page.matchAll(/^\| (.+) \|$/gm)].flatMap(([, row = '']) => {
    const [symptom = '', ...cells] = row.split(' | ').map((cell) => cell.trim());
    const quoted = cells.flatMap((cell) => /^`(.*)`$/.exec(cell)?.[1] ?? []);
    const [first = '', second = first] = quoted;
    if (HEADINGS.has(symptom) || first === '' || /^-+$/.test(symptom)) return [];
    const reason = /^[a-z_]+$/.test(first) ? first : '';
    const line = reason === '' ? first : second;
    const parts = line.split(/<[\w ]+>/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return [{ symptom, reason, line: new RegExp(`^${parts.join('.+?')}$`) }];
  });
}

const ROWS = rows();
const rowOf = (symptom: string): Row => {
  const row = ROWS.find((each) => each.symptom === symptom);
  if (row === undefined) throw new Error(`docs/troubleshooting.md has no row «${symptom}»`);
  return row;
};

test('each row of docs/troubleshooting.md is met, and no other', () => {
  const met = [...ENDS, ...NOT_SERVING, ...SERVING].map(({ symptom }) => symptom);
  expect(met).toEqual(ROWS.map(({ symptom }) => symptom));
});

test.each([...ENDS, ...NOT_SERVING, ...SERVING])('$symptom tells no password', ({ symptom }) => {
  const { program, readyz, refusal } = outcomeOf(symptom);
  const said = [JSON.stringify(program.log), program.stderr(), readyz, JSON.stringify(refusal)].join('\n');
  expect(said).not.toContain(PASSWORD);
});

describe('the start ends with one line', () => {
  test.each(ENDS)('$symptom', async ({ symptom, code = 1 }) => {
    const { program, lines } = outcomeOf(symptom);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(lines.filter((line) => !EMBEDDED_STEPS.test(line))).toEqual([
      expect.stringMatching(rowOf(symptom).line),
    ]);
  });
});

describe('the service says why it does not serve', () => {
  test.each(NOT_SERVING)('$symptom', ({ symptom }) => {
    const { program, lines, readyz, metrics, refusal } = outcomeOf(symptom);
    const { line, reason } = rowOf(symptom);
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(program.log[0]).toMatchObject({
      ...{ grpc: ADDRESS, http: ADDRESS, admin: ADDRESS, reason },
      database: { name: 'inventory', answers: false },
    });
    expect(readyz).toMatch(new RegExp(`^not serving: ${reason}: [a-zA-Z ]+\n$`));
    expect(metrics.split('\n')).toEqual(
      expect.arrayContaining([
        'inventory_job_serving 0',
        `inventory_job_not_serving_reason{reason="${reason}"} 1`,
      ]),
    );
    expect(refusal).toMatchObject({
      error: {
        status: 'UNAVAILABLE',
        details: { details: expect.arrayContaining([refusedFor(reason)]) },
      },
    });
    expect(JSON.stringify(refusal)).not.toMatch(/127\.0\.0\.1|nowhere|nocollector/);
  });
});

describe('the service serves, and says once what is missing', () => {
  test.each(SERVING)('$symptom', ({ symptom }) => {
    const { program, lines } = outcomeOf(symptom);
    const { line } = rowOf(symptom);
    expect(lines.filter((each) => line.test(each))).toHaveLength(1);
    expect(JSON.stringify(program.log)).not.toContain('"at":');
    expect(program.log[0]).toMatchObject({ msg: 'serving', database: { answers: true } });
  });
});
