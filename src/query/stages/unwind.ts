/** unwind: a row for each element of an array (docs/query.md «unwind»). */
import { fail } from '../../errors.js';
import { plainPath, storedPath } from '../schema.js';
import type { StageDefinition } from './definition.js';

export const unwind: StageDefinition<'unwind'> = {
  read({ path }, fieldPath, { row, settings }) {
    const key = `${fieldPath}.path`;
    if (path === '') fail('REQUIRED_PARAMETER', { key: 'aggregate.unwind.path' }, key);
    const stored = row === undefined ? storedPath(settings.schema, path, key) : plainPath(path, key);
    return { kind: 'unwind', path: stored };
  },
  keys: ({ path }) => [{ path, type: 'any', referred: false }],
  compile: ({ path }) => [{ $unwind: `$${path}` }],
};
