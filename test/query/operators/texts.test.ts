// Operators on text: contain and regex, alone and in lists. The compiled filter is pinned, then run.
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { ALL, but, nor, anyCase, withText, eclair, useShapes, inAnyCase, testConditions } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-texts');

const TEXTS: readonly Case[] = [
  [is('filters.s', 'contain', 'éclair'), inAnyCase('filters.s', 'éclair'), eclair],
  [is('filters.s', 'contain', 'STRASSE'), inAnyCase('filters.s', 'STRASSE'), []],
  [is('filters.s', 'contain', ''), inAnyCase('filters.s', ''), withText],
  [is('filters.s', 'contain', 'A.B*'), inAnyCase('filters.s', 'A\\.B\\*'), ['j06']],
  [is('filters.s', 'contain', '(X|y)'), inAnyCase('filters.s', '\\(X\\|y\\)'), ['j07']],
  [is('filters.s', 'contain', '_\\D'), inAnyCase('filters.s', '_\\\\D'), ['j08']],
  [is('filters.s', 'contain', '.'), inAnyCase('filters.s', '\\.'), ['j06']],
  [is('filters.s', 'contain', '\0'), inAnyCase('filters.s', '\\x00'), []],
  [is('filters.s', 'contain', '5'), inAnyCase('filters.s', '5'), []],
  [is('filters.list', 'contain', 'LPHA'), inAnyCase('filters.list', 'LPHA'), ['j01', 'j02']],
  [is('filters.list', 'contain', '5'), inAnyCase('filters.list', '5'), ['j06']],
  [is('filters.s', 'not_contain', 'ÉCL'), nor(inAnyCase('filters.s', 'ÉCL')), but(...eclair)],
  [is('filters.s', 'not_contain', ''), nor(inAnyCase('filters.s', '')), but(...withText)],
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
  [is('filters.s', 'regex', '^é'), inAnyCase('filters.s', '^é'), eclair],
  [is('filters.s', 'regex', 'R$'), inAnyCase('filters.s', 'R$'), ['j01', 'j03']],
  [is('filters.s', 'regex', ''), inAnyCase('filters.s', ''), withText],
  [is('filters.s', 'regex', '\\x{c9}clair'), inAnyCase('filters.s', '\\x{c9}clair'), eclair],
  [is('filters.n', 'regex', '2'), inAnyCase('filters.n', '2'), ['j05']],
  [
    is('filters.s', 'regex_in', ['^A', '^\\(']),
    { 'filters.s': { $in: [anyCase('^A'), anyCase('^\\(')] } },
    ['j06', 'j07'],
  ],
  [is('filters.s', 'regex_in', []), { 'filters.s': { $in: [] } }, []],
];

testConditions(shapes, 'conditions on text', TEXTS);

testNoFaults(shapes.service);
