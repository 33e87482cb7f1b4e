// The rights that a user lacks, from the privileges that the database reports: each is logged when that changes.
import { describe, expect, test } from '@jest/globals';
import { createRightsLog } from '../../src/mongo/rights.js';
import type { AskedDatabase } from '../../src/mongo/rights.js';

const REQUIRED = {
  collection: 'job',
  rights: [
    { action: 'remove', consequence: 'deletes are refused' },
    { action: 'listIndexes', consequence: 'missing indexes are not noticed' },
  ],
};
const BOTH = ['remove', 'listIndexes'];
const LACKS_REMOVE =
  'warn: the user me lacks remove on jobs.job: deletes are refused; grant it (docs/deploy.md «Database»)';
const LACKS_INDEXES =
  'warn: the user me lacks listIndexes on jobs.job: missing indexes are not noticed; grant it (docs/deploy.md «Database»)';

interface Privilege {
  readonly resource: object;
  readonly actions: readonly string[];
}

const on = (resource: object, actions: readonly string[] = BOTH): Privilege => ({ resource, actions });
const statusOf = (authenticatedUserPrivileges: readonly Privilege[]): object => ({
  authInfo: { authenticatedUsers: [{ user: 'me', db: 'admin' }], authenticatedUserPrivileges },
});

type Command = AskedDatabase['command'];

/** A log of rights with its lines, for a database named jobs. */
function createRights() {
  const lines: string[] = [];
  const { check } = createRightsLog(REQUIRED, {
    info: (message) => void lines.push(`info: ${message}`),
    warn: (message) => void lines.push(`warn: ${message}`),
  });
  const ask = (command: Command, { signal } = new AbortController()): Promise<void> =>
    check({ databaseName: 'jobs', command }, signal);
  return { lines, ask, answered: (status: object) => ask(() => Promise.resolve(status)) };
}

describe('a user with privileges', () => {
  test.each<readonly [string, readonly Privilege[], readonly string[]]>([
    ['on the collection', [on({ db: 'jobs', collection: 'job' })], []],
    ['on the database', [on({ db: 'jobs', collection: '' })], []],
    ['on the collection in any database', [on({ db: '', collection: 'job' })], []],
    ['on all databases', [on({ db: '', collection: '' })], []],
    ['on anything', [on({ anyResource: true })], []],
    [
      'in two roles',
      [
        on({ db: 'jobs', collection: 'job' }, ['listIndexes']),
        on({ db: 'jobs', collection: '' }, ['find', 'remove']),
      ],
      [],
    ],
    ['of one action', [on({ db: 'jobs', collection: 'job' }, ['find', 'remove'])], [LACKS_INDEXES]],
    ['of the other', [on({ db: 'jobs', collection: 'job' }, ['listIndexes'])], [LACKS_REMOVE]],
    ['on another collection', [on({ db: 'jobs', collection: 'other' })], [LACKS_REMOVE, LACKS_INDEXES]],
    ['on another database', [on({ db: 'other', collection: 'job' })], [LACKS_REMOVE, LACKS_INDEXES]],
    ['on all of another database', [on({ db: 'other', collection: '' })], [LACKS_REMOVE, LACKS_INDEXES]],
    ['on the cluster', [on({ cluster: true })], [LACKS_REMOVE, LACKS_INDEXES]],
    ['on something else than anything', [on({ anyResource: false })], [LACKS_REMOVE, LACKS_INDEXES]],
    ['of nothing', [], [LACKS_REMOVE, LACKS_INDEXES]],
  ])('%s lacks the others', async (_, privileges, expected) => {
    const { lines, answered } = createRights();
    await answered(statusOf(privileges));
    expect(lines).toEqual(expected);
  });
});

const JOB = { db: 'jobs', collection: 'job' };

test('a lacking right is logged once, and once it is granted', async () => {
  const { lines, answered } = createRights();
  await answered(statusOf([on(JOB, ['listIndexes'])]));
  await answered(statusOf([on(JOB, ['listIndexes'])]));
  await answered(statusOf([on(JOB, ['remove'])]));
  await answered(statusOf([on(JOB)]));
  await answered(statusOf([on(JOB)]));
  expect(lines).toEqual([
    LACKS_REMOVE,
    LACKS_INDEXES,
    'info: the user me now has remove on jobs.job',
    'info: the user me now has listIndexes on jobs.job',
  ]);
});

describe('nothing is logged, and nothing forgotten,', () => {
  test.each<readonly [string, Command]>([
    ['of a database without authentication', () => Promise.resolve({ authInfo: { authenticatedUsers: [] } })],
    ['of a database that reports no users', () => Promise.resolve({})],
    ['of a database that refuses', () => Promise.reject(new Error('refused'))],
  ])('%s', async (_, command) => {
    const { lines, ask, answered } = createRights();
    await ask(command);
    expect(lines).toEqual([]);
    await answered(statusOf([]));
    await ask(command);
    await answered(statusOf([]));
    expect(lines).toEqual([LACKS_REMOVE, LACKS_INDEXES]);
  });
});

test('the question is for the privileges, and ends with the check', async () => {
  const { lines, ask } = createRights();
  const asked: unknown[] = [];
  const checking = new AbortController();
  await ask((command, options) => {
    asked.push(command, options?.signal);
    return Promise.resolve({});
  }, checking);
  expect(asked).toEqual([{ connectionStatus: 1, showPrivileges: true }, checking.signal]);
  expect(asked[1]).toBe(checking.signal);
  expect(lines).toEqual([]);
});
