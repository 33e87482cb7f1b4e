// Patterns of permissions: what each matches, whole and with the case it has.
import { expect, test } from '@jest/globals';
import { matches } from '../../src/auth/glob.js';

test.each<readonly [string, string, boolean]>([
  ['inventory.Job.get', 'inventory.Job.get', true],
  ['inventory.*', 'inventory.Job.get', true],
  ['*.Job.list', 'inventory.Job.list', true],
  ['*.Job.list', 'inventory.Job.lists', false],
  ['*', 'inventory.Job.get', true],
  ['**', 'inventory.Job.get', true],
  ['', 'inventory.Job.get', false],
  ['', '', true],
  ['*', '', true],
  ['inventory.Job', 'inventory.Job.get', false],
  ['Job.get', 'inventory.Job.get', false],
  ['inventory.job.*', 'inventory.Job.get', false],
  ['inventory.Job.???', 'inventory.Job.get', true],
  ['inventory.Job.???', 'inventory.Job.list', false],
  ['inventory.Job.[gl]*', 'inventory.Job.list', true],
  ['inventory.Job.[gl]*', 'inventory.Job.stat', false],
  ['inventory.Job.[!d]*', 'inventory.Job.stat', true],
  ['inventory.Job.[!d]*', 'inventory.Job.delete', false],
  ['[a-m]*', 'inventory', true],
  ['[n-z]*', 'inventory', false],
  ['[a-]', '-', true],
  ['[]]', ']', true],
  ['[', '[', true],
  ['inventory.Job', 'inventoryxJob', false],
  ['inventory+', 'inventoryy', false],
  ['$', '$', true],
])('%s and %s: %s', (pattern, name, due) => {
  expect(matches(pattern, name)).toBe(due);
});

test('a pattern that could go wrong in many ways does so at once', () => {
  expect(matches('*a'.repeat(2000), 'a'.repeat(1000))).toBe(false);
});
