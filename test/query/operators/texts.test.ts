// Operators on text: contain and regex, alone and in lists. The compiled filter is pinned, then run.
import { describe, expect, test } from '@jest/globals';
import { inText } from '../../../src/query/malformed-text.js';
import { idsOf } from '../request.js';
import { ALL, but, nor, anyCase, is, filterOf, named, withText, eclair, useShapes } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-texts');

const TEXTS: readonly Case[] = [
  [
    is('filters.s', 'contain', 'éclair'),
    { 'filters.s': { $regex: inText('éclair'), $options: 'i' } },
    eclair,
  ],
  [is('filters.s', 'contain', 'STRASSE'), { 'filters.s': { $regex: inText('STRASSE'), $options: 'i' } }, []],
  [is('filters.s', 'contain', ''), { 'filters.s': { $regex: inText(''), $options: 'i' } }, withText],
  [
    is('filters.s', 'contain', 'A.B*'),
    { 'filters.s': { $regex: inText('A\\.B\\*'), $options: 'i' } },
    ['j06'],
  ],
  [
    is('filters.s', 'contain', '(X|y)'),
    { 'filters.s': { $regex: inText('\\(X\\|y\\)'), $options: 'i' } },
    ['j07'],
  ],
  [is('filters.s', 'contain', '_\\D'), { 'filters.s': { $regex: inText('_\\\\D'), $options: 'i' } }, ['j08']],
  [is('filters.s', 'contain', '.'), { 'filters.s': { $regex: inText('\\.'), $options: 'i' } }, ['j06']],
  [is('filters.s', 'contain', '\0'), { 'filters.s': { $regex: inText('\\x00'), $options: 'i' } }, []],
  [is('filters.s', 'contain', '5'), { 'filters.s': { $regex: inText('5'), $options: 'i' } }, []],
  [
    is('filters.list', 'contain', 'LPHA'),
    { 'filters.list': { $regex: inText('LPHA'), $options: 'i' } },
    ['j01', 'j02'],
  ],
  [is('filters.list', 'contain', '5'), { 'filters.list': { $regex: inText('5'), $options: 'i' } }, ['j06']],
  [
    is('filters.s', 'not_contain', 'ÉCL'),
    nor({ 'filters.s': { $regex: inText('ÉCL'), $options: 'i' } }),
    but(...eclair),
  ],
  [
    is('filters.s', 'not_contain', ''),
    nor({ 'filters.s': { $regex: inText(''), $options: 'i' } }),
    but(...withText),
  ],
  [
    is('filters.s', 'contain_in', ['éc', 'A.B']),
    { 'filters.s': { $in: [anyCase('éc'), anyCase('A\\.B')] } },
    [...eclair, 'j06'],
  ],
  [is('filters.s', 'contain_in', ['']), { 'filters.s': { $in: [anyCase('')] } }, withText],
  [is('filters.s', 'contain_in', []), { 'filters.s': { $in: [] } }, []],
  [
    is('filters.s', 'not_contain_in', ['éc', '(x']),
    nor({ 'filters.s': { $in: [anyCase('éc'), anyCase('\\(x')] } }),
    but(...eclair, 'j07'),
  ],
  [is('filters.s', 'not_contain_in', []), nor({ 'filters.s': { $in: [] } }), ALL],
  [is('filters.s', 'regex', '^é'), { 'filters.s': { $regex: inText('^é'), $options: 'i' } }, eclair],
  [is('filters.s', 'regex', 'R$'), { 'filters.s': { $regex: inText('R$'), $options: 'i' } }, ['j01', 'j03']],
  [is('filters.s', 'regex', ''), { 'filters.s': { $regex: inText(''), $options: 'i' } }, withText],
  [
    is('filters.s', 'regex', '\\x{c9}clair'),
    { 'filters.s': { $regex: inText('\\x{c9}clair'), $options: 'i' } },
    eclair,
  ],
  [is('filters.n', 'regex', '2'), { 'filters.n': { $regex: inText('2'), $options: 'i' } }, ['j05']],
  [
    is('filters.s', 'regex_in', ['^A', '^\\(']),
    { 'filters.s': { $in: [anyCase('^A'), anyCase('^\\(')] } },
    ['j06', 'j07'],
  ],
  [is('filters.s', 'regex_in', []), { 'filters.s': { $in: [] } }, []],
];

describe('conditions on text', () => {
  test.each(named(TEXTS))('%s', async (_name, condition, filter, ids) => {
    expect(filterOf(condition)).toEqual([filter]);
    expect(idsOf(await shapes.find({ filter: [condition] }))).toEqual(ids);
  });
});

test('no request was a fault of the service', () => {
  expect(shapes.faults()).toEqual([]);
});
