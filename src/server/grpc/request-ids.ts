/** The request ids of gRPC calls, given before their handlers: an error made in place of the library's names its call, too. */
import { Metadata } from '@grpc/grpc-js';
import { requestIdOf } from '../request-id.js';

/** The first value of `name` in the metadata. */
export function textIn(metadata: Metadata, name: string): string | undefined {
  const [first] = metadata.get(name);
  return typeof first === 'string' ? first : undefined;
}

/**
 * Answers the request id of a call of the library, which keeps the metadata in a property of its own. The id is written
 * there, so that the handler reads the same one.
 */
export function identify(call: object): string {
  const metadata = 'metadata' in call && call.metadata instanceof Metadata ? call.metadata : new Metadata();
  const requestId = requestIdOf((name) => textIn(metadata, name));
  metadata.set('x-request-id', requestId);
  return requestId;
}
