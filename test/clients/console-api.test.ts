// console-api 1.11 in front of the service: it connects through a route with Collector beside Job in its reflection, each
// in a response of one file, and cannot connect without Collector.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clone, create, createFileRegistry } from '@bufbuild/protobuf';
import type { FileRegistry } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import type { handleUnaryCall, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { createReflectionServices } from '../../src/server/grpc/reflection.js';
import { descriptors, JOB_SERVICE } from '../../src/wire/descriptors.js';
import { useService } from '../harness/use-service.js';
import { connectAsConsole } from './console-api/client.js';

const PACKAGE = 'spaceone.api.inventory.v1';
const COLLECTOR_FILE = 'spaceone/api/inventory/v1/collector.proto';
const DOMAIN = 'domain-07d2e9c4a6b1';

/** Adds the service of the published collector.proto to the messages. */
function publishedFile({ proto }: { readonly proto: FileDescriptorProto }): FileDescriptorProto {
  const file = clone(FileDescriptorProtoSchema, proto);
  const [inputType, outputType] = [`.${PACKAGE}.CollectorInfo`, `.${PACKAGE}.CollectorInfo`];
  const collector = { name: 'Collector', method: [{ name: 'get', inputType, outputType }] };
  if (file.name === COLLECTOR_FILE) file.service.push(create(ServiceDescriptorProtoSchema, collector));
  return file;
}

const publishedRegistry = (): FileRegistry =>
  createFileRegistry(create(FileDescriptorSetSchema, { file: [...descriptors.files].map(publishedFile) }));

/** Forwards the calls of Job to `target` unchanged. */
function forwarding(target: Client): readonly [ServiceDefinition, UntypedServiceImplementation] {
  const bytes = (message: Buffer): Buffer => message;
  const paths = JOB_SERVICE.methods.map(({ name }) => [name, `/${JOB_SERVICE.typeName}/${name}`] as const);
  const method = (path: string) => ({
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  });
  const forward =
    (path: string): handleUnaryCall<Buffer, Buffer> =>
    ({ request, metadata }, callback) => {
      target.makeUnaryRequest(path, bytes, bytes, request, metadata, callback);
    };
  return [
    Object.fromEntries(paths.map(([name, path]) => [name, method(path)])),
    Object.fromEntries(paths.map(([name, path]) => [name, forward(path)])),
  ];
}

const service = useService('console_api');
let target: Client;
const route = new Server();
let address: string;

beforeAll(async () => {
  target = new Client(service.address, credentials.createInsecure());
  const serviceNames = [`${PACKAGE}.Collector`, `${PACKAGE}.Job`, 'spaceone.api.core.v1.ServerInfo'];
  for (const { definition, implementation } of createReflectionServices(
    serviceNames,
    new AbortController().signal,
    publishedRegistry(),
  ))
    route.addService(definition, implementation);
  route.addService(...forwarding(target));
  const port = await new Promise<number>((resolve, reject) => {
    route.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  address = `127.0.0.1:${port}`;
});
afterAll(() => {
  route.forceShutdown();
  target.close();
});

test('console-api connects through a route listing Collector and gets jobs', async () => {
  const client = await connectAsConsole(address);
  const query = { page: { limit: 1 }, filter: [{ k: 'status', v: { string_value: 'TIMEOUT' }, o: 'eq' }] };
  const jobs = await client.call('Job.list', { domain_id: DOMAIN, query });
  client.close();
  expect(client.services).toEqual(['Collector', 'Job', 'ServerInfo']);
  expect(jobs).toMatchObject({
    results: [{ job_id: 'job-39fc4a58d6de', status: 'TIMEOUT', collector_info: { provider: 'aws' } }],
    total_count: 1,
  });
});

test('console-api cannot connect if Collector is not listed', async () => {
  await expect(connectAsConsole(service.address)).rejects.toThrow(
    `spaceone/api/inventory/v1/job.proto imports ${COLLECTOR_FILE}, and no listed service is in that`,
  );
});
