/** Reads a request of list, for a page or an export (docs/query.md «list»). */
import { echo } from '../errors.js';
import { Query } from '../gen/spaceone/api/core/v1/query.js';
import type { JobsQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import { runThenYield } from '../limits/yield.js';
import type { ListQuery } from '../query/model.js';
import { readList } from '../query/parse-list.js';
import type { Read } from './call.js';
import type { Reading } from './reading.js';
import { conditionFields } from './request-fields.js';

const NO_QUERY = Query.decode(new Uint8Array());

/** Reads a request of list; the log line of the call names its sort keys without a field. Errors: INVALID_ARGUMENT. */
export const createReadList =
  ({ timeSlicer, settings }: Reading): Read<JobsQuery, ListQuery> =>
  async (request, call) => {
    const scope = await call.scope(request);
    const query = await runThenYield(timeSlicer, () =>
      readList(request.query ?? NO_QUERY, settings(call, conditionFields(request))),
    );
    if (query.passedOver.length > 0) call.noted({ sort_keys_passed_over: query.passedOver.map(echo) });
    return { scope, query };
  };
