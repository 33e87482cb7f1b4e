// `distinct` gives what MongoDB's own distinct gives, through lists, by index, and of whatever shape documents are.
import { beforeAll, expect, test } from '@jest/globals';
import { element, insertRaw, rawDocument } from '../harness/raw.js';
import { mongodbUri } from '../harness/service.js';
import { useService } from '../harness/use-service.js';
import { rowsOf } from './request.js';

const DOMAIN = 'domain-of-paths';

const JOBS: readonly object[] = [
  {
    errors: [{ error_code: 'E', message: 'm' }, { error_code: 'F' }],
    projects: ['a', 'b'],
    filters: { a: [[{ b: 1 }]] },
  },
  { errors: [{ error_code: 'G' }], projects: ['n'], filters: { a: [{ b: 2 }, [{ b: 3 }]] } },
  { errors: { '0': { error_code: 'H' } }, projects: null, filters: { a: { b: [[4], 5] } } },
  { errors: [], filters: { a: 1 } },
  { errors: [[{ error_code: 'I' }]], projects: [['x', 'y'], 'z'], filters: { a: { b: null } } },
  { errors: [{ '0': { error_code: 'J' } }], projects: 'text', filters: { a: { b: [] } } },
  { errors: 'none', projects: {}, filters: [{ a: { b: 6 } }, { a: [{ b: 7 }] }] },
  { errors: null, filters: [[{ a: { b: 8 } }]] },
  { filters: 9 },
];

const DATABASE = 'distinct-paths';

const service = useService(DATABASE);

beforeAll(() =>
  service.insert(JOBS.map((job, nth) => ({ job_id: `job-${String(nth)}`, domain_id: DOMAIN, ...job }))),
);

const PATHS = [
  ...['errors', 'errors.error_code', 'errors.message', 'projects', 'filters', 'filters.a', 'filters.a.b'],
  ...['errors.0', 'errors.1', 'errors.0.error_code', 'errors.1.error_code', 'errors.0.0.error_code'],
  ...['errors.00.error_code', 'errors.01', 'errors.999999999.error_code', 'errors.99999999999.error_code'],
  ...['projects.0', 'projects.1', 'projects.0.1', 'projects.2', 'projects.x', 'job_id.0', 'job_id'],
  ...['filters.0', 'filters.0.a.b', 'filters.1.a.0.b', 'filters.a.0', 'filters.a.0.b', 'filters.a.0.0.b'],
  ...['filters.a.b.0', 'filters.a.b.0.0', 'filters.a.b.1'],
];

/** Sorts values of any type by their JSON. */
const sorted = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

test.each(PATHS)('distinct at %s gives the values of MongoDB', async (distinct) => {
  const due = await service.db.collection('job').distinct(distinct, { domain_id: DOMAIN });
  const query = { distinct };
  const rows = rowsOf(await service.stat(DOMAIN, query));
  expect(sorted(Array.isArray(rows) ? rows : [rows])).toEqual(sorted(due));
  const paged = await service.stat(DOMAIN, { ...query, page: { limit: 2 } });
  expect(paged).toMatchObject({ response: { total_count: due.length } });
});

test('ids are spread as any other value, and each is there once', async () => {
  const domain_id = 'domain-of-odd-ids';
  await service.insert(['c', ['b', 'a', 'b'], null].map((job_id) => ({ job_id, domain_id })));
  expect(rowsOf(await service.stat(domain_id, { distinct: 'job_id' }))).toEqual([null, 'a', 'b', 'c']);
});

test('a stored undefined is null', async () => {
  const domain = 'domain-of-undefined';
  const statuses = [{ type: 0x06, bytes: Buffer.alloc(0) }, element(null), element('A')];
  const jobs = statuses.map((status, nth) =>
    rawDocument([
      ['job_id', element(`job-status-${String(nth)}`)],
      ['domain_id', element(domain)],
      ['status', status],
    ]),
  );
  await insertRaw(mongodbUri(), DATABASE, 'job', jobs);
  const query = { distinct: 'status' };
  expect(rowsOf(await service.stat(domain, query))).toEqual([null, 'A']);
  const paged = await service.stat(domain, { ...query, page: { limit: 5 } });
  expect(paged).toMatchObject({ response: { results: [null, 'A'], total_count: 2 } });
});
