/** Requests that are too much, or as much as may be: each is answered by name, and none keeps a neighbour waiting (docs/settings.md «Limits»). */
import { DOMAIN, FLOODS } from './extreme-requests.js';
import type { Flood } from './extreme-requests.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import type { Answer, GrpcClient } from '../harness/client.js';
import { createHttpClient } from '../harness/http-client.js';
import type { HttpClient } from '../harness/http-client.js';
import { startDatabase } from '../harness/mongod.js';
import { exactly, longestDelay, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const TIMEOUT = 30_000;

/** How often each is sent; the shortest hold of them is its own, and not the machine's. */
const TIMES = 3;

interface Borne {
  readonly flood: Flood;
  readonly answer: Answer;
  /** Milliseconds that the event loop was held. */
  readonly held: number;
}

function sent({ door, rpc }: Flood, body: Uint8Array | string, grpc: GrpcClient, http: HttpClient) {
  const terms = { timeoutMs: TIMEOUT };
  return door === 'gRPC'
    ? grpc.send(rpc, Buffer.from(body), terms)
    : http.post(`/inventory/v1/job/${rpc}`, body, terms);
}

async function borne(
  flood: Flood,
  times: number,
  system: ProbedSystem,
  grpc: GrpcClient,
  http: HttpClient,
): Promise<Borne> {
  const body = flood.body();
  const seen: Borne[] = [];
  for (let nth = 0; nth < times; nth++) {
    await system.vitals('as it is');
    const answer = await sent(flood, body, grpc, http);
    const { maxDelayMs: held } = await system.vitals('as it is');
    seen.push({ flood, answer, held });
  }
  return seen.reduce((best, each) => (each.held < best.held ? each : best));
}

const isDue = ({ flood: { due }, answer: { status, text } }: Borne): boolean =>
  due === status || text.includes(due);

/** Bytes of the text of an error. */
const grpcText = ({ text }: Answer): number =>
  Buffer.byteLength(/"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text);

export async function limits(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = terms;
  await using database = await startDatabase();
  await using system = await startProbedSystem(database.uri);
  await database.db.collection('job').insertOne({ job_id: 'job-0', domain_id: DOMAIN });
  const grpc = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const http = createHttpClient(system.addresses.http, 4);
  const all: Borne[] = [];
  for (const flood of FLOODS) all.push(await borne(flood, short ? 1 : TIMES, system, grpc, http));
  grpc.close();
  http.close();
  const worst = all.toSorted((one, other) => other.held - one.held);
  for (const { flood, held } of worst.slice(0, 5)) note(`${held.toFixed(0)} ms held by ${flood.name}`);
  const odd = all.filter((each) => !isDue(each));
  for (const { flood, answer } of odd)
    note(`${flood.name}: ${answer.status} ${answer.text.slice(0, 120)}, due ${flood.due}`);
  return [
    exactly('requests not answered as is due', odd.length, 0),
    exactly(
      'texts over 1,024 bytes',
      all.filter(({ answer }) => answer.status !== 'OK' && grpcText(answer) > 1024).length,
      0,
    ),
    longestDelay(worst[0]?.held ?? 0, terms),
    sameProcess(system.program),
  ];
}
