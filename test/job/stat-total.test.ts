// The total of a stat is that of its page where the page is the last, whatever writers do beside it.
import { expect, test } from '@jest/globals';
import { totalOf, rowsOf } from '../query/request.js';
import { useService } from '../harness/use-service.js';

const DOMAIN = 'domain-of-writers';
const JOBS = 50;
const STATS = 60;

const service = useService('stat_total');

const jobs = (): object[] =>
  Array.from({ length: JOBS }, (_, nth) => ({ job_id: `job-${nth}`, domain_id: DOMAIN, status: `S${nth}` }));

/** Inserts and deletes jobs until `signal`. */
async function write(signal: AbortSignal): Promise<void> {
  const collection = service.db.collection('job');
  while (!signal.aborted) {
    await collection.insertMany(jobs());
    await collection.deleteMany({ domain_id: DOMAIN });
  }
}

test.each([
  ['distinct', { distinct: 'status' }],
  ['group', { aggregate: [{ group: { keys: [{ key: 'status', name: 's' }] } }] }],
])('%s', async (_, query) => {
  const end = new AbortController();
  const writing = write(end.signal);
  const answers: (readonly [unknown, unknown])[] = [];
  for (let nth = 0; nth < STATS; nth++) {
    const answer = await service.stat(DOMAIN, { ...query, page: { limit: 2 * JOBS } });
    answers.push([totalOf(answer), [rowsOf(answer)].flat().length]);
  }
  end.abort();
  await writing;
  expect(answers.filter(([total, rows]) => total !== rows)).toEqual([]);
});
