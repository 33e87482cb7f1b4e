// A server of grpc-js that answers with given bytes, for the cost of the transport alone.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { JobService } from '../src/gen/spaceone/api/inventory/v1/job.js';

const RPCS = ['get', 'list', 'stat'] as const;

let answer = Buffer.alloc(0);

const unchanged = (bytes: Buffer): Buffer => bytes;
const echo: handleUnaryCall<Buffer, Buffer> = (_, callback) => {
  callback(null, answer);
};

const server = new Server({ 'grpc.max_send_message_length': -1 });
for (const rpc of RPCS) server.register(JobService[rpc].path, echo, unchanged, unchanged, 'unary');
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.send?.(port);
});
process.on('message', (base64: string) => {
  answer = Buffer.from(base64, 'base64');
  process.send?.('ready');
});
