// Discovers a server's methods as console-api 1.11 does: by reflection v1alpha it requests the file of each listed
// service, takes the first service of every returned file, and has no other files of a service's package.
import { once } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { Client, credentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { ServerReflectionService } from '../../../src/gen/grpc/reflection/v1/reflection.js';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../../../src/gen/grpc/reflection/v1/reflection.js';
import { descriptors } from '../../../src/wire/descriptors.js';

type Question = ServerReflectionRequest['message_request'];
type Answer = NonNullable<ServerReflectionResponse['message_response']>;

/** Files bundled with console-api. */
const OWN_FILES: readonly FileDescriptorProto[] = [
  'google/protobuf/empty.proto',
  'google/protobuf/struct.proto',
  'spaceone/api/core/v1/query.proto',
].flatMap((name) => descriptors.getFile(name)?.proto ?? []);

const { requestSerialize, responseDeserialize } = ServerReflectionService.serverReflectionInfo;

/** Sends all requests on one stream. */
async function reflect(client: Client, questions: readonly Question[]): Promise<readonly Answer[]> {
  const call = client.makeBidiStreamRequest(
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    requestSerialize,
    responseDeserialize,
  );
  const answers: Answer[] = [];
  call.on('data', ({ message_response }: ServerReflectionResponse) => {
    if (message_response !== undefined) answers.push(message_response);
  });
  for (const message_request of questions) call.write({ host: '', message_request });
  call.end();
  await once(call, 'end');
  return answers;
}

const filesOf = (answer: Answer): readonly FileDescriptorProto[] =>
  answer.$case === 'file_descriptor_response'
    ? answer.value.file_descriptor_proto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
    : [];

/** Maps the name of each file's first service to its file. Errors: a file has none, or a service occurs twice. */
function firstServices(files: readonly FileDescriptorProto[]): ReadonlyMap<string, FileDescriptorProto> {
  const services = new Map<string, FileDescriptorProto>();
  for (const file of files) {
    const [first] = file.service;
    if (first === undefined) throw new Error(`${file.name} has no service`);
    if (services.has(first.name)) throw new Error(`the service ${first.name} occurs twice`);
    services.set(first.name, file);
  }
  return services;
}

/** Returns a file and its imports from its own package. Errors: an import is in no response. */
function withPackageImports(
  file: FileDescriptorProto,
  files: readonly FileDescriptorProto[],
): FileDescriptorProto[] {
  const folder = `${file.package.replaceAll('.', '/')}/`;
  const imports = file.dependency.filter((name) => name.startsWith(folder));
  const found = imports.map((name) => {
    const imported = files.find((other) => other.name === name);
    if (imported !== undefined) return imported;
    throw new Error(`${file.name} imports ${name}, and no listed service is in that`);
  });
  return [file, ...found];
}

function createService(file: FileDescriptorProto, name: string, files: readonly FileDescriptorProto[]) {
  const set = create(FileDescriptorSetSchema, { file: [...withPackageImports(file, files), ...OWN_FILES] });
  const root = protobuf.Root.fromDescriptor(toBinary(FileDescriptorSetSchema, set), { keepCase: true });
  return root.resolveAll().lookupService(`${file.package}.${name}`);
}

export interface ConsoleClient {
  readonly services: readonly string[];
  /** Calls `Service.method` and returns the response as decoded by protobufjs. */
  call(method: string, request: object): Promise<object>;
  close(): void;
}

type Services = ReadonlyMap<string, protobuf.Service>;

/** Builds the services listed by reflection. Errors: the responses do not suffice for one. */
async function discoverServices(client: Client): Promise<Services> {
  const [listed] = await reflect(client, [{ $case: 'list_services', value: '' }]);
  const names =
    listed?.$case === 'list_services_response' ? listed.value.service.map(({ name }) => name) : [];
  const questions = names.map((value): Question => ({ $case: 'file_containing_symbol', value }));
  const files = (await reflect(client, questions)).flatMap(filesOf);
  return new Map([...firstServices(files)].map(([name, file]) => [name, createService(file, name, files)]));
}

function methodOf(services: Services, path: string) {
  const [serviceName = '', name = ''] = path.split('.');
  const service = services.get(serviceName);
  const { resolvedRequestType: input, resolvedResponseType: output } = service?.methods[name] ?? {};
  if (service === undefined || !input || !output) throw new Error(`${path} is unknown`);
  return { path: `/${service.fullName.slice(1)}/${name}`, input, output };
}

/** Connects and discovers the services. Errors: the reflection responses do not suffice for a service. */
export async function connectAsConsole(address: string): Promise<ConsoleClient> {
  const client = new Client(address, credentials.createInsecure());
  const close = (): void => {
    client.close();
  };
  const services = await discoverServices(client).catch((error: unknown) => {
    close();
    throw error;
  });
  return {
    services: [...services.keys()],
    call(method, request) {
      const { path, input, output } = methodOf(services, method);
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          (sent: Uint8Array) => Buffer.from(sent),
          (bytes) => output.toObject(output.decode(bytes), { enums: String }),
          input.encode(input.fromObject(request)).finish(),
          (error, response) => {
            if (error === null) resolve(response ?? {});
            else reject(error);
          },
        );
      });
    },
    close,
  };
}
