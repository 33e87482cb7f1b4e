// Text of jobs as the explorer shows it: apart from the sentence around it, seen where it is blank, cut where it is long.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wordsOf } from '../../explorer/state/filter-words.js';
import { cut, isBlank, isolated, MAX_LETTERS, nameOf, visible } from '../../explorer/state/shown-text.js';

const [FSI, PDI, RLO] = ['\u2068', '\u2069', '\u202E'];
const collector = (name: string) => ({ name, collector_id: 'collector-1' });

test.each([
  ['AWS IAM', 'AWS IAM'],
  ['6:00\u202FPM – now', '6:00\u202FPM – now'],
  ['Ångström 東京', 'Ångström 東京'],
  ['مجمع', `${FSI}مجمع${PDI}`],
  ['שלום 7', `${FSI}שלום 7${PDI}`],
  [`AWS ${RLO}live`, `${FSI}AWS ${RLO}live${PDI}`],
  [`out${PDI}${RLO}side`, `${FSI}out${RLO}side${PDI}`],
  ['unclosed\u2067', `${FSI}unclosed${PDI}`],
])('%j within a sentence is %j', (text, expected) => {
  expect(isolated(text)).toBe(expected);
});

test('an isolate is ended by nothing within it', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '7', 'م', ' ', RLO, PDI, FSI, '\u2066', '\u2067') });
  fc.assert(
    fc.property(texts, (text) => {
      const within = isolated(text).replace(new RegExp(`^${FSI}(.*)${PDI}$`, 's'), '$1');
      expect(within).not.toMatch(/[\u2066-\u2069]/);
    }),
    { seed: 7, numRuns: 1000 },
  );
});

test.each([
  ['', ''],
  ['   ', '"   "'],
  ['\t', String.raw`"\t"`],
  ['\u00A0\u3000', '"\u00A0\u3000"'],
  ['\u200B', '"\u200B"'],
  ['\u3164', '"\u3164"'],
  [' a ', ' a '],
  ['.', '.'],
])('the text %j can be seen as %j', (text, expected) => {
  expect(visible(text)).toBe(expected);
  expect(isBlank(visible(text))).toBe(text === '');
});

describe('a collector', () => {
  test.each([
    ['is named by its name', collector(' AWS IAM '), 'AWS IAM'],
    ['with an empty name is named by its id', collector(''), 'collector-1'],
    ['with a blank name is named by its id', collector(' \u200B '), 'collector-1'],
    ['without a name and an id is gone', { name: '', collector_id: '' }, 'gone'],
    ['that exists no longer is gone', undefined, 'gone'],
  ])('%s', (_, given, expected) => {
    expect(nameOf(given)).toBe(expected);
  });
});

test.each([
  ['short', 'short'],
  ['x'.repeat(MAX_LETTERS), 'x'.repeat(MAX_LETTERS)],
  ['x'.repeat(MAX_LETTERS + 1), `${'x'.repeat(MAX_LETTERS)}…`],
  ['😀'.repeat(MAX_LETTERS), '😀'.repeat(MAX_LETTERS)],
  ['😀'.repeat(MAX_LETTERS + 1), `${'😀'.repeat(MAX_LETTERS)}…`],
])('%.20s is cut between letters', (text, expected) => {
  expect(cut(text)).toBe(expected);
});

test.each([
  ['provider', 'eq', 'مجمع', `provider is ${FSI}مجمع${PDI}`],
  ['collector_id', 'in', 'c, d', `Collector is ${FSI}${RLO}c${PDI} or ${FSI}${RLO}d${PDI}`],
  ['errors.error_code', 'eq', '"  "', 'Error code is "  "'],
  [`${RLO}key`, 'eq', 'a', `${FSI}${RLO}key${PDI} is a`],
])('the words of the condition %s %s %s keep their order', (key, operator, value, words) => {
  expect(wordsOf({ key, operator, value }, (id) => `${RLO}${id}`)).toBe(words);
});
