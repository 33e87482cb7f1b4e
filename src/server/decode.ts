/** Reads the bytes of a request as the message of its rpc, strictly (docs/errors.md). */
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { AppError, fail } from '../errors.js';
import { GetJobRequest, JobRequest, JobsQuery, JobStatQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import { JOB_SERVICE } from '../wire/descriptors.js';
import { merged } from '../wire/merge.js';
import { requireUtf8, scan } from '../wire/scan.js';
import type { Rpc } from '../rpcs.js';
import type { DecodedRequest, Incoming } from './call-context.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const strictReader = (bytes: Uint8Array): BinaryReader =>
  new BinaryReader(bytes, (text) => utf8.decode(text));

const METHODS: ReadonlyMap<string, DescMethod> = new Map(
  JOB_SERVICE.methods.map((method) => [method.name, method]),
);

function inputOf(rpc: Rpc): DescMessage {
  const method = METHODS.get(rpc);
  if (method === undefined) throw new Error(`the contract has no ${rpc}`);
  return method.input;
}

function decode<Message>(
  message: { decode(reader: BinaryReader): Message },
  { rpc, request, codec }: Incoming,
): Message {
  const input = inputOf(rpc);
  const sent = codec.decode(input, request);
  const bytes = scan(input, sent) ? merged(input, sent) : sent;
  try {
    return message.decode(strictReader(bytes));
  } catch (error) {
    if (error instanceof AppError) throw error;
    requireUtf8(input, bytes);
    return fail('INVALID_PARAMETER', {
      key: 'request',
      reason: 'it cannot be decoded as the message of this rpc',
    });
  }
}

/** Errors: INVALID_PARAMETER for bytes of no such message, LIMIT_EXCEEDED. */
export function decodeRequest(incoming: Incoming): DecodedRequest {
  const { rpc } = incoming;
  switch (rpc) {
    case 'get':
      return { rpc, message: decode(GetJobRequest, incoming) };
    case 'list':
      return { rpc, message: decode(JobsQuery, incoming) };
    case 'stat':
      return { rpc, message: decode(JobStatQuery, incoming) };
    case 'delete':
      return { rpc, message: decode(JobRequest, incoming) };
  }
}
