// Roles from the identity service are cached per token, verb, domain and project, for the configured time.
import { describe, expect, test } from '@jest/globals';
import type { Identity } from '../../src/auth/identity.js';
import { createRoles } from '../../src/auth/roles.js';
import type { RoleRequest } from '../../src/auth/roles.js';

const TTL_MS = 1000;
const ASKING: RoleRequest = {
  token: 'token',
  verb: 'list',
  domainId: 'domain-a',
  domain_id: 'domain-a',
  project_id: 'project-a',
};

/** Answers each request with a project named after it. */
const project: Identity['role'] = ({ token, verb, domain_id, project_id }) =>
  Promise.resolve({
    role_type: 'PROJECT',
    projects: [JSON.stringify([token, verb, domain_id, project_id])],
    project_groups: [],
  });

function createCountingRoles(ttlMs: number, role = project) {
  const requests: unknown[] = [];
  const signals: AbortSignal[] = [];
  const clock = { now: 0 };
  const roles = createRoles(
    {
      role(question, signal) {
        requests.push(question);
        signals.push(signal);
        return role(question, signal);
      },
    },
    { ttlMs, monotonicNow: () => clock.now },
  );
  return {
    requests,
    signals,
    clock,
    scopeOf: (other: Partial<RoleRequest> = {}, { signal } = new AbortController()) =>
      roles({ ...ASKING, ...other }, signal),
  };
}

test('a role is cached for the configured time', async () => {
  const { requests, clock, scopeOf } = createCountingRoles(TTL_MS);
  await scopeOf();
  clock.now = TTL_MS - 1;
  await scopeOf();
  expect(requests).toHaveLength(1);
  clock.now = TTL_MS;
  await scopeOf();
  expect(requests).toHaveLength(2);
});

test('a role is not cached if the configured time is 0', async () => {
  const { requests, scopeOf } = createCountingRoles(0);
  await scopeOf();
  await scopeOf();
  expect(requests).toHaveLength(2);
});

test.each([0, TTL_MS])('with answers kept for %d ms, a question ends with its caller', async (ttlMs) => {
  const { signals, scopeOf } = createCountingRoles(ttlMs);
  const caller = new AbortController();
  await scopeOf({}, caller);
  expect(signals).toEqual([caller.signal]);
  caller.abort();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

describe('a cached role is not used for another', () => {
  test.each<readonly [string, Partial<RoleRequest>]>([
    ['token', { token: 'another' }],
    ['verb', { verb: 'delete' }],
    ['domain', { domain_id: 'domain-b' }],
    ['project', { project_id: 'project-b' }],
    ['domain and project with the same concatenation', { domain_id: 'domain-a\nproject-a', project_id: '' }],
  ])('%s', async (_, other) => {
    const { requests, scopeOf } = createCountingRoles(TTL_MS);
    const own = await scopeOf();
    expect(await scopeOf(other)).not.toEqual(own);
    expect(await scopeOf()).toEqual(own);
    expect(requests).toHaveLength(2);
  });
});

test('a rejection is not cached', async () => {
  let role: Identity['role'] = () => Promise.reject(new Error('refused'));
  const { scopeOf } = createCountingRoles(TTL_MS, (...question) => role(...question));
  await expect(scopeOf()).rejects.toThrow('refused');
  role = project;
  expect(await scopeOf()).toHaveProperty('projects');
});

test.each([
  ['three answers of 5 MB are cached', 3, [0, 1, 2]],
  ['a fourth one takes the place of the least recently used', 4, [0, 2, 3]],
])('of 16 MiB, %s', async (_, count, cached) => {
  const projects = ['x'.repeat(5_000_000)];
  const { requests, scopeOf } = createCountingRoles(TTL_MS, () =>
    Promise.resolve({ role_type: 'PROJECT', projects, project_groups: [] }),
  );
  const ask = (nth: number) => scopeOf({ domain_id: `domain-${nth}` });
  for (let nth = 0; nth < count; nth++) {
    await ask(nth);
    await ask(0);
  }
  for (const nth of cached) await ask(nth);
  expect(requests).toHaveLength(count);
});

test.each(['projects', 'project_groups'])('%s of an answer take room by their number', async (ids) => {
  const many = Array.from({ length: 200_000 }, (_, nth) => `id-${nth}`);
  const { requests, scopeOf } = createCountingRoles(TTL_MS, () =>
    Promise.resolve({ role_type: 'PROJECT', projects: [], project_groups: [], [ids]: many }),
  );
  for (const domain_id of ['domain-a', 'domain-b', 'domain-c', 'domain-a']) await scopeOf({ domain_id });
  expect(requests).toHaveLength(4);
});
