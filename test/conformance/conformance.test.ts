// Runs every conformance case as its own test over every transport of a real service on a real mongod.
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { Db } from 'mongodb';
import type { Outcome } from '../harness/client.js';
import { callConnect, TRANSPORTS } from '../harness/connect-client.js';
import { callHttp } from '../harness/http-client.js';
import { restoreSample } from '../harness/sample.js';
import type { Service } from '../harness/service.js';
import { useService, useServiceIgnoringCase } from '../harness/use-service.js';
import { comparable, documentsOf, errorOf, FAMILIES, matchesError, run, summarize } from './cases.js';
import type { Case, Call, Expectation } from './cases.js';

const service = useService('conformance');
const ignoringCase = useServiceIgnoringCase('conformance-ignoring-case');

/** Returns the part of `outcome` other than expected, or undefined if all matches. */
function difference(outcome: Outcome, expected: Expectation, each: Case): unknown {
  if (expected.any_of !== undefined) {
    const differences = expected.any_of.map((one) => difference(outcome, one, each));
    return differences.includes(undefined) ? undefined : differences;
  }
  const error = errorOf(outcome);
  if (expected.error !== undefined)
    return error !== undefined && matchesError(error, expected.error) ? undefined : outcome;
  if (error !== undefined) return error;
  const [found, wanted] =
    expected.response === undefined
      ? [summarize(outcome, expected), expected]
      : [
          comparable('response' in outcome ? outcome.response : {}, each),
          comparable(expected.response, each),
        ];
  return isDeepStrictEqual(found, wanted) ? undefined : { found, wanted };
}

const CLIENTS: readonly (readonly [string, Service, Call])[] = [
  ['gRPC', service, service.call],
  ['gRPC, on collections that ignore case', ignoringCase, ignoringCase.call],
  ['HTTP', service, (rpc, request) => callHttp(service.http, rpc, request)],
  ...Object.entries(TRANSPORTS).map(([name, transport]): [string, Service, Call] => [
    name,
    service,
    (rpc, request) => callConnect(transport(service.http), rpc, request),
  ]),
];

async function check(each: Case, db: Db, call: Call): Promise<void> {
  if (each.insert !== undefined) {
    await db.collection('job').insertMany(documentsOf(each.insert, new Date()));
  }
  expect(difference(await run(each, call), each.expect, each)).toBeUndefined();
  for (const next of each.then ?? []) await check(next, db, call);
}

/** Runs a case, and restores the sample after one with changes. */
async function checkOnSample(each: Case, { client, db }: Service, call: Call): Promise<void> {
  const hasChanges = each.rpc === 'delete' || each.insert !== undefined;
  try {
    await check(each, db, call);
  } finally {
    if (hasChanges) await restoreSample(client, db);
  }
}

describe.each(CLIENTS)('%s', (_, served, call) => {
  describe.each(FAMILIES)('%s', (__, cases) => {
    test.each(cases)('$name', (each) => checkOnSample(each, served, call));
  });
});

test('no case caused an internal error', () => {
  expect([service, ignoringCase].flatMap(({ faults }) => faults)).toEqual([]);
});
