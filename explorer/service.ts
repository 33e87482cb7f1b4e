/**
 * Calls of the Job service over the routes of the HTTP door, and what it says where one fails (docs/http.md). The token
 * stands in a variable of this module: it is gone with the page.
 */
import { listAt, numberAt, parseJson, textAt } from './json.js';
import type { Json, JsonObject } from './json.js';

export type Rpc = 'get' | 'list' | 'stat';

/** A call: what is asked of which rpc. */
export interface Call {
  /** What the answer is for, in words. */
  readonly what: string;
  readonly rpc: Rpc;
  readonly request: JsonObject;
}

/** A field of a request that is at fault, `query.filter[2].value`. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** A call that failed, in the service's own words. */
export class CallError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0: there was no answer at all. */
    readonly status: number,
    /** Whether the same call may be answered a little later. */
    readonly passes: boolean,
    readonly violations: readonly Violation[] = [],
  ) {
    super(message);
  }
}

let token = '';

export const setToken = (given: string): void => {
  token = given.trim();
};
export const hasToken = (): boolean => token !== '';

/** What a token says of its caller. The service verifies it; this only shows. */
export interface Caller {
  readonly domain: string;
  readonly user: string;
}

/** The caller that the token names; empty where it is no JWT. */
export function callerOf(jwt: string): Caller {
  try {
    const [, payload = ''] = jwt.trim().split('.');
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0),
    );
    const claims = parseJson(new TextDecoder().decode(bytes));
    return { domain: textAt(claims, 'did'), user: textAt(claims, 'aud') };
  } catch {
    // Whatever it is, the service will say what is wrong with it.
    return { domain: '', user: '' };
  }
}

const violation = (value: Json): Violation => ({
  field: textAt(value, 'field'),
  description: textAt(value, 'description'),
});

function failureOf(status: number, body: string): CallError {
  try {
    const answer = parseJson(body);
    const details = listAt(answer, 'details');
    const passes = details.some((detail) => textAt(detail, '@type').endsWith('.RetryInfo'));
    const violations = details.flatMap((detail) => listAt(detail, 'field_violations')).map(violation);
    return new CallError(textAt(answer, 'message') || `HTTP ${status}`, status, passes, violations);
  } catch {
    // It comes from something between here and the service.
    return new CallError(`HTTP ${status}`, status, status >= 502);
  }
}

export const pathOf = (rpc: Rpc): string => `/inventory/v1/job/${rpc}`;

export const UNREACHABLE = 'The service does not answer.';

/** What comes of an answer. Errors: CallError where none comes, or not the whole; AbortError. */
const arrived = <T>(coming: Promise<T>, signal: AbortSignal): Promise<T> =>
  coming.catch((error: unknown) => {
    signal.throwIfAborted();
    throw error instanceof TypeError ? new CallError(UNREACHABLE, 0, true) : error;
  });

/** The response to a call. Errors: CallError; AbortError where the signal was aborted. */
async function posted(
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
  const response = await arrived(sent, signal);
  if (response.ok) return response;
  throw failureOf(response.status, await arrived(response.text(), signal));
}

/** The answer to a call. Errors: CallError; AbortError where the signal was aborted. */
export async function call(asked: Call, signal: AbortSignal): Promise<Json> {
  const response = await posted(asked, signal, {});
  return parseJson(await arrived(response.text(), signal));
}

/** What rows are exported as, and the content type that asks for it. */
export const FORMATS = { CSV: 'text/csv', NDJSON: 'application/x-ndjson' } as const;
export type Format = keyof typeof FORMATS;

/** All jobs that a list finds, as rows. Errors: CallError; AbortError; the connection broke half-way. */
export async function exported(asked: Call, format: Format, signal: AbortSignal): Promise<Blob> {
  const response = await posted(asked, signal, { accept: FORMATS[format] });
  return response.blob();
}

/** What the page has to know of the service before it asks anything. */
export interface Settings {
  readonly version: string;
  /** Whether calls need a token. */
  readonly needsToken: boolean;
  /** Where gRPC is served: its port, and whether with TLS. */
  readonly grpcPort: number;
  readonly tls: boolean;
  /** Domains to begin with. */
  readonly domains: readonly string[];
  /** The fields of a job, and those of its collector, by the names that conditions use. */
  readonly fields: readonly string[];
}

/** Errors: TypeError where the service does not answer. */
export async function settings(): Promise<Settings> {
  const response = await fetch('/explorer/settings.json');
  const given = parseJson(await response.text());
  const texts = (name: string): readonly string[] =>
    listAt(given, name).filter((each) => typeof each === 'string');
  return {
    version: textAt(given, 'version'),
    needsToken: textAt(given, 'auth') === 'jwt',
    grpcPort: numberAt(given, 'grpc_port'),
    tls: textAt(given, 'tls') === 'on',
    domains: texts('domains'),
    fields: texts('fields'),
  };
}
