// Changes of the service's user in the database while the service serves: each is noticed without a call that fails, and the
// log has its remedy.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { callHttp } from './harness/http-client.js';
import { startMongod } from './harness/mongod.js';
import type { OwnMongod } from './harness/mongod.js';
import { startProgram } from './harness/program.js';
import type { Program } from './harness/program.js';
import { LINE_MS, pageOf, reasonsOf } from './harness/start-outcomes.js';
import { makeUsers, PASSWORD } from './harness/start-world.js';
import { until } from './harness/until.js';

let mongod: OwnMongod;
let root: MongoClient;
const programs: Program[] = [];

beforeAll(async () => {
  mongod = await startMongod(['--auth']);
  await makeUsers(mongod.host);
  root = new MongoClient(`mongodb://root:${PASSWORD}@${mongod.host}/`);
}, 60_000);
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  await root.close();
  await mongod.stop();
});

const run = (command: Document): Promise<Document> => root.db('admin').command(command);

/** A user of its own for a test, with all rights. */
const createUser = (name: string): Promise<Document> =>
  run({ createUser: name, pwd: PASSWORD, roles: ['all'] });

/** Serves as `user`; idle connections of the service end after `idleMs`. */
async function serveAs(user: string, idleMs: number): Promise<Program> {
  const options = `maxIdleTimeMS=${idleMs}`;
  const program = startProgram({ MONGODB_URI: `mongodb://${user}:${PASSWORD}@${mongod.host}/?${options}` });
  programs.push(program);
  await program.ready();
  return program;
}

/** The time for a test on a loaded machine. */
const TEST_MS = 60_000;

/** Waits for a reason with `text`; on a loaded machine the database may seem silent before. */
const untilLogged = (program: Program, text: string): Promise<void> =>
  until(`«${text}» is logged`, () => reasonsOf(program).some((reason) => reason.includes(text)), LINE_MS);

const isReady = async (program: Program): Promise<boolean> => (await pageOf(program, '/readyz')) === 'ok\n';

test(
  'a changed password stops serving once the connections of calls have ended',
  async () => {
    await createUser('renewed');
    // The check itself keeps its connection, which is never idle for so long.
    const program = await serveAs('renewed', 3000);
    await run({ updateUser: 'renewed', pwd: 'other' });
    await untilLogged(program, 'rejects the user renewed (AuthenticationFailed, authSource=admin)');
    await run({ updateUser: 'renewed', pwd: PASSWORD });
    await until('the service serves again', () => isReady(program), LINE_MS);
  },
  TEST_MS,
);

test(
  'a dropped user is refused, and lacks no right',
  async () => {
    await createUser('dropped');
    const program = await serveAs('dropped', 60_000);
    await run({ dropUser: 'dropped' });
    await untilLogged(program, 'rejects the user dropped');
    expect(reasonsOf(program).filter((reason) => reason.includes('may not read'))).toEqual([]);
    expect(await pageOf(program, '/readyz')).toMatch(/^not serving: auth: /);
  },
  TEST_MS,
);

test(
  'a revoked right to delete is logged once, and its remedy with it',
  async () => {
    const program = await serveAs('changing', 60_000);
    const http = String(program.log[0]?.['http']);
    const resource = { db: 'inventory', collection: 'job' };
    await run({ revokePrivilegesFromRole: 'changing', privileges: [{ resource, actions: ['remove'] }] });
    for (let calls = 0; calls < 5; calls++)
      expect(await callHttp(http, 'delete', { domain_id: 'd', job_id: 'j' })).toHaveProperty('error');
    const lack = 'the user changing lacks remove on inventory.job';
    const lines = (): readonly string[] => program.log.map(({ msg }) => String(msg));
    await until('the remedy is logged', () => lines().some((line) => line.startsWith(lack)), LINE_MS);
    expect(program.log.filter(({ level }) => level === 50)).toHaveLength(1);
    expect(await isReady(program)).toBe(true);
  },
  TEST_MS,
);
