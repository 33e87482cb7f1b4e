// Server reflection as used by deployed clients: v1 and v1alpha on a real server, with published file names and options.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import {
  ServerReflectionService,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../../../src/gen/grpc/reflection/v1/reflection.js';
import { createReflectionServices } from '../../../src/server/grpc/reflection.js';

type Question = ServerReflectionRequest['message_request'];
type Answer = ServerReflectionResponse['message_response'];

const SERVICES = [
  'grpc.health.v1.Health',
  'spaceone.api.core.v1.ServerInfo',
  'spaceone.api.inventory.v1.Job',
];
const JOB_FILE = 'spaceone/api/inventory/v1/job.proto';
const JOB_IMPORTS = [
  'google/protobuf/empty.proto',
  'google/protobuf/struct.proto',
  'google/api/annotations.proto',
  'spaceone/api/core/v1/query.proto',
  'spaceone/api/inventory/v1/collector.proto',
];
const VERSIONS = ['v1', 'v1alpha'];

const server = new Server();
let client: Client;

beforeAll(async () => {
  for (const { definition, implementation } of createReflectionServices(
    SERVICES,
    new AbortController().signal,
  ))
    server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});

const { requestSerialize, responseDeserialize } = ServerReflectionService.serverReflectionInfo;

const converse = (
  version: string,
  serialize: (request: ServerReflectionRequest) => Buffer = requestSerialize,
) =>
  client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    serialize,
    responseDeserialize,
  );

/** Sends all requests on one stream. */
async function ask(version: string, ...questions: readonly Question[]): Promise<ServerReflectionResponse[]> {
  const call = converse(version);
  for (const message_request of questions) call.write({ host: 'somewhere', message_request });
  call.end();
  const responses: ServerReflectionResponse[] = [];
  call.on('data', (response: ServerReflectionResponse) => responses.push(response));
  await once(call, 'end');
  return responses;
}

async function answerTo(version: string, question: Question): Promise<Answer> {
  const [response] = await ask(version, question);
  return response?.message_response;
}

