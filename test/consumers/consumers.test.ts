// Compares requests of deployed clients with the recorded answers of the published service on the same data: a
// difference is a row of docs/query.md «Differences from 1.11», or a failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { jsonClient } from '../harness/client.js';
import type { JsonClient, Outcome } from '../harness/client.js';
import { useService } from '../harness/use-service.js';
import { inOrderOf, READINGS } from './readings.js';
import type { Answer, Consumer, Reading } from './readings.js';

interface Recorded {
  readonly name: string;
  readonly asked_at: string;
  /** In the `results` of a list, a number is an index into `jobs`. */
  readonly response?: JsonObject;
  readonly error?: { readonly status: string; readonly text: string };
}

interface Recording {
  readonly jobs: readonly JsonObject[];
  readonly answers: readonly Recorded[];
}

const textOf = (path: string): string => readFileSync(join(process.cwd(), path), 'utf8');

function read<T>(path: string, isValid: (parsed: unknown) => parsed is T): T {
  const parsed: unknown = JSON.parse(textOf(path));
  if (isValid(parsed)) return parsed;
  throw new Error(`${path} is malformed`);
}

const areConsumers = (parsed: unknown): parsed is readonly Consumer[] => Array.isArray(parsed);
const isRecording = (parsed: unknown): parsed is Recording =>
  typeof parsed === 'object' && parsed !== null && 'jobs' in parsed && 'answers' in parsed;

const CONSUMERS = read('test/consumers/requests.json', areConsumers);
const { jobs, answers } = read('test/consumers/answers.json', isRecording);
const RECORDED = new Map(answers.map((answer) => [answer.name, answer]));

/** Names in the first column of the table of differences. */
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

/** Returns the recorded answer of the published service. */
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

/** Drops the parenthesized end of an error text, different in both services. */
const comparable = (answer: Answer): unknown =>
  'error' in answer ? { ...answer.error, text: answer.error.text.replace(/ \(.*$/s, '') } : answer.response;

const readingsWithout = (name: string): readonly Reading[] =>
  [...READINGS].flatMap(([other, reading]) => (ROWS.has(other) && other !== name ? [reading] : []));

/** Applies `readings` to the recorded answer. */
const expectedAnswer = (consumer: Consumer, actual: Answer, readings: readonly Reading[]): Answer =>
  readings.reduce(
    (answer, reading) => reading(answer, actual, consumer),
    inOrderOf(recordedFor(consumer), actual, consumer),
  );

const service = useService('consumers', {}, {}, () => now);
const received = new Map<string, Answer>();
let now = Date.now();

/** Sends all requests, each with the clock of its recording. */
async function sendAll(client: JsonClient): Promise<void> {
  for (const { name, rpc, request } of CONSUMERS) {
    now = Date.parse(RECORDED.get(name)?.asked_at ?? '');
    received.set(name, answerOf(await client.call(rpc, request)));
  }
}

const answerTo = ({ name }: Consumer): Answer =>
  received.get(name) ?? errorOf('', 'the request was not sent');

const isExplained = (consumer: Consumer, readings: readonly Reading[]): boolean => {
  const actual = answerTo(consumer);
  return isDeepStrictEqual(comparable(actual), comparable(expectedAnswer(consumer, actual, readings)));
};

beforeAll(async () => {
  const client = jsonClient(service.address);
  await sendAll(client);
  client.close();
});

test('the recording has an answer to each request', () => {
  expect(answers.map(({ name }) => name)).toEqual(CONSUMERS.map(({ name }) => name));
});

test.each(CONSUMERS)('the answer to $name equals the recorded one but for listed differences', (consumer) => {
  const actual = answerTo(consumer);
  expect(comparable(actual)).toEqual(comparable(expectedAnswer(consumer, actual, readingsWithout(''))));
});

test.each([...READINGS.keys()])('the row %s of the table is needed to explain an answer', (name) => {
  expect(ROWS).toContain(name);
  expect(CONSUMERS.filter((consumer) => !isExplained(consumer, readingsWithout(name)))).not.toEqual([]);
});

test('no request caused an internal error', () => {
  expect(service.faults).toEqual([]);
});
