/** Example requests on the sample for the API reference, with the response to the first of each rpc. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Rpc } from '../../rpcs.js';

interface Example {
  readonly summary: string;
  readonly request: JsonObject;
}

interface AnsweredExample extends Example {
  readonly response: JsonObject;
}

const DOMAIN = { domain_id: 'domain-07d2e9c4a6b1' };
const JOB = { ...DOMAIN, job_id: 'job-39fc4a58d6de' };

export const EXAMPLES: Readonly<Record<Rpc, readonly [AnsweredExample, ...Example[]]>> = {
  get: [
    {
      summary: 'How a job stands',
      request: { ...JOB, only: ['job_id', 'status', 'total_tasks', 'remained_tasks', 'finished_at'] },
      response: {
        job_id: 'job-39fc4a58d6de',
        status: 'TIMEOUT',
        total_tasks: 40,
        remained_tasks: 14,
        finished_at: '2023-05-15T22:03:00.489Z',
      },
    },
    { summary: 'All of a job', request: JOB },
  ],
  list: [
    {
      summary: 'The two newest jobs',
      request: { ...DOMAIN, query: { only: ['job_id', 'status'], page: { limit: 2 } } },
      response: {
        results: [
          { job_id: 'job-39fc4a58d6de', status: 'TIMEOUT', created_at: '2023-05-15T21:20:57.548Z' },
          { job_id: 'job-a1d83f12596a', status: 'SUCCESS', created_at: '2023-04-24T21:30:10.092Z' },
        ],
        total_count: 10,
      },
    },
    {
      summary: 'What did not succeed, the oldest first',
      request: {
        ...DOMAIN,
        query: {
          filter: [{ k: 'status', v: ['ERROR', 'TIMEOUT', 'CANCELED'], o: 'in' }],
          sort: { key: 'created_at' },
        },
      },
    },
    {
      summary: 'How many jobs AWS collectors have run since May 2023',
      request: {
        ...DOMAIN,
        query: {
          filter: [
            { k: 'collector.provider', v: 'aws', o: 'eq' },
            { k: 'created_at', v: '2023-05-01', o: 'datetime_gte' },
          ],
          count_only: true,
        },
      },
    },
  ],
  stat: [
    {
      summary: 'Jobs by status, the most frequent first',
      request: {
        ...DOMAIN,
        query: {
          aggregate: [
            {
              group: {
                keys: [{ key: 'status', name: 'status' }],
                fields: [{ name: 'jobs', operator: 'count' }],
              },
            },
            { sort: { keys: [{ key: 'jobs', desc: true }, { key: 'status' }] } },
            { limit: 2 },
          ],
        },
      },
      response: {
        results: [
          { status: 'SUCCESS', jobs: 7 },
          { status: 'CREATED', jobs: 1 },
        ],
      },
    },
    {
      summary: 'Jobs and open tasks a day',
      request: {
        ...DOMAIN,
        query: {
          aggregate: [
            {
              group: {
                keys: [{ key: 'created_at', name: 'day', date_format: '%Y-%m-%d' }],
                fields: [
                  { name: 'jobs', operator: 'count' },
                  { key: 'remained_tasks', name: 'open_tasks', operator: 'sum' },
                ],
              },
            },
            { sort: { key: 'day', desc: true } },
          ],
        },
      },
    },
    { summary: 'Which statuses there are', request: { ...DOMAIN, query: { distinct: 'status' } } },
  ],
  delete: [
    { summary: 'Deletes a job for good', request: { ...DOMAIN, job_id: 'job-c8217c800e0a' }, response: {} },
  ],
};
