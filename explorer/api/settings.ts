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

/** Errors: TypeError while the service is unreachable. */
export async function fetchSettings(): Promise<Settings> {
  const response = await fetch('/explorer/settings.json');
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
