/**
 * gRPC server reflection, v1 and v1alpha, over the bytes of the descriptor set (the wire contract, docs/architecture.md).
 * Deployed clients read the first file of an answer only, so the file asked for always comes first, under its real name
 * and with its options.
 */
import {
  toBinary,
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status, type ServerDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';
import {
  ServerReflectionService,
  type ExtensionRequest,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  type ServerReflectionServer,
} from '../gen/grpc/reflection/v1/reflection.js';
import { descriptors } from '../wire/descriptors.js';
import { endWith } from './drain.js';

type Answer = NonNullable<ServerReflectionResponse['message_response']>;
type Declared = DescMessage | DescEnum | DescService | DescExtension;

/** One version of the reflection service, as `server.addService` takes it. */
export interface ReflectionService {
  readonly definition: ServiceDefinition<ServerReflectionServer>;
  readonly implementation: ServerReflectionServer;
}

/** v1alpha differs from v1 in nothing but its name. */
const v1alpha = {
  serverReflectionInfo: {
    ...ServerReflectionService.serverReflectionInfo,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
};

/** A type's full name and those of its members; enum values are named as siblings of their enum, as protobuf has it. */
function symbolsOf(type: Declared): string[] {
  const within = (scope: string, members: readonly { readonly name: string }[]) =>
    members.map(({ name }) => `${scope}.${name}`);
  switch (type.kind) {
    case 'message':
      return [type.typeName, ...within(type.typeName, type.members)];
    case 'enum':
      return [type.typeName, ...within(type.parent?.typeName ?? type.file.proto.package, type.values)];
    case 'service':
      return [type.typeName, ...within(type.typeName, type.methods)];
    case 'extension':
      return [type.typeName];
  }
}

/** The file and all that it imports, each once and before its own imports. */
function withImports(file: DescFile): readonly DescFile[] {
  const done = new Set<DescFile>();
  const visit = (next: DescFile): void => {
    if (done.has(next)) return;
    next.dependencies.forEach(visit);
    done.add(next);
  };
  visit(file);
  return [...done].reverse();
}

const notFound = (what: string): Answer => ({
  $case: 'error_response',
  value: { error_code: status.NOT_FOUND, error_message: `${what} not found` },
});

const extensionsOf = (message: string): readonly DescExtension[] =>
  [...descriptors]
    .filter((type) => type.kind === 'extension')
    .filter((type) => type.extendee.typeName === message);

function extensionNumbers(message: string): Answer {
  if (!descriptors.getMessage(message)) return notFound('Message');
  const numbers = extensionsOf(message).map((extension) => extension.number);
  return {
    $case: 'all_extension_numbers_response',
    value: { base_type_name: message, extension_number: numbers },
  };
}

/** Answers questions. Every file of the set is served, whether a listed service needs it or not: all of it is public. */
function answerer(services: readonly string[]): (request: ServerReflectionRequest) => Answer {
  const fileOf = new Map(
    [...descriptors].flatMap((type) => symbolsOf(type).map((name) => [name, type.file])),
  );
  const bytesOf = new Map(
    [...descriptors.files].map((file) => [file.proto.name, toBinary(FileDescriptorProtoSchema, file.proto)]),
  );

  const files = (what: string, file: DescFile | undefined): Answer => {
    if (!file) return notFound(what);
    const bytes = withImports(file).flatMap(({ proto }) => bytesOf.get(proto.name) ?? []);
    return { $case: 'file_descriptor_response', value: { file_descriptor_proto: bytes } };
  };
  const extensionFile = ({ containing_type, extension_number }: ExtensionRequest): DescFile | undefined =>
    extensionsOf(containing_type).find((extension) => extension.number === extension_number)?.file;

  return ({ message_request: question }) => {
    switch (question?.$case) {
      case 'list_services':
        return { $case: 'list_services_response', value: { service: services.map((name) => ({ name })) } };
      case 'file_by_filename':
        return files('File', descriptors.getFile(question.value));
      case 'file_containing_symbol':
        return files('Symbol', fileOf.get(question.value));
      case 'file_containing_extension':
        return files('Extension', extensionFile(question.value));
      case 'all_extension_numbers_of_type':
        return extensionNumbers(question.value);
      case undefined:
        return notFound('Question');
    }
  };
}

/** Both versions of the reflection service; they list exactly the given services. `closing` ends open streams. */
export function reflection(services: readonly string[], closing: AbortSignal): readonly ReflectionService[] {
  const answer = answerer(services);

  const serverReflectionInfo = (
    call: ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>,
  ): void => {
    endWith(closing, call);
    call.on('data', (request: ServerReflectionRequest) => {
      const response = {
        valid_host: request.host,
        original_request: request,
        message_response: answer(request),
      };
      if (!call.write(response)) call.pause();
    });
    call.on('drain', () => call.resume());
    call.on('end', () => call.end());
    // A stream that breaks (the caller goes away) ends by itself; without a listener its error would end the process.
    call.on('error', () => {});
  };
  return [ServerReflectionService, v1alpha].map((definition) => ({
    definition,
    implementation: { serverReflectionInfo },
  }));
}
