// The published SpaceONE Python client against the service: discovery by reflection, and results for its callers.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { INSTALL_TIMEOUT_MS, pythonWith } from '../harness/python.js';
import { useService } from '../harness/use-service.js';

const [, VERSION = ''] = /"version": "(.*)"/.exec(readFileSync('package.json', 'utf8')) ?? [];

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = join(ROOT, 'test/clients/python');

const DOMAIN = 'domain-07d2e9c4a6b1';
const OTHER_DOMAIN = 'domain-b84e06d1c5f2';

type Json = Readonly<Record<string, unknown>>;

interface Call {
  readonly method: string;
  readonly params: Json;
}

interface Report {
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly outcomes: readonly Json[];
}

const isReport = (parsed: unknown): parsed is Report =>
  typeof parsed === 'object' && parsed !== null && 'resources' in parsed && 'outcomes' in parsed;

function reportOf(parsed: unknown): Report {
  if (isReport(parsed)) return parsed;
  throw new Error('the report of the client is malformed');
}

/** Runs all calls in order on one connection. */
function runCalls(interpreter: string, address: string, calls: readonly Call[]): Promise<Report> {
  return new Promise((resolve, reject) => {
    const args = [join(SOURCES, 'calls.py'), `grpc://${address}`];
    const child = execFile(interpreter, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(reportOf(JSON.parse(stdout)));
      else reject(new Error(stderr === '' ? error.message : stderr));
    });
    child.stdin?.end(JSON.stringify(calls));
  });
}

const list = (query: Json, domain_id: string = DOMAIN): Call => ({
  method: 'Job.list',
  params: { domain_id, query },
});
const stat = (query: Json): Call => ({ method: 'Job.stat', params: { domain_id: DOMAIN, query } });
const jobCall = (verb: string, job_id: string, domain_id: string = OTHER_DOMAIN): Call => ({
  method: `Job.${verb}`,
  params: { domain_id, job_id },
});

const jobs = (...ids: readonly string[]): Json => ({
  response: { results: ids.map((job_id) => ({ job_id })), total_count: ids.length },
});
const rows = (...results: readonly unknown[]): Json => ({ response: { results } });
const failed = (status_code: string, error_code: string, message: string): Json => ({
  error: { status_code, error_code, message },
});

const PAGE = { limit: 20 };
/** Sorted by job_id for short responses: the default sort key created_at would be added to `only`. */
const BRIEF = { only: ['job_id'], sort: { key: 'job_id' }, page: PAGE };
const SUCCESS = { k: 'status', v: 'SUCCESS', o: 'eq' };
const LARGE = { key: 'total_tasks', value: 120.0, operator: 'gte' };

const COLLECTOR = {
  collector_id: 'collector-28a45768d7d5',
  name: 'Only Collector',
  state: 'ENABLED',
  plugin_info: { plugin_id: 'plugin-aws-cloud-services', version: '1.13.7' },
  provider: 'aws',
  capability: {
    supported_schema: ['aws_access_key'],
    monitoring_type: 'METRIC',
    filter_format: [
      { key: 'project_id', type: 'str', change_rules: [] },
      { key: 'region_code', type: 'str' },
    ],
  },
  is_public: true,
};

