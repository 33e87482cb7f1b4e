/** Both doors as trials call them: bytes in, and every byte that came back. */
import { Agent, request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { RpcName } from '../harness/client.js';

export interface Answer {
  /** The name of a gRPC status, or what kept the answer from coming. */
  readonly status: string;
  /** What a failure says. */
  readonly text: string;
  /** All that came, a failure's details included. */
  readonly bytes: Buffer;
}

export type Headers = Readonly<Record<string, string>>;

export interface CallTerms {
  /** Milliseconds that the client waits. */
  readonly timeout: number;
  readonly headers?: Headers;
  /** Gives the call up before. */
  readonly signal?: AbortSignal;
}

const asTheyAre = (bytes: Buffer): Buffer => bytes;

function metadataOf(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function failed({ code, details, metadata }: ServiceError): Answer {
  const told = metadata.get('grpc-status-details-bin').map((each) => Buffer.from(each));
  return { status: status[code], text: details, bytes: Buffer.concat([Buffer.from(details), ...told]) };
}

export interface GrpcDoor {
  send(rpc: RpcName, bytes: Uint8Array, terms: CallTerms): Promise<Answer>;
  close(): void;
}

const UNLIMITED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 } as const;

/** A client of the gRPC door on a connection of its own. */
export function grpcDoor(address: string): GrpcDoor {
  const client = new Client(address, credentials.createInsecure(), {
    ...UNLIMITED,
    'grpc.use_local_subchannel_pool': 1,
  });
  return {
    send: (rpc, bytes, { timeout, headers = {}, signal }) =>
      new Promise((resolve) => {
        const call = client.makeUnaryRequest(
          `/spaceone.api.inventory.v1.Job/${rpc}`,
          asTheyAre,
          asTheyAre,
          Buffer.from(bytes),
          metadataOf(headers),
          { deadline: Date.now() + timeout },
          (error, answer = Buffer.alloc(0)) => {
            resolve(error === null ? { status: 'OK', text: '', bytes: answer } : failed(error));
          },
        );
        signal?.addEventListener('abort', () => {
          call.cancel();
        });
      }),
    close() {
      client.close();
    },
  };
}

export interface HttpAnswer extends Answer {
  /** The HTTP status; 0: none came. */
  readonly code: number;
}

export interface HttpDoor {
  post(path: string, body: Uint8Array | string, terms: CallTerms): Promise<HttpAnswer>;
  close(): void;
}

/** What a body says of how a call ended: a status of gRPC by number, by name, or in trailers of gRPC-Web. */
function statusIn(code: number, body: string): string {
  const number = /^\{"code":(\d+)/.exec(body)?.[1] ?? /grpc-status: (\d+)/.exec(body)?.[1];
  const name = /^\{"code":"(\w+)"/.exec(body)?.[1]?.toUpperCase().replace('CANCELED', 'CANCELLED');
  if (number !== undefined) return status[Number(number)] ?? number;
  return name ?? (code === 200 ? 'OK' : `HTTP ${code}`);
}

/** The text in a body of gRPC-Web that is base64; others as they are. */
const decoded = (type: string, body: Buffer): Buffer =>
  type.startsWith('application/grpc-web-text') ? Buffer.from(body.toString('latin1'), 'base64') : body;

/** A client of the HTTP door, with `connections` that stay. */
export function httpDoor(address: string, connections: number): HttpDoor {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const [host = '', port = ''] = address.split(':');
  const post: HttpDoor['post'] = (path, body, { timeout, headers: sent = {}, signal }) =>
    new Promise((resolve) => {
      const headers: OutgoingHttpHeaders = { 'content-type': 'application/json', ...sent };
      const patience = AbortSignal.timeout(timeout);
      const over = signal === undefined ? patience : AbortSignal.any([patience, signal]);
      const fail = ({ message }: Error): void => {
        const ended = over.aborted ? 'CANCELLED' : 'UNANSWERED';
        resolve({
          status: patience.aborted ? 'DEADLINE_EXCEEDED' : ended,
          text: message,
          bytes: Buffer.alloc(0),
          code: 0,
        });
      };
      const call = request({ host, port, path, method: 'POST', agent, headers, signal: over });
      call.once('response', (response) => {
        const { statusCode: code = 0, headers: got } = response;
        buffer(response).then((body) => {
          const bytes = decoded(got['content-type'] ?? '', body);
          const said = bytes.toString('latin1');
          const ended = statusIn(code, said);
          resolve({ status: ended, text: ended === 'OK' ? '' : said, bytes, code });
        }, fail);
      });
      call.once('error', fail);
      call.end(body);
    });
  return {
    post,
    close() {
      agent.destroy();
    },
  };
}
