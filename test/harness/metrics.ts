// Reads /metrics, strictly by Prometheus' text format: every fault of a scrape is an error.
import { createMetrics } from '../../src/telemetry/metrics/registry.js';
import { until } from './until.js';

/** Metrics without definitions. */
export const NO_METRICS = createMetrics({});

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const PAIR = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${PAIR.source}(?:,${PAIR.source})*)\\})? (\\S+)$`);
const VALUES: ReadonlyMap<string, number> = new Map([
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
]);

function wrong(what: string, line: string): never {
  throw new Error(`${what}: ${line}`);
}

function labelsIn(text: string, line: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(new RegExp(PAIR, 'g'))].map(
    ([, name = '', value = '']) =>
      [name, value.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))] as const,
  );
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) wrong('a label twice', line);
  return Object.fromEntries(pairs);
}

function sampleIn(line: string): Sample {
  const [, name = '', labels = ''] = SAMPLE.exec(line) ?? wrong('no sample', line);
  const text = line.slice(line.lastIndexOf(' ') + 1);
  const value = VALUES.get(text) ?? Number(text);
  if (Number.isNaN(value)) wrong('no number', line);
  return { name, labels: labelsIn(labels, line), value };
}

const SUFFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ['histogram', ['_bucket', '_sum', '_count']],
]);

/** The identity of a series: its name and its labels in order. */
export const seriesOf = ({ name, labels }: Sample): string => {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return pairs.length === 0 ? name : `${name}{${pairs.map(([label, text]) => `${label}="${text}"`).join()}}`;
};

function familyIn([help = '', type = '', ...lines]: readonly string[]): Family {
  const [, name = '', words = ''] = HELP.exec(help) ?? wrong('no HELP', help);
  const [, typed = '', kind = ''] = TYPE.exec(type) ?? wrong('no TYPE', type);
  if (typed !== name) wrong(`the TYPE of another metric than ${name}`, type);
  const samples = lines.map(sampleIn);
  const names = (SUFFIXES.get(kind) ?? ['']).map((suffix) => name + suffix);
  for (const sample of samples) if (!names.includes(sample.name)) wrong(`no sample of ${name}`, sample.name);
  return { name, type: kind, help: words, samples };
}

/** The samples of a histogram's series: by its labels without `le`. */
function histogramsIn({ samples }: Family): readonly (readonly Sample[])[] {
  const by = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = JSON.stringify({ ...sample.labels, le: undefined });
    by.set(key, [...(by.get(key) ?? []), sample]);
  }
  return [...by.values()];
}

function checkHistogram(samples: readonly Sample[]): void {
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket'));
  const bounds = buckets.map(({ labels }) => VALUES.get(labels['le'] ?? '') ?? Number(labels['le']));
  const counts = buckets.map(({ value }) => value);
  const rises = (all: readonly number[], least: number): boolean =>
    all.every((each, nth) => nth === 0 || each - (all[nth - 1] ?? NaN) >= least);
  const [first] = samples;
  const name = first === undefined ? '' : seriesOf(first);
  if (bounds.at(-1) !== Infinity || !rises(bounds.slice(0, -1), Number.MIN_VALUE)) wrong('bounds', name);
  const count = samples.find((sample) => sample.name.endsWith('_count'))?.value;
  if (!rises(counts, 0) || counts.at(-1) !== count) wrong('counts of buckets', name);
  if (samples.length !== buckets.length + 2) wrong('a sum and a count', name);
}

/** Parses a scrape. Errors: it breaks the format. */
export function parseScrape(text: string): readonly Family[] {
  if (!text.endsWith('\n')) wrong('the end of the last line is missing', text.slice(-80));
  const blocks = text.slice(0, -1).split(/\n(?=# HELP )/);
  const families = blocks.map((block) => familyIn(block.split('\n')));
  for (const family of families)
    if (family.type === 'histogram') histogramsIn(family).forEach(checkHistogram);
  const series = families.flatMap(({ samples }) => samples.map(seriesOf));
  if (new Set(series).size < series.length) wrong('a series twice', '');
  if (new Set(families.map(({ name }) => name)).size < families.length) wrong('a metric twice', '');
  return families;
}

/** The values of a scrape by series; labels in alphabetical order. */
export type Scrape = ReadonlyMap<string, number>;

export const valuesIn = (text: string): Scrape =>
  new Map(
    parseScrape(text).flatMap(({ samples }) => samples.map((each) => [seriesOf(each), each.value] as const)),
  );

export async function fetchScrape(admin: string): Promise<string> {
  const response = await fetch(`http://${admin}/metrics`);
  if (response.status !== 200) wrong('status', String(response.status));
  return response.text();
}

/** Scrapes the admin listener at `admin`. */
export const scrape = async (admin: string): Promise<Scrape> => valuesIn(await fetchScrape(admin));

/** Values of labels for definitions in tests. */
export const KNOWN = {
  build: { version: '1.2.3', commit: 'abc', node: '20.0.0' },
  database: 'inventory',
  indexes: ['a_1', 'b_1'],
};

/** Waits until each series in `expected` has moved by its number at least since `before`; answers their movements. */
export async function moved(
  admin: string,
  before: Scrape,
  expected: Readonly<Record<string, number>>,
  timeoutMs = 5000,
): Promise<Readonly<Record<string, number>>> {
  let moves: Readonly<Record<string, number>> = {};
  const hasMoved = async (): Promise<boolean> => {
    const now = await scrape(admin);
    moves = Object.fromEntries(
      Object.keys(expected).map((series) => {
        const value = now.get(series) ?? wrong('no such series', series);
        return [series, value - (before.get(series) ?? NaN)];
      }),
    );
    return Object.entries(expected).every(([series, by]) => (moves[series] ?? NaN) >= by);
  };
  await until('the metrics move', hasMoved, timeoutMs).catch(() => undefined);
  return moves;
}