/** Calls and their outcomes in the client; all run in this order on one connection. */
const CASES: readonly (readonly [string, Call, Json])[] = [
  [
    'lists by k, v and o',
    list({ ...BRIEF, filter: [{ k: 'status', v: ['CREATED', 'TIMEOUT'], o: 'in' }] }),
    jobs('job-39fc4a58d6de', 'job-80248073388c'),
  ],
  [
    'lists by key, value and operator, mixed with k, v and o',
    list({ ...BRIEF, filter: [SUCCESS, LARGE] }),
    jobs('job-53d344304c86', 'job-a1d83f12596a', 'job-c8217c800e0a'),
  ],
  [
    'finds an int by a number sent as a double',
    list({ ...BRIEF, filter: [{ k: 'total_tasks', v: 5, o: 'eq' }] }),
    jobs('job-690caa307697'),
  ],
  [
    'finds ints by a list of numbers',
    list({ ...BRIEF, filter_or: [{ key: 'total_tasks', value: [4, 8], operator: 'in' }] }),
    jobs('job-80248073388c', 'job-de60fcd0bf7c'),
  ],
  [
    'lists a page',
    list({ ...BRIEF, page: { start: 2, limit: 1 } }),
    { response: { results: [{ job_id: 'job-39fc4a58d6de' }], total_count: 10 } },
  ],
  ['counts jobs', list({ count_only: true }), { response: { total_count: 10 } }],
  [
    'gets a job',
    {
      method: 'Job.get',
      params: {
        domain_id: DOMAIN,
        job_id: 'job-39fc4a58d6de',
        only: ['job_id', 'status', 'filter', 'total_tasks', 'created_at', 'collector_info'],
      },
    },
    {
      response: {
        job_id: 'job-39fc4a58d6de',
        status: 'TIMEOUT',
        filter: { max_items: 100, note: 'a.b*c?' },
        total_tasks: 40,
        created_at: '2023-05-15T21:20:57.548Z',
        collector_info: COLLECTOR,
      },
    },
  ],
  [
    'computes groups',
    stat({
      aggregate: [
        {
          group: {
            keys: [{ key: 'status', name: 'status' }],
            fields: [
              { name: 'jobs', operator: 'count' },
              { name: 'tasks', key: 'total_tasks', operator: 'sum' },
            ],
          },
        },
        { sort: { key: 'status' } },
      ],
    }),
    rows(
      { status: 'CREATED', jobs: 1, tasks: 4 },
      { status: 'IN_PROGRESS', jobs: 1, tasks: 1 },
      { status: 'SUCCESS', jobs: 7, tasks: 753 },
      { status: 'TIMEOUT', jobs: 1, tasks: 40 },
    ),
  ],
  [
    'computes distinct values of a page',
    stat({ distinct: 'status', filter: [LARGE, SUCCESS], page: PAGE }),
    { response: { results: ['SUCCESS'], total_count: 1 } },
  ],
  ['deletes a job', jobCall('delete', 'job-51edd2720882'), { response: {} }],
  [
    'splits the error of a deleted job at its first colon',
    jobCall('get', 'job-51edd2720882'),
    failed(
      'NOT_FOUND',
      'ERROR_NOT_FOUND',
      ' Resource cannot be found or access is denied. (job_id = job-51edd2720882)',
    ),
  ],
  [
    'splits an error with more colons at the first',
    jobCall('get', 'a: b: c'),
    failed(
      'NOT_FOUND',
      'ERROR_NOT_FOUND',
      ' Resource cannot be found or access is denied. (job_id = a: b: c)',
    ),
  ],
  [
    'reads the error of a request without a domain',
    { method: 'Job.list', params: {} },
    failed('INVALID_ARGUMENT', 'ERROR_REQUIRED_PARAMETER', ' Required parameter. (key = domain_id)'),
  ],
  ['gets the version', { method: 'ServerInfo.get_version', params: {} }, { response: { version: VERSION } }],
  ...['', 'grpc.health.v1.Health', 'spaceone.api.core.v1.ServerInfo', 'spaceone.api.inventory.v1.Job'].map(
    (service) =>
      [
        `checks the health of '${service}'`,
        { method: 'Health.Check', params: { service } },
        { response: { status: 'SERVING' } },
      ] as const,
  ),
  [
    'checks the health of an unknown service',
    { method: 'Health.Check', params: { service: 'spaceone.api.inventory.v1.Server' } },
    failed('NOT_FOUND', 'ERROR_INTERNAL_API', 'unknown service'),
  ],
];

describe('the Python client', () => {
  const service = useService('python-client');
  let clientReport: Report;

  beforeAll(async () => {
    const interpreter = pythonWith('python-client', join(SOURCES, 'requirements.txt'));
    clientReport = await runCalls(
      interpreter,
      service.address,
      CASES.map(([, call]) => call),
    );
  }, INSTALL_TIMEOUT_MS + 60_000);

  test('finds the services and their methods by reflection', () => {
    expect(clientReport.resources).toEqual({
      Health: ['Check', 'Watch'],
      ServerInfo: ['get_version'],
      Job: ['delete', 'get', 'list', 'stat'],
    });
  });

  test.each(CASES.map(([name, , expected], index) => ({ name, expected, index })))(
    '$name',
    ({ expected, index }) => {
      expect(clientReport.outcomes[index]).toEqual(expected);
    },
  );
});
