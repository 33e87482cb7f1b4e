/**
 * Makes calls over the HTTP routes of the service (docs/http.md). The token is a variable of this module, so that it
 * disappears with the page.
 */
import { pathOf } from './call.js';
import type { Call } from './call.js';
import { CallError, callErrorOf, UNREACHABLE } from './call-error.js';
import { parseJson } from './json.js';

let token = '';

export const setToken = (given: string): void => {
  token = given.trim();
};
export const hasToken = (): boolean => token !== '';

/** Turns a lost connection into a CallError. Errors: CallError; AbortError after an abort. */
const received = <T>(pending: Promise<T>, signal: AbortSignal): Promise<T> =>
  pending.catch((error: unknown) => {
    signal.throwIfAborted();
    throw error instanceof TypeError ? new CallError(UNREACHABLE, 0, true) : error;
  });

/** Errors: CallError; AbortError after an abort. */
async function post(
  { rpc, request }: Call,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<Response> {
  const sent = fetch(pathOf(rpc), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === '' ? {} : { token }),
      ...headers,
    },
    body: JSON.stringify(request),
    signal,
  });
  const response = await received(sent, signal);
  if (response.ok) return response;
  throw callErrorOf(response.status, await received(response.text(), signal));
}

/** Makes a call and reads its answer. Errors: CallError; AbortError after an abort. */
export async function send<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
  const response = await post(call, signal, {});
  return call.read(parseJson(await received(response.text(), signal)));
}

/** The formats of an export, each with its content type. */
export const FORMATS = { CSV: 'text/csv', NDJSON: 'application/x-ndjson' } as const;
export type Format = keyof typeof FORMATS;

/** All jobs that a list finds, as one file. Errors: CallError; AbortError; a broken connection half-way. */
export async function exportJobs(call: Call, format: Format, signal: AbortSignal): Promise<Blob> {
  const response = await post(call, signal, { accept: FORMATS[format] });
  return response.blob();
}
