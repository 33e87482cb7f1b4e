/** Describes the collections of jobs to src/mongo: their names for probes, their indexes and the rights on them. */
import type { Db } from 'mongodb';
import { createMissingIndexes } from '../mongo/indexes.js';
import type { IndexPlan } from '../mongo/indexes.js';
import type { RequiredRights } from '../mongo/rights.js';
import { fieldNames } from '../query/schema.js';
import { COLLECTOR_INFO, INDEXES, JOB_SCHEMA } from './schema.js';

/** The collections that calls read. */
export const COLLECTIONS = ['job', 'collector'] as const;

/** The names of their fields, which spans may carry; others may come from a request. */
export const FIELD_NAMES: ReadonlySet<string> = new Set([
  '_id',
  ...fieldNames(JOB_SCHEMA),
  ...COLLECTOR_INFO.map(({ stored }) => stored),
]);

export const JOB_INDEXES: IndexPlan = {
  collection: 'job',
  tenant: JOB_SCHEMA.owner.tenant,
  id: JOB_SCHEMA.id,
  keys: INDEXES,
};

/** Rights beside those of reads; a probe tests the latter. */
export const JOB_RIGHTS: RequiredRights = {
  collection: 'job',
  rights: [
    { action: 'remove', consequence: 'calls of delete fail' },
    { action: 'listIndexes', consequence: 'missing indexes are not noticed' },
  ],
};

/** Creates the missing indexes of jobs and returns their names. */
export const makeIndexes = (db: Db): Promise<readonly string[]> => createMissingIndexes(db, JOB_INDEXES);
