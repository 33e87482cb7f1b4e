// Null in `match` behind an index of a list: it finds what it finds for the same value without the list (docs/query.md «match»).
import { expect, test } from '@jest/globals';
import { is } from '../harness/query.js';
import { useService } from '../harness/use-service.js';
import { idsOf } from './request.js';

const DOMAIN = 'domain-of-lists';
const service = useService('match_index');

const VALUES: Readonly<Record<string, unknown>> = {
  'a list whose second element lacks it': { b: [{ c: 1 }, {}] },
  'a list whose elements have it': { b: [{ c: 1 }] },
  'a list with null': { b: [{ c: null }] },
  'an empty list': { b: [] },
  'a list of numbers': { b: [1, 2] },
  'a number': { b: 3 },
  'a value': { b: { c: 1 } },
  null: { b: { c: null } },
  'a document without it': { b: {} },
  nothing: {},
  'a list in the place of the document': [{ b: { c: 1 } }, { b: {} }],
};

/** What follows the value in its list: another document with the field, which an index must not take for the first. */
const OTHERS = [{ b: { c: 1 } }, { b: {} }];

test('null behind an index is null without one', async () => {
  const of = (id: string, value: unknown) => ({ job_id: id, domain_id: DOMAIN, filters: { value } });
  const plain = Object.entries(VALUES).map(([name, value]) => of(`plain: ${name}`, value));
  const listed = Object.entries(VALUES).map(([name, value]) => of(`first: ${name}`, [value, ...OTHERS]));
  await service.insert([...plain, ...listed]);
  const found = async (kind: string, key: string): Promise<readonly string[]> => {
    const filter = [is(key, 'match', { 'b.c': null }), is('job_id', 'contain', `${kind}: `)];
    const ids = idsOf(await service.list(DOMAIN, { filter }));
    return [ids]
      .flat()
      .map((id) => String(id).slice(kind.length + 2))
      .toSorted();
  };
  const expected = await found('plain', 'filters.value');
  expect(expected).toContain('nothing');
  expect(expected).not.toContain('a value');
  expect(await found('first', 'filters.value.0')).toEqual(expected);
});
