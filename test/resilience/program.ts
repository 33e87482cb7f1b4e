/** The built service as a trial runs it, and both of its doors as clients call them: with a deadline, and a way to give up. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '@bufbuild/protobuf';
import { freePort } from '../../src/embedded/embedded.js';
import { jsonClient } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { outcomeOf } from '../harness/http-client.js';
import { startProgram } from '../harness/program.js';
import type { Addresses, Program, Settings } from '../harness/program.js';

export interface Terms {
  /** Milliseconds that the client gives the call. */
  readonly timeout: number;
  /** Gives it up before. */
  readonly signal?: AbortSignal;
}

export interface Door {
  readonly name: 'gRPC' | 'HTTP';
  ask(rpc: RpcName, asked: JsonObject, terms: Terms): Promise<Outcome>;
  close(): void;
}

/** How many there are of each, such as `3 OK, 1 UNAVAILABLE`. */
export function tally(ends: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${count} ${end}`).join(', ');
}

/** How a call ended: OK, or the name of its status. */
export const endOf = (outcome: Outcome): string => ('error' in outcome ? outcome.error.status : 'OK');

export function grpcDoorAt(address: string): Door {
  const client = jsonClient(address);
  return {
    name: 'gRPC',
    ask: (rpc, asked, { timeout, ...terms }) =>
      client.call(rpc, asked, { deadline: Date.now() + timeout, ...terms }),
    close: client.close,
  };
}

/** A call that no answer came to. */
const unanswered = (status: string, { message }: Error): Outcome => ({
  error: { status, code: '', text: message, details: null },
});

/** By Node's own client: its fetch may wait for ever where a call is given up while it is answered. */
export function httpDoorAt(address: string): Door {
  const agent = new Agent({ keepAlive: true });
  return {
    name: 'HTTP',
    ask: (rpc, asked, { timeout, ...terms }) =>
      new Promise((resolve) => {
        const headers = { 'content-type': 'application/json', 'grpc-timeout': `${Math.ceil(timeout)}m` };
        const sent = request(`http://${address}/inventory/v1/job/${rpc}`, {
          method: 'POST',
          agent,
          headers,
          ...terms,
        });
        const fail = (error: Error): void => {
          resolve(unanswered(terms.signal?.aborted === true ? 'CANCELLED' : 'UNAVAILABLE', error));
        };
        sent.once('response', (response) => {
          text(response)
            .then((body) => outcomeOf(body, response.statusCode === 200))
            .then(resolve, fail);
        });
        sent.once('error', fail);
        sent.end(JSON.stringify(asked));
      }),
    close() {
      agent.destroy();
    },
  };
}

export interface Served extends AsyncDisposable {
  readonly program: Program;
  readonly addresses: Addresses;
  readonly grpc: Door;
  readonly http: Door;
}

export const DATABASE = 'inventory';
/** What the service calls itself to the database. */
export const APP = 'inventory-job';

/** Starts the service on a database that need not be there yet. */
export async function started(uri: string, settings: Settings = {}): Promise<Served> {
  const [forGrpc, forHttp, forAdmin] = [await freePort(), await freePort(), await freePort()];
  const program = startProgram({
    MONGODB_URI: uri,
    MONGODB_DATABASE: DATABASE,
    GRPC_PORT: String(forGrpc),
    HTTP_PORT: String(forHttp),
    ADMIN_PORT: String(forAdmin),
    ...settings,
  });
  const addresses = {
    grpc: `127.0.0.1:${forGrpc}`,
    http: `127.0.0.1:${forHttp}`,
    admin: `127.0.0.1:${forAdmin}`,
  };
  const grpc = grpcDoorAt(addresses.grpc);
  const http = httpDoorAt(addresses.http);
  return {
    program,
    addresses,
    grpc,
    http,
    async [Symbol.asyncDispose]() {
      grpc.close();
      http.close();
      await program.kill();
    },
  };
}

/** Starts the service, and waits until it serves. */
export async function serve(uri: string, settings: Settings = {}): Promise<Served> {
  const served = await started(uri, settings);
  await served.program.ready();
  return served;
}
