// A missing value is told from null whatever index MongoDB reads: an index alone has null for both.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

const DOMAIN = 'domain-of-missing-values';
const JOBS = 600;

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('missing');
  client = jsonClient(service.address);
  const statuses = [{ status: 'A' }, { status: 'B' }, {}];
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-${nth}`,
    domain_id: DOMAIN,
    created_at: new Date(nth * 1000),
    filters: { text: 'x'.repeat(500) },
    ...statuses[nth % statuses.length],
  }));
  await service.db.collection('job').insertMany(jobs);
});
afterAll(async () => {
  client.close();
  await service.stop();
});

const field = (o: string): JsonObject => ({ group: { fields: [{ n: 'x', k: 'status', o }] } });
const all = (of: string): readonly string[] => Array.from({ length: JOBS / 3 }, () => of);

test.each<readonly [string, JsonObject, unknown]>([
  ['distinct', { distinct: 'status' }, ['A', 'B']],
  ['distinct, paged', { distinct: 'status', page: { limit: 5 } }, ['A', 'B']],
  [
    'push in an order',
    { aggregate: [{ sort: { key: 'status' } }, field('push')] },
    [{ x: [...all('A'), ...all('B')] }],
  ],
  [
    'the rows of a project',
    { aggregate: [{ project: { fields: [{ k: 'status', n: 's' }] } }, { sort: { key: 's' } }, { limit: 1 }] },
    [{}],
  ],
  [
    'a group by it, in which both are one',
    {
      aggregate: [{ group: { keys: [{ k: 'status', n: 's' }], fields: [{ n: 'n', o: 'count' }] } }],
      page: { limit: 9 },
    },
    [
      { s: null, n: JOBS / 3 },
      { s: 'A', n: JOBS / 3 },
      { s: 'B', n: JOBS / 3 },
    ],
  ],
])('no index makes null of a missing value: %s', async (_, query, due) => {
  expect(await client.call('stat', { domain_id: DOMAIN, query })).toHaveProperty('response.results', due);
});
