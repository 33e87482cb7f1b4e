// 1.11 ignores unknown fields of a request. Later lines of the API have other numbers for the same names, so their
// filters would be lost; here an unknown field is rejected by message and number.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('difference-unknown-fields');
  client = jsonClient(service.address);
});

afterAll(async () => {
  client.close();
  await service.stop();
});

/** Encodes a JobsQuery with a domain_id and a text in field `number`. */
const encodeQuery = (number: number): Uint8Array =>
  new BinaryWriter().uint32(50).string('domain-3f1c9a7b2e40').tag(number, 2).string('workspace').finish();

test.each([7, 21, 22])('the unknown field %d of JobsQuery is rejected', async (number) => {
  expect(await client.send('list', encodeQuery(number))).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      code: 'ERROR_INVALID_PARAMETER',
      text: expect.stringContaining(`JobsQuery has no field ${number};`),
    },
  });
});
