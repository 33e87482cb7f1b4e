/** Reads the settings with names and forms of OpenTelemetry (docs/settings.md «OpenTelemetry»). */
import { invalid } from './reader.js';
import type { Reader } from './reader.js';

/** Credentials would be in the log and in --print-config. */
const isBaseUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
};

export const baseUrl: Reader<string> = (text) =>
  isBaseUrl(text)
    ? text
    : invalid('a URL such as http://localhost:4318; credentials go to OTEL_EXPORTER_OTLP_HEADERS');

export const ratio: Reader<number> = (text) =>
  /^(?:1|[01]?\.\d+|0)$/.test(text) && Number(text) <= 1 ? Number(text) : invalid('a number from 0 to 1');

const PAIRS = 'pairs joined by commas, such as deployment.environment.name=test,team=inventory';

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return invalid(PAIRS);
  }
};

function pair(text: string): readonly [string, string] {
  const [, key = invalid(PAIRS), value = ''] = /^\s*([^\s=]+)\s*=([^=]*)$/.exec(text) ?? [];
  return [decoded(key), decoded(value)];
}

/** Reads pairs of a key and a value, both percent-encoded. */
export const pairs: Reader<Readonly<Record<string, string>>> = (text) =>
  Object.fromEntries(text === '' ? [] : text.split(',').map(pair));

export const SAMPLERS = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
] as const;
