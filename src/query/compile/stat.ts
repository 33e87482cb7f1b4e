/** A stat in MongoDB's terms: its pipelines. Cannot fail, does no I/O and reads no clock (docs/architecture.md «One way through»). */
import { createJoin } from '../join.js';
import type { Join } from '../join.js';
import type { LiteralDocuments } from '../literal-lookup.js';
import type { Page, StatQuery } from '../model.js';
import { BARRIER } from '../mongo-syntax.js';
import type { MongoStage } from '../mongo-syntax.js';
import { JOINED_FIELD } from '../schema.js';
import type { ResourceSchema } from '../schema.js';
import { compileDistinct } from './distinct.js';
import type { PagedStages } from './distinct.js';
import { repairStage } from './repair.js';
import { compileRows, takesNullForMissing } from './rows.js';

/** The size of a row. */
export const MAX_ROW_BYTES = 15_000_000;

/** Makes too large a row an error of its own: MongoDB would close the connection on one over 16 MB. */
const ROW_SIZE_GUARD: MongoStage = {
  $match: {
    $expr: {
      $cond: [
        { $lte: [{ $bsonSize: '$$ROOT' }, MAX_ROW_BYTES] },
        true,
        { $toInt: { $concat: ['row of ', { $toString: { $bsonSize: '$$ROOT' } }, ' bytes'] } },
      ],
    },
  },
};

/**
 * Makes MongoDB read documents: an index alone cannot tell a missing value from null, and MongoDB would answer from one
 * that has all the keys of a stat. Every document meets the condition. It is on a field without an index: a condition on
 * an indexed one such as `_id` would have MongoDB read that index, of all domains.
 */
const WHOLE_DOCUMENTS: MongoStage = { $match: { [JOINED_FIELD]: { $not: { $type: 'minKey' } } } };

export interface StatPipelines {
  readonly rows: readonly MongoStage[];
  /** Makes the rows before paging, to be counted. */
  readonly total: readonly MongoStage[];
}

function cutOf(page: Page | undefined): readonly MongoStage[] {
  if (page === undefined) return [];
  const skipped = page.skip > 0 ? [{ $skip: page.skip }] : [];
  return [...skipped, { $limit: page.limit }];
}

function compilePaged(
  { rows, page }: StatQuery,
  schema: ResourceSchema,
  join: Join | undefined,
  isRepaired: boolean,
): PagedStages {
  const cut = cutOf(page);
  if ('distinct' in rows) return compileDistinct(rows.distinct, schema, join, cut, isRepaired);
  const all = compileRows(rows.stages, page !== undefined, schema, join);
  return { all, page: [...all, ...cut] };
}

/** What a stat takes from elsewhere than its own collection. */
export interface StatSources {
  /** The documents with the paths of referredPaths; undefined without any. */
  readonly joined?: LiteralDocuments | undefined;
  /** Documents to replace, field by field, those stored under the same `_id`. */
  readonly repaired?: LiteralDocuments | undefined;
}

const needsDocuments = ({ rows }: StatQuery): boolean =>
  'distinct' in rows || !takesNullForMissing(rows.stages);

/** Compiles a stat. */
export function compileStat(
  query: StatQuery,
  schema: ResourceSchema,
  { joined, repaired }: StatSources = {},
): StatPipelines {
  const field = schema.reference?.field;
  const join = joined === undefined || field === undefined ? undefined : createJoin(field, joined);
  const { all, page } = compilePaged(query, schema, join, repaired !== undefined);
  const documents = [
    ...(needsDocuments(query) ? [WHOLE_DOCUMENTS] : []),
    ...(repaired === undefined ? [] : [repairStage(repaired)]),
  ];
  return {
    rows: [...documents, ...page, BARRIER, ROW_SIZE_GUARD],
    total: [...documents, ...all],
  };
}
