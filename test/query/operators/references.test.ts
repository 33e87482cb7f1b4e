// Conditions on the collector of a job: on the reference itself, and on fields of the collector.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';
import { excluded, matching } from '../../../src/query/condition.js';
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { idsOf, sent } from '../request.js';
import {
  FIRST,
  SECOND,
  ALL,
  but,
  nor,
  anyCase,
  asked,
  useShapes,
  inAnyCase,
  testConditions,
} from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-references');

const ofFirst = ['j01', 'j05'];
const withoutReference = ['j06', 'j07', 'j09', 'j10', 'j11', 'j12'];

const REFERENCE: readonly Case[] = [
  [is('collector', 'eq', FIRST.toHexString()), { collector: { $eq: FIRST } }, ofFirst],
  [is('collector_info', 'eq', FIRST.toHexString().toUpperCase()), { collector: { $eq: FIRST } }, ofFirst],
  [is('collector', 'eq', 'text'), { collector: { $eq: 'text' } }, ['j08']],
  [is('collector', 'not', FIRST.toHexString()), nor({ collector: { $eq: FIRST } }), but(...ofFirst)],
  [
    is('collector', 'in', [FIRST.toHexString(), SECOND.toHexString()]),
    { collector: { $in: [FIRST, SECOND] } },
    ['j01', 'j02', 'j05'],
  ],
  [
    is('collector', 'not_in', [FIRST.toHexString(), null]),
    nor({ collector: { $in: [FIRST, null] } }),
    ['j02', 'j03', 'j04', 'j08'],
  ],
  [is('collector', 'in', []), { collector: { $in: [] } }, []],
  [
    is('collector', 'exists', true),
    { collector: { $exists: true } },
    ['j01', 'j02', 'j03', 'j04', 'j05', 'j06', 'j08'],
  ],
  [is('collector', 'exists', false), { collector: { $exists: false } }, ['j07', 'j09', 'j10', 'j11', 'j12']],
  [is('collector', 'eq'), { collector: { $eq: null } }, withoutReference],
  [is('collector', 'not'), nor({ collector: { $eq: null } }), but(...withoutReference)],
  [is('collector.name', 'eq'), { collector: { $eq: null } }, withoutReference],
  [is('collector.name', 'not'), nor({ collector: { $eq: null } }), but(...withoutReference)],
  [{ k: 'collector.no.such', o: 'eq' }, { collector: { $eq: null } }, withoutReference],
];

testConditions(shapes, 'conditions on the reference itself', REFERENCE);

/** The lookup of collectors: jobs refer to one `meeting` the filter, or to any but those. */
const lookupOf = (condition: JsonObject): unknown[] =>
  asked(condition).flatMap((leaf) =>
    'referred' in leaf
      ? [
          excluded(leaf.referred) === undefined
            ? { meeting: sent(matching(leaf.referred)) }
            : { allBut: sent(excluded(leaf.referred) ?? {}) },
        ]
      : [],
  );

const meeting = (filter: Document): Document => ({ meeting: filter });
const allBut = (filter: Document): Document => ({ allBut: filter });
const january = new Date('2024-01-01');

