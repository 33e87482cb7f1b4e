/** Reads the settings with names and forms of OpenTelemetry (docs/settings.md «OpenTelemetry»). */
import { accessSync, constants } from 'node:fs';
import { complaintOf, invalid, oneOf, wholeNumber } from './reader.js';
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
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const HEADER = /^\s*[!#$%&'*+.^_`|~\w-]+\s*=/;

const HEADERS = 'pairs of a header and a value joined by commas, such as authorization=Basic%20abc';

/** Headers of each export. */
const headers: Reader<unknown> = (text) =>
  text.split(',').every((each) => HEADER.test(each)) ? text : invalid(HEADERS);

/** A file that can be read; the packages look at it with the first export. */
const readableFile: Reader<unknown> = (text) => {
  try {
    accessSync(text, constants.R_OK);
    return text;
  } catch {
    return invalid('a file that can be read');
  }
};

const MAX_COUNT = 1_000_000;
const MAX_TIME_MS = 3_600_000;

/** Variables read by OpenTelemetry's packages, which silently ignore an invalid value or hang on it; validated here instead. */
const READ_BY_PACKAGES: readonly (readonly [name: RegExp, read: Reader<unknown>])[] = [
  [/^OTEL_BSP_MAX_(?:QUEUE_SIZE|EXPORT_BATCH_SIZE)$/, wholeNumber(1, MAX_COUNT)],
  [/^OTEL_BSP_(?:SCHEDULE_DELAY|EXPORT_TIMEOUT)$/, wholeNumber(1, MAX_TIME_MS)],
  [/^OTEL_EXPORTER_OTLP_(?:TRACES_|METRICS_)?TIMEOUT$/, wholeNumber(1, MAX_TIME_MS)],
  [/^OTEL_EXPORTER_OTLP_(?:TRACES_|METRICS_)?COMPRESSION$/, oneOf('gzip', 'none')],
  [/^OTEL_EXPORTER_OTLP_(?:TRACES_|METRICS_)?HEADERS$/, headers],
  [/^OTEL_EXPORTER_OTLP_(?:TRACES_|METRICS_)?(?:CERTIFICATE|CLIENT_CERTIFICATE|CLIENT_KEY)$/, readableFile],
];

const readerOf = (name: string): Reader<unknown> | undefined =>
  READ_BY_PACKAGES.find(([names]) => names.test(name))?.[1];

/** Tells whether OpenTelemetry's packages read the variable `name` themselves. */
export const isReadByPackages = (name: string): boolean => readerOf(name) !== undefined;

function complaints(name: string, text: string): readonly string[] {
  try {
    readerOf(name)?.(text);
    return [];
  } catch (error) {
    return [complaintOf(name, error)];
  }
}

/** Complaints about wrong variables among those that the packages read. */
export const wrongForPackages = (
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] =>
  Object.entries(environment).flatMap(([name, text = '']) => (text === '' ? [] : complaints(name, text)));
