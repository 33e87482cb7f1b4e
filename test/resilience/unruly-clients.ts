// Misbehaving clients: pipelined requests and streams on connections that are dropped, reset, half-closed or not read.
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { RpcName } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import { routeOf } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { below, pick, several } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { openSession, openStream } from '../harness/raw-grpc.js';
import { dial } from '../harness/tcp.js';
import type { ProbedSystem } from './system-under-test.js';

export type Call = readonly [RpcName, JsonObject];

/** The maximum lifetime of a client. */
const MAX_LIFETIME_MS = 1500;

const ACCEPTED = ['application/json', 'application/json', 'application/x-ndjson', 'text/csv'];

function requestOf(next: Random, [rpc, request]: Call): string {
  const body = JSON.stringify(request);
  const head = [
    `POST ${routeOf(rpc)} HTTP/1.1`,
    'host: localhost',
    'content-type: application/json',
    `accept: ${pick(next, ACCEPTED)}`,
    ...(next() < 0.3 ? ['accept-encoding: gzip'] : []),
    ...(next() < 0.2 ? [`grpc-timeout: ${1 + below(next, 800)}m`] : []),
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Pipelines calls, reads part of the answers, and leaves in a random way. */
async function pipeline({ addresses }: ProbedSystem, next: Random, calls: readonly Call[]): Promise<void> {
  const socket = dial(addresses.http);
  const text = calls.map((call) => requestOf(next, call)).join('');
  socket.write(next() < 0.2 ? text.slice(0, below(next, text.length)) : text);
  const reading = next();
  if (reading < 0.5) socket.resume();
  else if (reading < 0.7) socket.once('data', () => socket.pause());
  else socket.pause();
  await pause(below(next, MAX_LIFETIME_MS));
  const leaving = next();
  if (leaving < 0.3) socket.resetAndDestroy();
  else if (leaving < 0.6) socket.end();
  else socket.destroy();
  await pause(below(next, 200));
  socket.destroy();
}

/** Opens streams in one session, resets some, reads some, and ends the session. */
async function openStreams({ addresses }: ProbedSystem, next: Random, calls: readonly Call[]): Promise<void> {
  const session = openSession(addresses.grpc);
  const streams = calls.map(([rpc, request]) => {
    const headers = next() < 0.2 ? { 'grpc-timeout': `${1 + below(next, 800)}m` } : {};
    const stream = openStream(session, pathOf(rpc), headers);
    const whole = framed(encodeRequest(rpc, request));
    if (next() < 0.1) stream.write(whole.subarray(0, below(next, whole.length)));
    else stream.end(whole);
    if (next() < 0.5) stream.resume();
    return stream;
  });
  await pause(below(next, MAX_LIFETIME_MS));
  for (const stream of streams) if (next() < 0.4) stream.close(8);
  await pause(below(next, 200));
  if (next() < 0.5) session.close();
  await pause(below(next, 200));
  session.destroy();
}

/** Runs `count` such clients at a time until `stopped`, and returns the number of their calls. */
export async function runUnrulyClients(
  system: ProbedSystem,
  next: Random,
  callOf: (next: Random) => Call,
  count: number,
  stopped: AbortSignal,
): Promise<number> {
  let made = 0;
  const clients = Array.from({ length: count }, async () => {
    while (!stopped.aborted) {
      const calls = [callOf(next), ...several(next, 8, () => callOf(next))];
      made += calls.length;
      await (next() < 0.6 ? pipeline : openStreams)(system, next, calls);
    }
  });
  await Promise.all(clients);
  return made;
}
