// What many long stats of one domain do to everybody else.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonClient } from '../support/client.js';
import type { JsonClient } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';
import { insertSlowJob, noneRunning, running, runningSoon, slowStat } from '../support/slow.js';

const DATABASE = 'fairness';
const STATS = 6;
/** Connections for stats, and as many for everything else. */
const AT_ONCE = 2;
const GET = { domain_id: 'domain-3f1c9a7b2e40', job_id: 'job-ebd1af51271a' };

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService(DATABASE, {}, { mongo: { maxPoolSize: AT_ONCE } });
  await insertSlowJob(service.db);
  client = jsonClient(service.address);
});
afterAll(async () => {
  client.close();
  await service.stop();
});

test('more long stats than there are connections for them hold up no get, and end in time', async () => {
  const deadline = Date.now() + 2000;
  const stats = Array.from({ length: STATS }, (_, nth) =>
    client.call('stat', slowStat(4, `rows${nth}`), { deadline }),
  );
  await runningSoon(service.client, DATABASE, AT_ONCE);
  expect(await client.call('get', GET, { deadline })).toHaveProperty('response.job_id', GET.job_id);
  expect(await running(service.client, DATABASE)).toBe(AT_ONCE);
  const told = (await Promise.all(stats)).map((outcome) => 'error' in outcome && outcome.error.status);
  expect(new Set(told)).toEqual(new Set(['DEADLINE_EXCEEDED']));
  await noneRunning(service.client, DATABASE, 2000);
  expect(service.faults).toEqual([]);
});
