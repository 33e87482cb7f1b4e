// 1.11 ignores unknown fields of a request. Later lines of the API have other numbers for the same names, so their
// filters would be lost; here an unknown field is rejected by message and number.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, test } from '@jest/globals';
import { useService } from '../harness/use-service.js';

const service = useService('difference-unknown-fields');

/** Encodes a JobsQuery with a domain_id and a text in field `number`. */
const encodeQuery = (number: number): Uint8Array =>
  new BinaryWriter().uint32(50).string('domain-3f1c9a7b2e40').tag(number, 2).string('workspace').finish();

test.each([7, 21, 22])('the unknown field %d of JobsQuery is rejected', async (number) => {
  expect(await service.send('list', encodeQuery(number))).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      code: 'ERROR_INVALID_PARAMETER',
      text: expect.stringContaining(`JobsQuery has no field ${number};`),
    },
  });
});
