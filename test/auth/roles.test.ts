// Roles that the identity service gives: how long they are kept, and for whom.
import { describe, expect, test } from '@jest/globals';
import type { Identity } from '../../src/auth/identity.js';
import { createRoles } from '../../src/auth/roles.js';
import type { Asking } from '../../src/auth/roles.js';

const KEEP = 1000;
const SIGNAL = new AbortController().signal;
const ASKING: Asking = {
  token: 'token',
  verb: 'list',
  domainId: 'domain-a',
  domain_id: 'domain-a',
  project_id: 'project-a',
};

/** Answers each question with a project of its own. */
const project: Identity['role'] = ({ token, verb, domain_id, project_id }) =>
  Promise.resolve({
    role_type: 'PROJECT',
    projects: [JSON.stringify([token, verb, domain_id, project_id])],
    project_groups: [],
  });

function rolesBy(keep: number, role = project) {
  const asked: unknown[] = [];
  const clock = { now: 0 };
  const answers = createRoles(
    {
      role(question, signal) {
        asked.push(question);
        return role(question, signal);
      },
    },
    { keep, monotonicNow: () => clock.now },
  );
  return { asked, clock, scopeOf: (other: Partial<Asking> = {}) => answers({ ...ASKING, ...other }, SIGNAL) };
}

test('a role is kept as long as it may be', async () => {
  const { asked, clock, scopeOf } = rolesBy(KEEP);
  await scopeOf();
  clock.now = KEEP - 1;
  await scopeOf();
  expect(asked).toHaveLength(1);
  clock.now = KEEP;
  await scopeOf();
  expect(asked).toHaveLength(2);
});

test('a role is not kept unless it may be', async () => {
  const { asked, scopeOf } = rolesBy(0);
  await scopeOf();
  await scopeOf();
  expect(asked).toHaveLength(2);
});

describe('a role that is kept is not for another', () => {
  test.each<readonly [string, Partial<Asking>]>([
    ['token', { token: 'another' }],
    ['verb', { verb: 'delete' }],
    ['domain', { domain_id: 'domain-b' }],
    ['project', { project_id: 'project-b' }],
    ['domain and project that read alike together', { domain_id: 'domain-a\nproject-a', project_id: '' }],
  ])('%s', async (_, other) => {
    const { asked, scopeOf } = rolesBy(KEEP);
    const own = await scopeOf();
    expect(await scopeOf(other)).not.toEqual(own);
    expect(await scopeOf()).toEqual(own);
    expect(asked).toHaveLength(2);
  });
});

test('a refusal is not kept', async () => {
  let role: Identity['role'] = () => Promise.reject(new Error('refused'));
  const { scopeOf } = rolesBy(KEEP, (...question) => role(...question));
  await expect(scopeOf()).rejects.toThrow('refused');
  role = project;
  expect(await scopeOf()).toHaveProperty('projects');
});

test('10,000 roles are kept, those used last', async () => {
  const MANY = 10_000;
  const { asked, scopeOf } = rolesBy(KEEP);
  const ask = (nth: number) => scopeOf({ domain_id: `domain-${nth}` });
  for (let nth = 0; nth < MANY; nth++) await ask(nth);
  await ask(0);
  expect(asked).toHaveLength(MANY);
  await ask(MANY);
  await ask(0);
  expect(asked).toHaveLength(MANY + 1);
  await ask(1);
  expect(asked).toHaveLength(MANY + 2);
});
