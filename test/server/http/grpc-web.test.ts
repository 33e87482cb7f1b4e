// gRPC-Web requests other than exactly one message are rejected as a whole.
import { expect, test } from '@jest/globals';
import { JobsQuery } from '../../../src/gen/spaceone/api/inventory/v1/job.js';
import { post } from '../../harness/http-client.js';
import { pathOf } from '../../harness/messages.js';
import { useService } from '../../harness/use-service.js';

const DOMAIN = 'domain-07d2e9c4a6b1';

const service = useService('grpc_web');

const message = Buffer.from(
  JobsQuery.encode({ ...JobsQuery.decode(new Uint8Array()), domain_id: DOMAIN }).finish(),
);

function framed(content: Buffer, { flags = 0, length = content.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, content]);
}

const ONE = framed(message);

/** Returns the response frames as text; a failed call has trailers only. */
async function answerTo(body: Buffer, type: string): Promise<string> {
  const response = await post(service.http, pathOf('list'), body, { 'content-type': type });
  return response.text();
}

test('a request of one message is answered', async () => {
  expect(await answerTo(ONE, 'application/grpc-web')).toContain('grpc-status: 0\r\n');
});

test.each([
  ['no frame', Buffer.alloc(0)],
  ['half a prefix', ONE.subarray(0, 3)],
  ['two messages', Buffer.concat([ONE, ONE])],
  ['a message and an empty one', Buffer.concat([ONE, framed(Buffer.alloc(0))])],
  ['a message and trailers', Buffer.concat([ONE, framed(Buffer.from('a: b\r\n'), { flags: 0x80 })])],
  ['a message and an extra byte', Buffer.concat([ONE, Buffer.alloc(1)])],
  ['a truncated message', ONE.subarray(0, -1)],
  ['too small a length', framed(message, { length: message.length - 1 })],
  ['too large a length', framed(message, { length: 2 ** 32 - 1 })],
  ['a compressed message', framed(message, { flags: 1 })],
  ['trailers alone', framed(message, { flags: 0x80 })],
])('a request of %s is rejected', async (_, body) => {
  const binary = await answerTo(body, 'application/grpc-web');
  const inText = await answerTo(Buffer.from(body.toString('base64')), 'application/grpc-web-text');
  for (const answer of [binary, Buffer.from(inText, 'base64').toString()]) {
    expect(answer).toContain('grpc-status: 3\r\n');
    expect(answer).toContain(encodeURIComponent('it must be one uncompressed gRPC-Web message'));
  }
});

test.each([
  ['other characters before it', `!!!${ONE.toString('base64')}`],
  ['characters of base64url', '_-__'],
  ['padding within it', `AA==${ONE.toString('base64')}`],
  ['a last digit that makes no byte', 'AAAAAAAAA'],
  ['such a digit and padding', 'AAAAA='],
])('base64 with %s is rejected', async (_, text) => {
  const answer = Buffer.from(await answerTo(Buffer.from(text), 'application/grpc-web-text'), 'base64');
  expect(answer.toString()).toContain(encodeURIComponent('it must be base64, with padding at its end alone'));
});
