// A cached collector is visible to its own domain alone, by every call that shows collectors and in any order of domains;
// it expires.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { callHttp, exportJobs } from '../harness/http-client.js';
import { MONITORED, useService } from '../harness/use-service.js';
import { until } from '../harness/until.js';

const OURS = 'domain-ours00000000';
const THEIRS = 'domain-theirs000000';
const jobOf = (domain_id: string): string => `job-of-${domain_id}`;
/** Enough for a few calls. */
const CACHE_TTL_MS = 500;

const service = useService('between_tenants', { collectorCacheMs: CACHE_TTL_MS }, MONITORED);

/** Adds a collector of our domain, not cached yet, and a job of each domain with a reference to it. */
beforeEach(async () => {
  const collector = new ObjectId();
  await service.db.collection('collector').deleteMany({ domain_id: OURS });
  await service.db.collection('job').deleteMany({ domain_id: { $in: [OURS, THEIRS] } });
  await service.insert(
    [OURS, THEIRS].map((domain_id) => ({
      job_id: jobOf(domain_id),
      domain_id,
      status: 'SUCCESS',
      collector,
    })),
    [{ _id: collector, collector_id: 'collector-ours', name: 'before', domain_id: OURS }],
  );
});

/** The names of our collectors in a text of any format. */
const namesIn = (text: string): readonly string[] => text.match(/before|after/g) ?? [];

/** The collector shown by each kind of call for the job of a domain. */
const CALLS = {
  get: async (domain_id: string) =>
    JSON.stringify(await callHttp(service.http, 'get', { domain_id, job_id: jobOf(domain_id) })),
  list: async (domain_id: string) => JSON.stringify(await callHttp(service.http, 'list', { domain_id })),
  NDJSON: (domain_id: string) => exportJobs(service.http, { domain_id }, 'application/x-ndjson'),
  CSV: (domain_id: string) => exportJobs(service.http, { domain_id }, 'text/csv'),
} as const satisfies Readonly<Record<string, (domainId: string) => Promise<string>>>;

const KINDS = ['get', 'list', 'NDJSON', 'CSV'] as const;
const PAIRS = KINDS.flatMap((first) => KINDS.map((second) => [first, second] as const));

describe('a cached collector', () => {
  test.each(PAIRS)('after %s of its own domain is not shown to another by %s', async (first, second) => {
    expect(namesIn(await CALLS[first](OURS))).toEqual(['before']);
    expect(await CALLS[second](THEIRS)).toContain(jobOf(THEIRS));
    expect(namesIn(await CALLS[second](THEIRS))).toEqual([]);
  });

  test.each(PAIRS)(
    'as not there after %s of another domain is shown to its own by %s',
    async (first, second) => {
      expect(await CALLS[first](THEIRS)).toContain(jobOf(THEIRS));
      expect(namesIn(await CALLS[second](OURS))).toEqual(['before']);
    },
  );

  test.each(KINDS)('is read again by %s after it has expired', async (kind) => {
    expect(namesIn(await CALLS[kind](OURS))).toEqual(['before']);
    await service.db.collection('collector').updateOne({ domain_id: OURS }, { $set: { name: 'after' } });
    await until(
      'the new name is shown',
      async () => namesIn(await CALLS[kind](OURS)).includes('after'),
      20 * CACHE_TTL_MS,
    );
  });

  test('is looked up once before it expires', async () => {
    let asked = 0;
    service.onCommand((command) => {
      asked += Number(command['find'] === 'collector');
    });
    for (let calls = 0; calls < 5; calls++) await CALLS.get(OURS);
    expect(asked).toBeLessThan(5);
    expect(asked).toBeGreaterThan(0);
  });
});
