// Permission patterns match whole names, case-sensitively, as Python's fnmatch.fnmatchcase does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob } from '../../src/auth/glob.js';

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
  ['inventory[!]Job.list', 'inventory.Job.list', false],
  ['inventory[!]Job.list', 'inventory[!]Job.list', true],
  ['inventory[]Job.list', 'inventory.Job.list', false],
  ['[a-m]*', 'inventory', true],
  ['[n-z]*', 'inventory', false],
  ['[a-]', '-', true],
  ['[]]', ']', true],
  ['[', '[', true],
  ['inventory.Job', 'inventoryxJob', false],
  ['inventory+', 'inventoryy', false],
  ['$', '$', true],
])('the match of «%s» and «%s» is %s', (pattern, name, expected) => {
  expect(matchesGlob(pattern, name)).toBe(expected);
});

describe('Python’s fnmatch.fnmatchcase', () => {
  const [first = '', ...lines] = readFileSync(join(process.cwd(), 'test/auth/fnmatch/table.txt'), 'utf8')
    .trimEnd()
    .split('\n');
  const names = first.split('\t').map((name) => name.replaceAll('\\n', '\n'));
  const table = lines.map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]);

  test(`agrees on ${table.length} patterns and ${names.length} names`, () => {
    const actual = table.map(([pattern = '']) => [
      pattern,
      names.map((name) => Number(matchesGlob(pattern, name))).join(''),
    ]);
    expect(table.length).toBeGreaterThan(1000);
    expect(actual.filter(([, digits], nth) => digits !== table[nth]?.[1])).toEqual([]);
  });
});

describe('for any name', () => {
  const seeded = { seed: 7, numRuns: 500 };
  const text = fc.string({ unit: fc.constantFrom(...Array.from('[]!-^*?.aZ\\é😀')) });
  const escaped = (name: string): string => name.replace(/[*?[]/g, '[$&]');

  test('the pattern with its special characters in brackets matches the name only', () => {
    fc.assert(
      fc.property(text, text, (name, other) => {
        expect(matchesGlob(escaped(name), name)).toBe(true);
        expect(matchesGlob(escaped(name), other)).toBe(name === other);
      }),
      seeded,
    );
  });

  test('asterisks around it match every text containing it, and a question mark matches one character', () => {
    fc.assert(
      fc.property(text, text, text, (before, name, after) => {
        expect(matchesGlob(`*${escaped(name)}*`, before + name + after)).toBe(true);
        expect(matchesGlob(`${'?'.repeat(Array.from(before).length)}${escaped(name)}`, before + name)).toBe(
          true,
        );
      }),
      seeded,
    );
  });

  test('a character set and its negation give opposite results', () => {
    const set = fc.string({ unit: fc.constantFrom(...Array.from('aZ-^é😀')), minLength: 1 });
    fc.assert(
      fc.property(set, fc.constantFrom(...Array.from('aZ-^é😀!x')), (of, character) => {
        expect(matchesGlob(`[!${of}]`, character)).toBe(!matchesGlob(`[${of}]`, character));
      }),
      seeded,
    );
  });
});

test('a pattern with thousands of asterisks fails without backtracking', () => {
  expect(matchesGlob('*a'.repeat(2000), 'a'.repeat(1000))).toBe(false);
});
