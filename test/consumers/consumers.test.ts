// What deployed clients ask, beside what the published service answered on the same data: a difference is one of the
// table in docs/query.md «Differences from 1.11», or a failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { jsonClient } from '../harness/client.js';
import type { JsonClient, Outcome } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { inOrderOf, READINGS } from './readings.js';
import type { Answer, Consumer, Reading } from './readings.js';

interface Recorded {
  readonly name: string;
  readonly asked_at: string;
  /** In a list's `results` a number stands for the JobInfo of that place in `jobs`. */
  readonly response?: JsonObject;
  readonly error?: { readonly status: string; readonly text: string };
}

interface Recording {
  readonly jobs: readonly JsonObject[];
  readonly answers: readonly Recorded[];
}

const textOf = (path: string): string => readFileSync(join(process.cwd(), path), 'utf8');

function read<T>(path: string, isIt: (parsed: unknown) => parsed is T): T {
  const parsed: unknown = JSON.parse(textOf(path));
  if (isIt(parsed)) return parsed;
  throw new Error(`${path} holds something else`);
}

const areConsumers = (parsed: unknown): parsed is readonly Consumer[] => Array.isArray(parsed);
const isRecording = (parsed: unknown): parsed is Recording =>
  typeof parsed === 'object' && parsed !== null && 'jobs' in parsed && 'answers' in parsed;

const CONSUMERS = read('test/consumers/requests.json', areConsumers);
const { jobs, answers } = read('test/consumers/answers.json', isRecording);
const RECORDED = new Map(answers.map((answer) => [answer.name, answer]));

/** The names in the first column of the table of differences. */
const ROWS: ReadonlySet<string> = new Set(
  textOf('docs/query.md')
    .split('## Differences from 1.11\n')
    .slice(1)
    .flatMap((section) => [...section.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name = '']) => name)),
);

function errorOf(status: string, details: string): Answer {
  const [, code = '', text = details] = /^(ERROR_\w+): (.*)$/s.exec(details) ?? [];
  return { error: { status, code, text } };
}

const jobAt = (value: JsonValue): JsonValue => (typeof value === 'number' ? (jobs[value] ?? null) : value);

/** What the published service answered. */
function recordedFor({ name, rpc }: Consumer): Answer {
  const { response = {}, error } = RECORDED.get(name) ?? {};
  if (error !== undefined) return errorOf(error.status, error.text);
  const results = response['results'];
  return rpc === 'list' && Array.isArray(results)
    ? { response: { ...response, results: results.map(jobAt) } }
    : { response };
}

const answerOf = (outcome: Outcome): Answer =>
  'error' in outcome
    ? errorOf(outcome.error.status, `${outcome.error.code}: ${outcome.error.text}`)
    : outcome;

/** Of a text that goes on in parentheses these differ. */
const comparable = (answer: Answer): unknown =>
  'error' in answer ? { ...answer.error, text: answer.error.text.replace(/ \(.*$/s, '') } : answer.response;

const readingsBut = (name: string): readonly Reading[] =>
  [...READINGS].flatMap(([other, reading]) => (ROWS.has(other) && other !== name ? [reading] : []));

/** What is due here by `readings` of the recorded answer. */
const due = (consumer: Consumer, here: Answer, readings: readonly Reading[]): Answer =>
  readings.reduce(
    (answer, reading) => reading(answer, here, consumer),
    inOrderOf(recordedFor(consumer), here, consumer),
  );

let service: Service;
const answered = new Map<string, Answer>();
let now = Date.now();

/** What the service answers to all, as if it were the time of the recording. */
async function askAll(client: JsonClient): Promise<void> {
  for (const { name, rpc, request } of CONSUMERS) {
    now = Date.parse(RECORDED.get(name)?.asked_at ?? '');
    answered.set(name, answerOf(await client.call(rpc, request)));
  }
}

const answerTo = ({ name }: Consumer): Answer => answered.get(name) ?? errorOf('', 'it was not asked');

const isExplained = (consumer: Consumer, readings: readonly Reading[]): boolean => {
  const here = answerTo(consumer);
  return isDeepStrictEqual(comparable(here), comparable(due(consumer, here, readings)));
};

beforeAll(async () => {
  service = await startService('consumers', {}, {}, () => now);
  const client = jsonClient(service.address);
  await askAll(client);
  client.close();
});
afterAll(() => service.stop());

test('an answer is recorded for each request', () => {
  expect(answers.map(({ name }) => name)).toEqual(CONSUMERS.map(({ name }) => name));
});

test.each(CONSUMERS)('$name', (consumer) => {
  const here = answerTo(consumer);
  expect(comparable(here)).toEqual(comparable(due(consumer, here, readingsBut(''))));
});

test.each([...READINGS.keys()])('without the row %s of the table an answer is not explained', (name) => {
  expect(ROWS).toContain(name);
  expect(CONSUMERS.filter((consumer) => !isExplained(consumer, readingsBut(name)))).not.toEqual([]);
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
