// Reads the explanation of a call in its trailing metadata over gRPC.
import { Status } from '../../src/gen/google/rpc/status.js';
import { messageNamed } from '../../src/wire/descriptors.js';
import { jsonOf } from '../../src/wire/json.js';

/** The JSON in the Struct of a google.rpc.Status in base64; undefined without one. */
export function explainedIn(trailer: string | undefined): string | undefined {
  if (trailer === undefined) return undefined;
  const [detail] = Status.decode(Buffer.from(trailer, 'base64')).details;
  if (detail?.type_url !== 'type.googleapis.com/google.protobuf.Struct') throw new Error('no Struct');
  return jsonOf(messageNamed('google.protobuf.Struct'), detail.value);
}
