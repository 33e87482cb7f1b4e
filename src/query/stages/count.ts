/** count: the number of rows, as one row (docs/query.md «count»). */
import { fail } from '../../errors.js';
import type { StageDefinition } from './definition.js';
import { nameOf } from './names.js';

export const count: StageDefinition<'count'> = {
  read({ name }, fieldPath) {
    const key = `${fieldPath}.name`;
    if (name === '') fail('REQUIRED_PARAMETER', { key: 'aggregate.count.name' }, key);
    return { kind: 'count', name: nameOf(name, key, new Set()) };
  },
  names: ({ name }, before) => ({ ...before, row: new Map([[name, 'number']]), keys: [] }),
  compile: ({ name }) => [{ $count: name }],
  merges: true,
  takesNullForMissing: () => true,
};
