// Requests beyond a limit or just within it: each has its documented answer, and none delays another caller (docs/settings.md «Limits»).
import { DOMAIN, EXTREME_REQUESTS } from './extreme-requests.js';
import type { ExtremeRequest } from './extreme-requests.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import type { Answer, GrpcClient } from '../harness/client.js';
import { createHttpClient, routeOf } from '../harness/http-client.js';
import type { HttpClient } from '../harness/http-client.js';
import { startDatabase } from '../harness/mongod.js';
import { exactly, longestDelay, none, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const TIMEOUT_MS = 30_000;

/** Attempts at each request; the shortest delay excludes noise of the machine. */
const ATTEMPTS = 3;

interface Measured {
  readonly request: ExtremeRequest;
  readonly answer: Answer;
  /** The delay of the event loop. */
  readonly delayMs: number;
}

function send(
  { listener, rpc }: ExtremeRequest,
  body: Uint8Array | string,
  grpc: GrpcClient,
  http: HttpClient,
) {
  const options = { timeoutMs: TIMEOUT_MS };
  return listener === 'gRPC'
    ? grpc.send(rpc, Buffer.from(body), options)
    : http.post(routeOf(rpc), body, options);
}

async function measure(
  request: ExtremeRequest,
  attempts: number,
  system: ProbedSystem,
  grpc: GrpcClient,
  http: HttpClient,
): Promise<Measured> {
  const body = request.body();
  const measured: Measured[] = [];
  for (let nth = 0; nth < attempts; nth++) {
    await system.vitals('as it is');
    const answer = await send(request, body, grpc, http);
    const { maxDelayMs: delayMs } = await system.vitals('as it is');
    measured.push({ request, answer, delayMs });
  }
  return measured.reduce((best, each) => (each.delayMs < best.delayMs ? each : best));
}

const isExpected = ({ request: { expected }, answer: { status, text } }: Measured): boolean =>
  expected === status || text.includes(expected);

/** The size of the text of an error. */
const grpcText = ({ text }: Answer): number =>
  Buffer.byteLength(/"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text);

export async function limits(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = options;
  await using database = await startDatabase();
  await using system = await startProbedSystem(database.uri);
  await database.db.collection('job').insertOne({ job_id: 'job-0', domain_id: DOMAIN });
  const grpc = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const http = createHttpClient(system.addresses.http, 4);
  const all: Measured[] = [];
  for (const request of EXTREME_REQUESTS)
    all.push(await measure(request, short ? 1 : ATTEMPTS, system, grpc, http));
  grpc.close();
  http.close();
  const worst = all.toSorted((one, other) => other.delayMs - one.delayMs);
  for (const { request, delayMs } of worst.slice(0, 5))
    note(`${delayMs.toFixed(0)} ms of delay by ${request.name}`);
  const odd = all.filter((each) => !isExpected(each));
  for (const { request, answer } of odd)
    note(`${request.name}: ${answer.status} ${answer.text.slice(0, 120)}, expected ${request.expected}`);
  return [
    exactly('requests with another answer than expected', odd.length, 0),
    none(
      'error texts over 1,024 bytes',
      all,
      ({ answer }) => answer.status !== 'OK' && grpcText(answer) > 1024,
    ),
    longestDelay(worst[0]?.delayMs ?? 0, options),
    sameProcess(system.program),
  ];
}
