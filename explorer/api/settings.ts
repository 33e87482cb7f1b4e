/** The facts about the service that the page needs before its first call. */
import { callErrorOf } from './call-error.js';
import { listAt, numberAt, parseJson, textAt } from './json.js';

export interface Settings {
  readonly version: string;
  readonly needsToken: boolean;
  /** A token gives the jobs of its own domain alone, whatever its caller's role. */
  readonly isBound: boolean;
  readonly grpcPort: number;
  /** Both listeners use TLS, or neither does. */
  readonly tls: boolean;
  /** Domains offered as a start. */
  readonly domains: readonly string[];
  /** The fields of a job and of its collector, by the names that conditions use. */
  readonly fields: readonly string[];
  /** The service explains calls to those who ask. */
  readonly explains: boolean;
}

/** A smaller difference may be the way of the answer. */
const MIN_OFFSET_MS = 60_000;

let offset = 0;

/** The time by the clock of the service: that of the reader’s machine may be wrong by hours. */
export const serviceNow = (): number => Date.now() + offset;

function setClock(date: string): void {
  const difference = Date.parse(date) - Date.now();
  offset = Math.abs(difference) < MIN_OFFSET_MS || Number.isNaN(difference) ? 0 : difference;
}

/** How the service knows its callers. */
const AUTHS = ['none', 'jwt', 'identity'];

/**
 * Sets the clock by the answer. Errors: TypeError while the service is unreachable, CallError and SyntaxError for an
 * answer of something between.
 */
export async function fetchSettings(): Promise<Settings> {
  const response = await fetch('/explorer/settings.json');
  const body = await response.text();
  if (!response.ok) throw callErrorOf(response.status, body);
  const given = parseJson(body);
  const auth = textAt(given, 'auth');
  if (!AUTHS.includes(auth)) throw new SyntaxError(`no settings: ${body}`);
  setClock(response.headers.get('date') ?? '');
  const texts = (name: string): readonly string[] =>
    listAt(given, name).filter((each) => typeof each === 'string');
  return {
    version: textAt(given, 'version'),
    needsToken: auth !== 'none',
    isBound: auth === 'jwt',
    grpcPort: numberAt(given, 'grpc_port'),
    tls: textAt(given, 'tls') === 'on',
    domains: texts('domains'),
    fields: texts('fields'),
    explains: textAt(given, 'explain') === 'on',
  };
}
