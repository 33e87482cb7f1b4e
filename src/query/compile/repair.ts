/** Documents with malformed text, replaced by their form in answers while a stat runs. */
import { literalLookup } from '../literal-lookup.js';
import type { LiteralDocuments } from '../literal-lookup.js';
import type { MongoStage } from '../mongo-syntax.js';

/** Puts the fields of the repaired documents in place of the stored ones under the same `_id`. */
export const repairStage = (repaired: LiteralDocuments): MongoStage => ({
  $replaceRoot: {
    newRoot: literalLookup(
      repaired,
      '$_id',
      (document) => ({ $mergeObjects: ['$$ROOT', document] }),
      '$$ROOT',
    ),
  },
});
