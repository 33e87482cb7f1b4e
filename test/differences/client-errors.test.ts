// 1.11 answers INTERNAL to many client errors, so that clients retry in vain. Here an invalid request is
// INVALID_ARGUMENT and the error names the cause.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { SAMPLE, useSampleService } from './ask.js';

const { ask } = useSampleService('client-errors');
const list = (query: JsonObject): JsonObject => ({ domain_id: SAMPLE, query });

test.each<readonly [string, 'list' | 'stat', JsonObject, string]>([
  [
    'an unknown operator',
    'list',
    list({ filter: [{ k: 'status', o: 'like', v: 'x' }] }),
    'query.filter[0].operator',
  ],
  [
    'an invalid expression',
    'list',
    list({ filter: [{ k: 'status', o: 'regex', v: '(' }] }),
    'query.filter[0].value',
  ],
  [
    'a number for contain',
    'list',
    list({ filter: [{ k: 'status', o: 'contain', v: 5 }] }),
    'query.filter[0].value',
  ],
  ['a limit of 0', 'stat', list({ aggregate: [{ limit: 0 }] }), 'query.aggregate[0].limit'],
])('%s is INVALID_ARGUMENT', async (_what, rpc, request, key) => {
  expect(await ask(rpc, request)).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      code: expect.stringMatching(/^ERROR_INVALID_PARAMETER/),
      text: expect.stringContaining('query.'),
    },
  });
  expect(JSON.stringify(await ask(rpc, request))).toContain(key);
});
