// The wire seen by another implementation: a client made from the .proto files at run time, by protobufjs.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, credentials } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { useService } from '../harness/use-service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';

/** A job of a domain of its own: the other cases are about the sample. */
const DELETED = { job_id: 'job-to-delete', domain_id: 'domain-own' };

const text = (stringValue: string): object => ({ stringValue });

/** Requests built by protobufjs, and a part of the answers decoded by it. */
const CALLS: readonly (readonly [string, string, object, object])[] = [
  [
    'enums come as names, nested messages whole',
    'get',
    { job_id: 'job-c8217c800e0a', domain_id: DOMAIN, only: ['job_id', 'status', 'collector_info'] },
    { status: 'SUCCESS', collector_info: { state: 'ENABLED', provider: 'aws', is_public: true } },
  ],
  [
    'the long and the short names of a condition may be mixed',
    'list',
    {
      domain_id: DOMAIN,
      query: {
        filter: [
          { k: 'status', operator: 'eq', v: text('SUCCESS') },
          { key: 'total_tasks', o: 'gte', value: { numberValue: 120 } },
        ],
        sort: { key: 'job_id' },
        only: ['job_id', 'total_tasks'],
      },
    },
    {
      total_count: 3,
      results: [{ total_tasks: 120 }, { total_tasks: 300 }, { total_tasks: 300 }],
    },
  ],
  [
    'rows come as a Struct',
    'stat',
    { domain_id: DOMAIN, query: { distinct: 'total_tasks', page: { limit: 2 } } },
    {
      fields: {
        results: { listValue: { values: [{ numberValue: 0 }, { numberValue: 1 }] } },
        total_count: { numberValue: 9 },
      },
    },
  ],
  ['a delete answers nothing', 'delete', DELETED, {}],
];

const loaded = loadSync('spaceone/api/inventory/v1/job.proto', {
  includeDirs: [join(process.cwd(), 'proto'), join(process.cwd(), 'node_modules/protobufjs')],
  keepCase: true,
  enums: String,
});

const service = useService('proto_loader');
let client: Client;

beforeAll(async () => {
  await service.insert([{ ...DELETED }]);
  client = new Client(service.address, credentials.createInsecure());
});
afterAll(() => {
  client.close();
});

function methodOf(name: string): MethodDefinition<object, object> {
  const methods = new Map(Object.entries(loaded['spaceone.api.inventory.v1.Job'] ?? {}));
  const method: unknown = methods.get(name);
  if (isMethod(method)) return method;
  throw new Error(`the contract has no ${name}`);
}

const isMethod = (method: unknown): method is MethodDefinition<object, object> =>
  typeof method === 'object' &&
  method !== null &&
  'requestSerialize' in method &&
  'responseDeserialize' in method;

function call(name: string, request: object): Promise<object | undefined> {
  const { path, requestSerialize, responseDeserialize } = methodOf(name);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}

test.each(CALLS)('protobufjs clients: %s', async (_, rpc, request, due) => {
  expect(await call(rpc, request)).toMatchObject(due);
});
