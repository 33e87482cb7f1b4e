// The OpenAPI description is valid, up to date in the repository, and matches the service's responses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RPCS } from '../../../src/rpcs.js';
import { EXAMPLES } from '../../../src/server/http/examples.js';
import { openapi } from '../../../src/server/http/openapi.js';
import { callHttp } from '../../harness/http-client.js';
import { useService } from '../../harness/use-service.js';

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const read = (path: string): string => readFileSync(join(process.cwd(), path), 'utf8');
const COMMITTED = read('docs/openapi.json');
const [, VERSION = ''] = /"version": "(.*)"/.exec(read('package.json')) ?? [];

const service = useService('openapi');

test('the description is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(COMMITTED);
  expect({ valid, errors }).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('the committed description is the served one', async () => {
  const served: unknown = await (await fetch(`http://${service.http}/openapi.json`)).json();
  expect(served).toEqual(json(openapi(VERSION)));
  expect(JSON.parse(COMMITTED)).toEqual(json(openapi(VERSION)));
});

test('the description declares required fields and the mutual exclusion of aliases', () => {
  expect(json(openapi(VERSION))).toMatchObject({
    security: [{}, { token: [] }],
    paths: { '/inventory/v1/job/list': { post: { operationId: 'Job_list', tags: ['Job'] } } },
    components: {
      schemas: {
        Filter: { allOf: expect.arrayContaining([{ not: { required: ['key', 'k'] } }]) },
        GetJobRequest: { required: ['job_id'], additionalProperties: false },
        JobInfo: { properties: { status: { enum: expect.arrayContaining(['NONE', 'SUCCESS']) } } },
        JobsInfo: { properties: { results: { items: { $ref: '#/components/schemas/JobInfo' } } } },
      },
    },
  });
});

describe('the examples', () => {
  // One of them deletes a job.
  beforeEach(() => service.reload());

  test.each(
    RPCS.flatMap((rpc) => {
      const [first, ...more] = EXAMPLES[rpc];
      return [
        { rpc, ...first },
        ...more.map((example) => ({ rpc, ...example, response: expect.anything() })),
      ];
    }),
  )('of $rpc have their documented responses on the sample: $summary', async ({ rpc, request, response }) => {
    expect(await callHttp(service.http, rpc, request)).toEqual({ response });
  });
});
