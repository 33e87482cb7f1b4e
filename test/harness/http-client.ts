// A client that posts JSON to the HTTP door, as curl does, with outcomes as those of the gRPC client.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { Failure, Outcome, RpcName } from './client.js';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function failure(body: JsonObject): Failure {
  const message = typeof body['message'] === 'string' ? body['message'] : '';
  const [, code = '', text = message] = /^(ERROR_\w+): (.*)$/s.exec(message) ?? [];
  const details: JsonValue = body;
  return { status: status[Number(body['code'])] ?? '', code, text, details };
}

/** Posts `text` to `path` of the door at `address`. */
export const post = (
  address: string,
  path: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<Response> =>
  fetch(`http://${address}${path}`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  });

/** What a body says that came back. Errors: it is no JSON object. */
export function outcomeOf(body: string, ok: boolean): Outcome {
  const parsed: unknown = JSON.parse(body);
  if (!isObject(parsed)) throw new Error(`no JSON object came back: ${body.slice(0, 80)}`);
  return ok ? { response: parsed } : { error: failure(parsed) };
}

/** Calls an rpc by its route. */
export async function callHttp(
  address: string,
  rpc: RpcName,
  request: JsonObject,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Outcome> {
  const response = await post(address, `/inventory/v1/job/${rpc}`, JSON.stringify(request), headers, signal);
  return outcomeOf(await response.text(), response.ok);
}
