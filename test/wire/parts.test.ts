// Requests of very many messages are refused before they are decoded, quickly, and by name.
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { JobsQuery, JobStatQuery } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { jsonClient } from '../support/client.js';
import type { JsonClient, RpcName } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

const LENGTH = 4_000_000;

/** A message whose field 1 is `inner`. */
function wrapped(inner: Uint8Array): Uint8Array {
  const header = [
    10,
    (inner.length & 127) | 128,
    ((inner.length >> 7) & 127) | 128,
    ((inner.length >> 14) & 127) | 128,
    inner.length >> 21,
  ];
  return Buffer.concat([Buffer.from(header), inner]);
}

/** `LENGTH` bytes of empty messages in field `number`. */
const empties = (number: number): Uint8Array => Buffer.alloc(LENGTH, Buffer.from([(number << 3) | 2, 0]));

type Codec = { readonly decode: (bytes: Uint8Array) => unknown };

const FLOODS: readonly (readonly [string, RpcName, Codec, Uint8Array])[] = [
  ['filters', 'list', JobsQuery, wrapped(empties(1))],
  ['alternatives', 'list', JobsQuery, wrapped(empties(2))],
  ['stages', 'stat', JobStatQuery, wrapped(empties(3))],
];

function timeOf(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('parts');
  client = jsonClient(service.address);
});

afterAll(async () => {
  client.close();
  await service.stop();
});

test.each(FLOODS)('2,000,000 empty %s are refused without being decoded', async (_, rpc, codec, bytes) => {
  const begun = performance.eventLoopUtilization();
  const outcome = await client.send(rpc, bytes);
  const refusing = performance.eventLoopUtilization(begun).active;
  const decoding = timeOf(() => codec.decode(bytes));
  expect(outcome).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED', code: 'ERROR_LIMIT_EXCEEDED' } });
  expect(refusing).toBeLessThan(decoding);
});

test.each([
  [1000, { response: { total_count: 2201 } }],
  [1001, { error: { status: 'RESOURCE_EXHAUSTED', text: expect.stringContaining('max = 1000') } }],
])('%d conditions', async (conditions, due) => {
  const filter = Array.from({ length: conditions }, () => ({ k: 'job_id', o: 'exists', v: true }));
  const request = { domain_id: 'domain-3f1c9a7b2e40', query: { filter, count_only: true } };
  expect(await client.call('list', request)).toMatchObject(due);
});