/** Returns the decoded files of a response. */
async function filesFor(version: string, question: Question) {
  const answer = await answerTo(version, question);
  const files = answer?.$case === 'file_descriptor_response' ? answer.value.file_descriptor_proto : [];
  return files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

const symbol = (value: string): Question => ({ $case: 'file_containing_symbol', value });
const fileNamed = (value: string): Question => ({ $case: 'file_by_filename', value });

/** Fetches the file of a service and its transitive imports by name; a file comes before its imports. */
async function withImports(version: string, service: string) {
  const found = new Map<string, FileDescriptorProto>();
  let next = await filesFor(version, symbol(service));
  while (next.length > 0) {
    for (const file of next) {
      found.delete(file.name);
      found.set(file.name, file);
    }
    const names = new Set(next.flatMap(({ dependency }) => dependency));
    next = (await Promise.all([...names].map((name) => filesFor(version, fileNamed(name))))).flat();
  }
  return [...found.values()];
}

const extension = (containing_type: string, extension_number: number): Question => ({
  $case: 'file_containing_extension',
  value: { containing_type, extension_number },
});

describe.each(VERSIONS)('reflection %s', (version) => {
  test('lists exactly the given services', async () => {
    expect(await answerTo(version, { $case: 'list_services', value: '' })).toEqual({
      $case: 'list_services_response',
      value: { service: SERVICES.map((name) => ({ name })) },
    });
  });

  test.each([
    ['service', symbol('spaceone.api.inventory.v1.Job'), JOB_FILE],
    ['method', symbol('spaceone.api.inventory.v1.Job.get'), JOB_FILE],
    ['message', symbol('spaceone.api.inventory.v1.JobsQuery'), JOB_FILE],
    ['field', symbol('spaceone.api.inventory.v1.JobsQuery.query'), JOB_FILE],
    ['nested enum', symbol('spaceone.api.inventory.v1.JobsQuery.JobStatus'), JOB_FILE],
    ['enum value', symbol('spaceone.api.inventory.v1.JobsQuery.JOB_STATE_NONE'), JOB_FILE],
    ['enum value of a file', symbol('google.protobuf.NULL_VALUE'), 'google/protobuf/struct.proto'],
    ['oneof', symbol('spaceone.api.core.v1.Filter.key_alias'), 'spaceone/api/core/v1/query.proto'],
    ['message of another file', symbol('spaceone.api.core.v1.Query'), 'spaceone/api/core/v1/query.proto'],
    ['health', symbol('grpc.health.v1.Health'), 'grpc/health/v1/health.proto'],
    ['server info', symbol('spaceone.api.core.v1.ServerInfo'), 'spaceone/api/core/v1/server_info.proto'],
    ['extension by name', symbol('google.api.http'), 'google/api/annotations.proto'],
    ['file name', fileNamed(JOB_FILE), JOB_FILE],
    ['extension', extension('google.protobuf.MethodOptions', 72295728), 'google/api/annotations.proto'],
  ] as const)('returns only the file of a %s', async (_kind, question, expected) => {
    const files = await filesFor(version, question);
    expect(files.map(({ name }) => name)).toEqual([expected]);
  });

  test('returns the Job file with its one service and its imports in order', async () => {
    const [job] = await filesFor(version, symbol('spaceone.api.inventory.v1.Job'));
    expect(job?.service.map(({ name }) => name)).toEqual(['Job']);
    expect(job?.dependency).toEqual(JOB_IMPORTS);
  });

  test.each(SERVICES)('returns every file needed by %s, each by name', async (service) => {
    const files = await withImports(version, service);
    const set = create(FileDescriptorSetSchema, { file: files.toReversed() });
    expect(createFileRegistry(set).getService(service)?.typeName).toBe(service);
  });

  test('keeps the HTTP routes in the options', async () => {
    const files = await withImports(version, 'spaceone.api.inventory.v1.Job');
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files.toReversed() }));
    const methods = registry.getService('spaceone.api.inventory.v1.Job')?.methods ?? [];
    const options = methods.map(({ name, proto }) => [
      name,
      toJson(MethodOptionsSchema, proto.options ?? create(MethodOptionsSchema), { registry }),
    ]);
    expect(options).toEqual(
      ['delete', 'get', 'list', 'stat'].map((name) => [
        name,
        { '[google.api.http]': { post: `/inventory/v1/job/${name}`, body: '*' } },
      ]),
    );
  });

  test('shows exactly Check and Watch in the health service', async () => {
    const [health] = await filesFor(version, symbol('grpc.health.v1.Health'));
    expect(health?.service.map(({ method }) => method.map(({ name }) => name))).toEqual([['Check', 'Watch']]);
  });

  test.each([
    ['google.protobuf.MethodOptions', [72295728]],
    ['spaceone.api.core.v1.Query', []],
  ])('lists the extension numbers of %s', async (value, extension_number) => {
    expect(await answerTo(version, { $case: 'all_extension_numbers_of_type', value })).toEqual({
      $case: 'all_extension_numbers_response',
      value: { base_type_name: value, extension_number },
    });
  });

  test.each<[string, Question]>([
    ['symbol', symbol('spaceone.api.inventory.v1.Jobs')],
    ['symbol named like a property of objects', symbol('constructor')],
    ['empty symbol', symbol('')],
    ['package', symbol('spaceone.api.inventory.v1')],
    ['file', fileNamed('job.proto')],
    ['extension', extension('google.protobuf.MethodOptions', 1)],
    ['extended message', extension('no.Such', 72295728)],
    ['type', { $case: 'all_extension_numbers_of_type', value: 'no.Such' }],
    ['question', undefined],
  ])('answers an unknown %s with NOT_FOUND in the stream', async (_what, question) => {
    expect(await answerTo(version, question)).toEqual({
      $case: 'error_response',
      value: { error_code: 5, error_message: expect.stringMatching(/ not found$/) },
    });
  });

  test('answers the requests of a stream in order and echoes each', async () => {
    const questions = ['no.Such', 'spaceone.api.inventory.v1.Job', 'grpc.health.v1.Health'].map(symbol);
    const responses = await ask(version, ...questions);
    expect(
      responses.map(({ valid_host, original_request }) => [valid_host, original_request?.message_request]),
    ).toEqual(questions.map((question) => ['somewhere', question]));
  });

  test('survives a client that cancels its stream', async () => {
    const call = converse(version);
    call.write({ host: '', message_request: symbol('spaceone.api.inventory.v1.Job') });
    await once(call, 'data');
    call.cancel();
    await expect(once(call, 'end')).rejects.toMatchObject({ code: status.CANCELLED });
    expect(await ask(version, symbol('google.api.http'))).toHaveLength(1);
  });

  test('survives a malformed message', async () => {
    const call = converse(version, () => Buffer.from([0x22, 0xff]));
    call.write({ host: '', message_request: undefined });
    await expect(call.toArray()).rejects.toMatchObject({ code: status.INTERNAL });
    expect(await ask(version, symbol('google.api.http'))).toHaveLength(1);
  });
});
