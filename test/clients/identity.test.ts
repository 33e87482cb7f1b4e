// The published identity service 1.11, run from its Python package: keys, tokens and roles.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { freePort } from '../../src/embedded/embedded.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { INSTALL_TIMEOUT_MS, pythonWith } from '../harness/python.js';
import { mongodbUri, startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { isListening } from '../harness/tcp.js';
import { until } from '../harness/until.js';

const FOLDER = join(process.cwd(), 'test/clients/identity');
const DATABASE = 'identity_published';
const START_TIMEOUT_MS = 60_000;

/** Tokens by the name of their caller, and the ids of the domain and of a project in it. */
type Tenants = Readonly<
  Record<'domain' | 'project' | 'owner' | 'ofDomain' | 'ofProject' | 'ofNothing' | 'apiKey', string>
>;

let folder: string;
let published: ChildProcess;
let service: Service;
let tenants: Tenants;

/** Builds the configuration with the addresses of the database and of the service itself; the Redis cache is disabled. */
const configuration = (port: number): object => ({
  GLOBAL: {
    DATABASES: { default: { db: DATABASE, host: mongodbUri() } },
    CACHES: {
      default: { backend: 'no_cache.NoCache' },
      local: { backend: 'spaceone.core.cache.local_cache.LocalCache', max_size: 128, ttl: 300 },
    },
    HANDLERS: {
      authentication: [
        {
          backend: 'spaceone.core.handler.authentication_handler.AuthenticationGRPCHandler',
          uri: `grpc://127.0.0.1:${port}/v1/Domain/get_public_key`,
        },
      ],
      authorization: [
        {
          backend: 'spaceone.core.handler.authorization_handler.AuthorizationGRPCHandler',
          uri: `grpc://127.0.0.1:${port}/v1/Authorization/verify`,
        },
      ],
      mutation: [{ backend: 'spaceone.core.handler.mutation_handler.SpaceONEMutationHandler' }],
    },
  },
});

async function startPublished(python: string, port: number): Promise<ChildProcess> {
  const file = join(folder, 'configuration.yml');
  // Every JSON document is valid YAML.
  await writeFile(file, JSON.stringify(configuration(port)));
  const command = ['grpc', 'spaceone.identity', '-p', String(port), '-c', file];
  const child = spawn(join(dirname(python), 'spaceone'), command, {
    env: { ...process.env, PYTHONPATH: FOLDER },
    stdio: 'ignore',
  });
  await until('the identity service listens', () => isListening(`127.0.0.1:${port}`), START_TIMEOUT_MS);
  return child;
}

async function createTenants(python: string, port: number): Promise<Tenants> {
  const script = [join(FOLDER, 'tenants.py'), `127.0.0.1:${port}`];
  const { stdout } = await promisify(execFile)(python, script, { timeout: START_TIMEOUT_MS });
  const parsed: Partial<Tenants> = Object.fromEntries(Object.entries(JSON.parse(stdout) as object));
  const {
    domain = '',
    project = '',
    owner = '',
    ofDomain = '',
    ofProject = '',
    ofNothing = '',
    apiKey = '',
  } = parsed;
  return { domain, project, owner, ofDomain, ofProject, ofNothing, apiKey };
}

beforeAll(
  async () => {
    const python = pythonWith('identity', join(FOLDER, 'requirements.txt'));
    folder = await mkdtemp(join(tmpdir(), 'identity-'));
    const port = await freePort();
    published = await startPublished(python, port);
    tenants = await createTenants(python, port);
    service = await startService('identity_jobs', {
      auth: 'jwt',
      authIdentityEndpoint: { address: `127.0.0.1:${port}`, secure: false },
    });
    const { domain: domain_id, project } = tenants;
    await service.insert([
      { job_id: 'job-in-project', domain_id, project_id: project, projects: [project] },
      { job_id: 'job-elsewhere', domain_id, projects: ['project-other'] },
    ]);
  },
  INSTALL_TIMEOUT_MS + 2 * START_TIMEOUT_MS,
);
afterAll(async () => {
  const ended = once(published, 'exit');
  published.kill('SIGKILL');
  await ended;
  await service.client.db(DATABASE).dropDatabase();
  await service.stop();
  await rm(folder, { recursive: true });
});

const call = (caller: keyof Tenants, rpc: RpcName, request: JsonObject): Promise<Outcome> =>
  service.call(rpc, request, { headers: { token: tenants[caller] } });

const idsOf = (outcome: Outcome): unknown =>
  'response' in outcome
    ? ((outcome.response['results'] ?? []) as JsonObject[]).map(({ job_id }) => job_id).toSorted()
    : outcome.error.code;

const ALL = ['job-elsewhere', 'job-in-project'];
const DENIED = 'ERROR_PERMISSION_DENIED';

test.each<readonly [keyof Tenants, unknown]>([
  ['owner', ALL],
  ['ofDomain', ALL],
  ['apiKey', ALL],
  ['ofProject', ['job-in-project']],
  ['ofNothing', DENIED],
  ['project', 'ERROR_AUTHENTICATE_FAILURE'],
])('the token %s lists the jobs in its scope: %j', async (caller, expected) => {
  expect(idsOf(await call(caller, 'list', {}))).toEqual(expected);
});

test('users are denied a foreign domain, and an owner gets its own', async () => {
  const foreign = { domain_id: 'domain-07d2e9c4a6b1' };
  expect(idsOf(await call('ofDomain', 'list', foreign))).toBe(DENIED);
  expect(idsOf(await call('ofProject', 'list', foreign))).toBe(DENIED);
  expect(idsOf(await call('owner', 'list', foreign))).toEqual(ALL);
});

test('users of a project are denied another project', async () => {
  expect(idsOf(await call('ofProject', 'list', { project_id: tenants.project }))).toEqual(['job-in-project']);
  expect(idsOf(await call('ofProject', 'list', { project_id: 'project-other' }))).toBe(DENIED);
});

test('a job of another project is missing for get, delete and stat', async () => {
  const elsewhere = { job_id: 'job-elsewhere' };
  const missing = await call('ofProject', 'get', elsewhere);
  expect(missing).toHaveProperty('error.code', 'ERROR_NOT_FOUND');
  expect(await call('ofProject', 'delete', elsewhere)).toEqual(missing);
  const counted = await call('ofProject', 'stat', { query: { aggregate: [{ count: { name: 'n' } }] } });
  expect(counted).toEqual({ response: { results: [{ n: 1 }] } });
  expect(await call('ofDomain', 'get', elsewhere)).toHaveProperty('response.job_id', 'job-elsewhere');
});
