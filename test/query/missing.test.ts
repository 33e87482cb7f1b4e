// A missing value is told from null whatever index MongoDB reads: an index alone has null for both.
import { beforeAll, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { field, grouped, key, shown, stages } from '../harness/query.js';
import { useService } from '../harness/use-service.js';

const DOMAIN = 'domain-of-missing-values';
const JOBS = 600;

const service = useService('missing');

beforeAll(async () => {
  const statuses = [{ status: 'A' }, { status: 'B' }, {}];
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-${nth}`,
    domain_id: DOMAIN,
    created_at: new Date(nth * 1000),
    filters: { text: 'x'.repeat(500) },
    ...statuses[nth % statuses.length],
  }));
  await service.insert(jobs);
});

const all = (of: string): readonly string[] => Array.from({ length: JOBS / 3 }, () => of);

test.each<readonly [string, JsonObject, unknown]>([
  ['distinct', { distinct: 'status' }, ['A', 'B']],
  ['distinct, paged', { distinct: 'status', page: { limit: 5 } }, ['A', 'B']],
  [
    'push in an order',
    stages({ sort: { key: 'status' } }, grouped([], field('x', 'push', 'status'))),
    [{ x: [...all('A'), ...all('B')] }],
  ],
  [
    'first and last in an order, which are null of either',
    stages(
      { sort: { key: 'status' } },
      { limit: JOBS },
      grouped([], field('x', 'first', 'status'), field('y', 'last', 'status')),
    ),
    [{ x: null, y: 'B' }],
  ],
  ['the rows of a project', stages(shown('status', 's'), { sort: { key: 's' } }, { limit: 1 }), [{}]],
  [
    'a group by it, in which both are one',
    { ...stages(grouped([key('status', 's')], field('n', 'count'))), page: { limit: 9 } },
    [
      { s: null, n: JOBS / 3 },
      { s: 'A', n: JOBS / 3 },
      { s: 'B', n: JOBS / 3 },
    ],
  ],
])('no index makes null of a missing value: %s', async (_, query, due) => {
  expect(await service.stat(DOMAIN, query)).toHaveProperty('response.results', due);
});