const COLLECTOR_FIELDS: readonly Case[] = [
  [is('collector.name', 'eq', 'Alpha ÉTÉ'), meeting({ name: { $eq: 'Alpha ÉTÉ' } }), ofFirst],
  [is('collector_info.name', 'eq', 'Alpha ÉTÉ'), meeting({ name: { $eq: 'Alpha ÉTÉ' } }), ofFirst],
  [is('collector.name', 'eq', 'nobody'), meeting({ name: { $eq: 'nobody' } }), []],
  [is('collector.name', 'not', 'Alpha ÉTÉ'), allBut({ name: { $eq: 'Alpha ÉTÉ' } }), but(...ofFirst)],
  [is('collector.name', 'not', 'nobody'), allBut({ name: { $eq: 'nobody' } }), ALL],
  [is('collector.name', 'eq', { $ne: 1 }), meeting({ name: { $eq: { $ne: 1 } } }), []],
  [is('collector.name', 'in', ['Alpha ÉTÉ', 'x']), meeting({ name: { $in: ['Alpha ÉTÉ', 'x'] } }), ofFirst],
  [is('collector.name', 'in', [null]), meeting({ name: { $in: [null] } }), ['j02']],
  [is('collector.name', 'in', []), meeting({ name: { $in: [] } }), []],
  [is('collector.name', 'not_in', ['Alpha ÉTÉ']), allBut({ name: { $in: ['Alpha ÉTÉ'] } }), but(...ofFirst)],
  [is('collector.name', 'not_in', []), allBut({ name: { $in: [] } }), ALL],
  [is('collector.name', 'contain', 'été'), meeting(inAnyCase('name', 'été')), ofFirst],
  [is('collector.name', 'not_contain', 'été'), meeting(nor(inAnyCase('name', 'été'))), ['j02']],
  [is('collector.name', 'contain_in', ['ÉTÉ']), meeting({ name: { $in: [anyCase('ÉTÉ')] } }), ofFirst],
  [is('collector.name', 'not_contain_in', []), meeting(nor({ name: { $in: [] } })), ['j01', 'j02', 'j05']],
  [is('collector.name', 'regex', '^alpha'), meeting(inAnyCase('name', '^alpha')), ofFirst],
  [is('collector.name', 'regex_in', ['^alpha']), meeting({ name: { $in: [anyCase('^alpha')] } }), ofFirst],
  [is('collector.name', 'exists', true), meeting({ name: { $exists: true } }), ['j01', 'j02', 'j05']],
  [is('collector.provider', 'exists', false), meeting({ provider: { $exists: false } }), ['j02']],
  [is('collector.name', 'lt', 'B'), meeting({ name: { $lt: 'B' } }), ofFirst],
  [is('collector.name', 'gt'), meeting({ name: { $in: [] } }), []],
  [
    is('collector.plugin_id', 'eq', 'plug-1'),
    meeting({ 'plugin_info.plugin_id': { $eq: 'plug-1' } }),
    ofFirst,
  ],
  [
    is('collector.plugin_id', 'exists', false),
    meeting({ 'plugin_info.plugin_id': { $exists: false } }),
    ['j02'],
  ],
  [is('collector.plugin_info.version', 'eq', '1'), meeting({ 'plugin_info.version': { $eq: '1' } }), ofFirst],
  [is('collector.created_at', 'eq', '2024-01-01'), meeting({ created_at: { $eq: january } }), ofFirst],
  [
    is('collector.created_at', 'not', '2024-01-01'),
    allBut({ created_at: { $eq: january } }),
    but(...ofFirst),
  ],
  [is('collector.created_at', 'lte', '2024-01-01'), meeting({ created_at: { $lte: january } }), ofFirst],
  [is('collector.created_at', 'datetime_lt', '2024-01-01'), meeting({ created_at: { $lt: january } }), []],
  [
    is('collector.created_at', 'timediff_lt', 'now/d - 74d'),
    meeting({ created_at: { $lt: january } }),
    ofFirst,
  ],
  [is('collector.created_at', 'in', ['2024-01-01']), meeting({ created_at: { $in: [january] } }), ofFirst],
  [is('collector.domain_id', 'eq', 'domain-other'), meeting({ domain_id: { $eq: 'domain-other' } }), []],
];

test.each(COLLECTOR_FIELDS.map((each) => [JSON.stringify(each[0]), ...each] as const))(
  'a condition on a collector becomes one on its jobs: %s',
  async (_name, condition, lookup, ids) => {
    expect(lookupOf(condition)).toEqual([lookup]);
    expect(idsOf(await shapes.find({ filter: [condition] }))).toEqual(ids);
  },
);

testNoFaults(shapes.service);
