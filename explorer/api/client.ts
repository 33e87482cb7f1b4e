/**
 * Makes calls over the HTTP routes of the service (docs/http.md). The token is a variable of this module, so that it
 * disappears with the page.
 */
import { pathOf } from './call.js';
import type { Call } from './call.js';
import { CallError, callErrorOf, UNREACHABLE } from './call-error.js';
import { explanationOf } from './explanation.js';
import type { Explanation } from './explanation.js';
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

const EXPLAIN = 'x-explain';

/** Makes a call again, and answers what it took in place of its results. Errors: CallError; AbortError after an abort. */
export async function explain(call: Call, signal: AbortSignal): Promise<Explanation> {
  const response = await post(call, signal, { [EXPLAIN]: '1' });
  await received(response.text(), signal);
  return explanationOf(parseJson(response.headers.get(EXPLAIN) ?? '{}'));
}

/** The formats of an export, each with its content type. */
export const FORMATS = { CSV: 'text/csv', NDJSON: 'application/x-ndjson' } as const;
export type Format = keyof typeof FORMATS;

const [LINE_END, QUOTE] = [10, 34];

/** Counts the lines of a file as its parts arrive; a line end between quotes of CSV belongs to a cell. */
function createLineCounter(format: Format): (part: Uint8Array) => number {
  let lines = 0;
  let isQuoted = false;
  return (part) => {
    for (const byte of part) {
      if (byte === QUOTE && format === 'CSV') isQuoted = !isQuoted;
      else if (byte === LINE_END && !isQuoted) lines++;
    }
    return lines;
  };
}

/** Makes spreadsheets read the letters of a CSV file as UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * All jobs that a list finds, as one file; `onRows` hears of the rows as they arrive. Errors: CallError; AbortError; a
 * broken connection half-way.
 */
export async function exportJobs(
  call: Call,
  format: Format,
  signal: AbortSignal,
  onRows: (rows: number) => void,
): Promise<Blob> {
  const response = await post(call, signal, { accept: FORMATS[format] });
  const parts: BlobPart[] = format === 'CSV' ? [BYTE_ORDER_MARK] : [];
  const countLines = createLineCounter(format);
  const header = format === 'CSV' ? 1 : 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    parts.push(read.value);
    onRows(Math.max(0, countLines(read.value) - header));
  }
  return new Blob(parts, { type: FORMATS[format] });
}
