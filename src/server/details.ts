/** Encodes errors as google.rpc.Status, for newer clients to read beside the status text (docs/errors.md «Details»). */
import { fromJsonString, toBinary } from '@bufbuild/protobuf';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import type { AppError } from '../errors.js';
import { STATUSES } from '../errors.js';
import type { Any } from '../gen/google/protobuf/any.js';
import { BadRequest, ErrorInfo, RequestInfo, RetryInfo } from '../gen/google/rpc/error_details.js';
import { Status } from '../gen/google/rpc/status.js';

const DOMAIN = 'inventory.spaceone';

const packed = (type: string, value: Uint8Array): Any => ({
  type_url: `type.googleapis.com/google.rpc.${type}`,
  value,
});

function retryInfo(milliseconds: number): Uint8Array {
  const delay = { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
  return RetryInfo.encode({ retry_delay: delay }).finish();
}

/**
 * Encodes `error` with ErrorInfo and RequestInfo always, BadRequest for a faulty field, and RetryInfo if a retry helps.
 */
export function statusDetails(error: AppError, requestId: string): Uint8Array {
  const { field, retryAfterMs, metadata } = error;
  const violation = field === undefined ? [] : [{ field, description: error.message }];
  const details = [
    packed(
      'ErrorInfo',
      ErrorInfo.encode({ reason: error.code, domain: DOMAIN, metadata: { ...metadata } }).finish(),
    ),
    ...violation.map((each) =>
      packed('BadRequest', BadRequest.encode({ field_violations: [each] }).finish()),
    ),
    ...(retryAfterMs === undefined ? [] : [packed('RetryInfo', retryInfo(retryAfterMs))]),
    packed('RequestInfo', RequestInfo.encode({ request_id: requestId }).finish()),
  ];
  return Status.encode({ code: STATUSES[error.status].grpc, message: error.message, details }).finish();
}

/** Encodes an explanation, JSON, as a Status with a google.protobuf.Struct. */
export function explanationDetails(explanation: string): Uint8Array {
  const value = toBinary(StructSchema, fromJsonString(StructSchema, explanation));
  const details = [{ type_url: `type.googleapis.com/${StructSchema.typeName}`, value }];
  return Status.encode({ code: 0, message: '', details }).finish();
}
