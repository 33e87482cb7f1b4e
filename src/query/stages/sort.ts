/** sort: rows in the order of keys (docs/query.md «sort, limit, skip»). */
import { fail } from '../../errors.js';
import { sortStages } from '../computed.js';
import type { SortKey } from '../model.js';
import { sortKeys } from '../read-settings.js';
import type { Key } from '../schema.js';
import type { StageDefinition } from './definition.js';
import { keyOf } from './names.js';

const isSame = (one: Key, other: Key): boolean => one.path === other.path && one.referred === other.referred;

/** Drops the keys that an earlier one repeats. */
const withoutRepeats = (keys: readonly SortKey[]): readonly SortKey[] =>
  keys.filter((each) => keys.find(({ key }) => isSame(key, each.key)) === each);

export const sort: StageDefinition<'sort'> = {
  read(sent, fieldPath, names) {
    const requested = sortKeys(sent, fieldPath);
    if (requested.length === 0) fail('REQUIRED_PARAMETER', { key: 'aggregate.sort.key' }, `${fieldPath}.key`);
    const keys = requested.map((each): SortKey => ({
      key: keyOf(each.key, each.fieldPath, names),
      direction: each.desc ? -1 : 1,
    }));
    return { kind: 'sort', keys: withoutRepeats(keys) };
  },
  keys: ({ keys }) => keys.map(({ key }) => key),
  compile: ({ keys }) => sortStages(keys),
  sorts: true,
  takesNullForMissing: (_, next) => next(),
};
