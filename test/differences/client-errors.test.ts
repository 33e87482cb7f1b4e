// 1.11 answers INTERNAL for much that a client gets wrong, so that clients retry what cannot succeed. What is wrong in
// a request is INVALID_ARGUMENT here, and names what is at fault.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { SAMPLE, serving } from './ask.js';

const { ask } = serving('client-errors');
const list = (query: JsonObject): JsonObject => ({ domain_id: SAMPLE, query });

test.each<readonly [string, 'list' | 'stat', JsonObject, string]>([
  [
    'an unknown operator',
    'list',
    list({ filter: [{ k: 'status', o: 'like', v: 'x' }] }),
    'query.filter[0].operator',
  ],
  [
    'an expression that is none',
    'list',
    list({ filter: [{ k: 'status', o: 'regex', v: '(' }] }),
    'query.filter[0].value',
  ],
  [
    'a text for contain that is none',
    'list',
    list({ filter: [{ k: 'status', o: 'contain', v: 5 }] }),
    'query.filter[0].value',
  ],
  ['a limit of none', 'stat', list({ aggregate: [{ limit: 0 }] }), 'query.aggregate[0].limit'],
])('%s', async (_what, rpc, request, key) => {
  expect(await ask(rpc, request)).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      code: expect.stringMatching(/^ERROR_INVALID_PARAMETER/),
      text: expect.stringContaining('query.'),
    },
  });
  expect(JSON.stringify(await ask(rpc, request))).toContain(key);
});
