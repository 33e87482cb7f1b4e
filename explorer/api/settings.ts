/** The facts about the service that the page needs before its first call. */
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

/** Sets the clock by the answer. Errors: TypeError while the service is unreachable. */
export async function fetchSettings(): Promise<Settings> {
  const response = await fetch('/explorer/settings.json');
  setClock(response.headers.get('date') ?? '');
  const given = parseJson(await response.text());
  const texts = (name: string): readonly string[] =>
    listAt(given, name).filter((each) => typeof each === 'string');
  return {
    version: textAt(given, 'version'),
    needsToken: textAt(given, 'auth') !== 'none',
    isBound: textAt(given, 'auth') === 'jwt',
    grpcPort: numberAt(given, 'grpc_port'),
    tls: textAt(given, 'tls') === 'on',
    domains: texts('domains'),
    fields: texts('fields'),
    explains: textAt(given, 'explain') === 'on',
  };
}
