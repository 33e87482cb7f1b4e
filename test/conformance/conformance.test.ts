// Every conformance case, each a test of its own, through every door of a real service on a real mongod.
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jsonClient } from '../harness/client.js';
import type { JsonClient, Outcome } from '../harness/client.js';
import { callConnect, TRANSPORTS } from '../harness/connect-client.js';
import { callHttp } from '../harness/http-client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { comparable, documentsOf, errorOf, FAMILIES, fits, run, summary } from './cases.js';
import type { Case, Door, Expectation } from './cases.js';

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('conformance');
  client = jsonClient(service.address);
});

afterAll(async () => {
  client.close();
  await service.stop();
});

/** What of `outcome` is not as `due`; undefined when all is. */
function difference(outcome: Outcome, due: Expectation, each: Case): unknown {
  if (due.any_of !== undefined) {
    const differences = due.any_of.map((one) => difference(outcome, one, each));
    return differences.includes(undefined) ? undefined : differences;
  }
  const error = errorOf(outcome);
  if (due.error !== undefined) return error !== undefined && fits(error, due.error) ? undefined : outcome;
  if (error !== undefined) return error;
  const [found, expected] =
    due.response === undefined
      ? [summary(outcome, due), due]
      : [comparable('response' in outcome ? outcome.response : {}, each), comparable(due.response, each)];
  return isDeepStrictEqual(found, expected) ? undefined : { found, expected };
}

const DOORS: readonly (readonly [string, Door])[] = [
  ['gRPC', (rpc, request) => client.call(rpc, request)],
  ['HTTP', (rpc, request) => callHttp(service.http, rpc, request)],
  ...Object.entries(TRANSPORTS).map(([name, transport]): [string, Door] => [
    name,
    (rpc, request) => callConnect(transport(service.http), rpc, request),
  ]),
];

async function check(each: Case, door: Door): Promise<void> {
  if (each.insert !== undefined) {
    await service.db.collection('job').insertMany(documentsOf(each.insert, new Date()));
  }
  expect(difference(await run(each, door), each.expect, each)).toBeUndefined();
  for (const next of each.then ?? []) await check(next, door);
}

/** Cases that leave something behind get the sample as it was, and leave it as it was. */
async function checkOnSample(each: Case, door: Door): Promise<void> {
  const changes = each.rpc === 'delete' || each.insert !== undefined;
  const reload = changes ? service.reload : () => Promise.resolve();
  await reload();
  await check(each, door);
  await reload();
}

describe.each(DOORS)('%s', (_, door) => {
  describe.each(FAMILIES)('%s', (__, cases) => {
    test.each(cases)('$name', (each) => checkOnSample(each, door));
  });
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
